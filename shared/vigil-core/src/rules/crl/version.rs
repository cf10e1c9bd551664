//! A CRL with extensions must say that it is version 2.

use super::CrlSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.version",
        holds: "The CRL says that it is version 2.",
        cites: "RFC 5280 §5.1.2.1",
        kinds: &[NOT_V2],
    },
    check,
};

const NOT_V2: Kind = Kind {
    id: "not-v2",
    severity: Severity::High,
    title: "The CRL of {ca} is not version 2",
    what_happened: "{object} encodes its version as {version}, where version 2 is 1. Checked at {as_of}.",
    impact: super::NOT_USABLE,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let encoded = subject.facts()?.version;
    if encoded == Some(1) {
        return Ok(Vec::new());
    }
    let version = encoded.map_or_else(|| "nothing (version 1)".to_owned(), |at| at.to_string());
    Ok(vec![Observation::new(NOT_V2).with("encoded", encoded).name("version", version)])
}
