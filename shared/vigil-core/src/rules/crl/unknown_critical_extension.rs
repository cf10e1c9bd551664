//! A critical extension that relying parties do not know makes the CRL unusable to them.

use super::CrlSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.unknown-critical-extension",
        holds: "The CRL and its entries have no critical extension beyond those of RFC 5280.",
        cites: "RFC 5280 §5.2, §5.3",
        kinds: &[IN_CRL, IN_ENTRIES],
    },
    check,
};

const IN_CRL: Kind = Kind {
    id: "in-crl",
    severity: Severity::High,
    title: "The CRL of {ca} has an unknown critical extension",
    what_happened: "{object} has critical extensions that RFC 5280 does not know: {oids}. Checked at \
                    {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const IN_ENTRIES: Kind = Kind {
    id: "in-entries",
    title: "The CRL of {ca} has {entries} with an unknown critical extension",
    what_happened: "Entries of {object} have a critical extension that RFC 5280 does not know: {count}. \
                    Checked at {as_of}.",
    ..IN_CRL
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let mut seen = Vec::new();
    if !facts.unknown_critical_extensions.is_empty() {
        let oids = facts.unknown_critical_extensions.as_slice();
        seen.push(Observation::new(IN_CRL).with("oids", oids));
    }
    let count = facts.entries.with_unknown_critical_extension;
    if count > 0 {
        let entries = super::counted(count, "entry", "entries");
        seen.push(Observation::new(IN_ENTRIES).with("count", count).name("entries", entries));
    }
    Ok(seen)
}
