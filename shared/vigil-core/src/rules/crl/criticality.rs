//! Relying parties refuse a CRL with a critical extension that they do not process.

use super::CrlSubject;
use crate::{
    crl::FaultKind,
    finding::{Kind, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.criticality",
        holds: "Extensions are critical where RFC 5280 demands it, and nowhere else.",
        cites: "RFC 5280 §4.2.1.1, §4.2.2.1, §5.2.1 to §5.2.7, §5.3.1 to §5.3.3",
        kinds: &[MUST_BE, MUST_NOT_BE, SHOULD_NOT_BE],
    },
    check,
};

const MUST_BE: Kind = Kind {
    id: "must-be-critical",
    severity: Severity::High,
    title: "The CRL of {ca} has extensions that must be critical and are not",
    what_happened: "{object} has extensions that are not critical, and RFC 5280 demands it: {parts}. \
                    Checked at {as_of}.",
    impact: "Relying parties that do not know the extension take the CRL for a complete CRL of one CA. \
             They then accept revoked certificates, or refuse good ones.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const MUST_NOT_BE: Kind = Kind {
    id: "must-not-be-critical",
    severity: Severity::High,
    title: "The CRL of {ca} has critical extensions that must not be critical",
    what_happened: "{object} has critical extensions that RFC 5280 wants not critical: {parts}. Checked \
                    at {as_of}.",
    impact: "Relying parties refuse every certificate of {ca}: OpenSSL reports error 36, an unhandled \
             critical CRL extension.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const SHOULD_NOT_BE: Kind = Kind {
    id: "should-not-be-critical",
    severity: Severity::Low,
    title: "The CRL of {ca} has a critical issuerAltName",
    what_happened: "{object} has critical extensions that RFC 5280 §5.2.2 advises against: {parts}. \
                    Checked at {as_of}.",
    impact: "Relying parties that do not know the extension refuse every certificate of {ca}.",
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let kinds = [
        (MUST_BE, FaultKind::NotCritical),
        (MUST_NOT_BE, FaultKind::Critical),
        (SHOULD_NOT_BE, FaultKind::RatherNotCritical),
    ];
    Ok(kinds.into_iter().filter_map(|(kind, fault)| super::of_fault(facts, kind, fault)).collect())
}
