//! An entry that leaves the CRL too early makes a revoked certificate good again.

use super::CrlSubject;
use crate::{
    commands::MAKE_REPORT,
    crl::comparison::{Difference, Sample},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.early-removal",
        holds: "A revoked certificate stays in the CRL until a CRL issued after its expiry has listed \
                it. One on hold may leave, of another CA than ACM PCA.",
        cites: "RFC 5280 §3.3, §5.1.2.6, §5.3.1; AWS Private CA User Guide, Set up a CRL",
        kinds: &[EARLY, UNEXPLAINED],
    },
    check,
};

const EARLY: Kind = Kind {
    id: "early",
    severity: Severity::High,
    title: "{count} revoked certificate(s) left the CRL of {ca} before they expired",
    what_happened: "{object} no longer lists {count} revoked certificate(s) that have not expired: \
                    {first_serials}. The version before listed them. Seen at {as_of}.",
    impact: "Relying parties accept these revoked certificates again.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const UNEXPLAINED: Kind = Kind {
    id: "unexplained",
    severity: Severity::Low,
    title: "The CRL of {ca} lost {entries}, and no audit report says why",
    what_happened: "{object} no longer lists {count} serial(s) that the version before listed: \
                    {first_serials}. No audit report says whether these certificates had expired. \
                    Seen at {as_of}.",
    impact: "If a certificate has not expired, relying parties accept it again although it was \
             revoked.",
    what_to_do: "Have ACM PCA make an audit report, and look up whether these certificates have \
                 expired. Vigil reads the report by itself once audit-report has it. Make the report:",
    first_command: MAKE_REPORT,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    subject.facts()?;
    let Difference { removed_early, removed_unexplained, .. } =
        subject.previous.as_ref().map_err(NotJudged::unknown)?;
    let kinds = [(EARLY, removed_early), (UNEXPLAINED, removed_unexplained)];
    let seen = kinds.into_iter().filter(|(_, sample)| sample.count > 0).map(|(kind, sample)| {
        let Sample { count, first } = sample;
        let entries = super::counted(*count, "entry", "entries");
        let seen = Observation::new(kind).with("count", *count).name("entries", entries);
        seen.with("first_serials", first.as_slice())
    });
    Ok(seen.collect())
}
