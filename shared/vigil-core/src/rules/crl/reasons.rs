//! Reason codes must be ones that ACM PCA can give.

use super::{CrlSubject, Profile};
use crate::{
    crl::CrlFacts,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.reasons",
        holds: "Reason codes are those of RFC 5280, and in AWS Private CA those of RevokeCertificate.",
        cites: "RFC 5280 §5.3.1; AWS Private CA API Reference, RevokeCertificate; CA/Browser Forum \
                Baseline Requirements §7.2.2.1",
        kinds: &[NOT_ALLOWED],
    },
    check,
};

const NOT_ALLOWED: Kind = Kind {
    id: "not-allowed",
    severity: Severity::Medium,
    title: "The CRL of {ca} has reason codes that are not allowed: {named}",
    what_happened: "Entries of {object} have reason codes that RFC 5280 or RevokeCertificate does not \
                    allow: {named}. Checked at {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const NAMES: [(usize, &str); 6] = [
    (0, "unspecified"),
    (2, "cACompromise"),
    (6, "certificateHold"),
    (7, "unused (7)"),
    (8, "removeFromCRL"),
    (11, "over 10"),
];

fn is_allowed(code: usize, subject: &CrlSubject, facts: &CrlFacts) -> bool {
    match (code, subject.profile) {
        (7 | 11, _) => false,
        // ACM PCA has no hold, hence nothing to remove from it.
        (6 | 8, Profile::AcmPca) => false,
        // RFC 5280 §5.3.1: only a delta CRL removes.
        (8, Profile::Rfc5280) => facts.delta_base.is_some(),
        // Baseline Requirements §7.2.2.1: 1, 3, 4, 5 and 9, of certificates that are not CAs'.
        (0 | 6 | 8, Profile::Cabf) => false,
        (2, Profile::Cabf) => facts
            .issuing_distribution_point
            .as_ref()
            .is_none_or(|point| !point.only_contains_user_certs),
        _ => true,
    }
}

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let counts: Vec<_> = NAMES
        .into_iter()
        .filter(|(code, _)| !is_allowed(*code, subject, facts))
        .map(|(code, name)| (name, facts.entries.reasons[code]))
        .filter(|(_, count)| *count > 0)
        .collect();
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let seen = Observation::new(NOT_ALLOWED).name("named", named.join(", "));
    Ok(vec![seen.with("counts", serde_json::to_value(counts).unwrap_or_default())])
}
