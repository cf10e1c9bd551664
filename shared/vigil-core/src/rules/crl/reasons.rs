//! Reason codes must be ones that ACM PCA can give.

use super::CrlSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.reasons",
        holds: "Reason codes are those of RFC 5280, and in AWS Private CA those of RevokeCertificate.",
        cites: "RFC 5280 §5.3.1; AWS Private CA API Reference, RevokeCertificate",
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

/// ACM PCA has no hold, hence nothing to remove from it; 7 is not used at all.
const WRONG: [(usize, &str); 4] =
    [(6, "certificateHold"), (7, "unused (7)"), (8, "removeFromCRL"), (11, "over 10")];

fn check(subject: &CrlSubject) -> Verdict {
    let reasons = &subject.facts()?.entries.reasons;
    // Other CAs may hold a certificate for a while.
    let may_hold = subject.ca.is_none();
    let counts: Vec<_> = WRONG
        .into_iter()
        .filter(|(code, _)| !(may_hold && *code == 6))
        .map(|(code, name)| (name, reasons[code]))
        .filter(|(_, count)| *count > 0)
        .collect();
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let seen = Observation::new(NOT_ALLOWED).name("named", named.join(", "));
    Ok(vec![seen.with("counts", serde_json::to_value(counts).unwrap_or_default())])
}
