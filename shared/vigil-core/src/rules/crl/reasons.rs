//! Reason codes must be ones that the service can give.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.reasons",
    holds: "Reason codes are those of RFC 5280, and in AWS Private CA those of RevokeCertificate.",
    cites: "RFC 5280 §5.3.1; AWS Private CA API Reference, RevokeCertificate",
    finds: &[("foreign", Severity::Medium)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Foreign { counts: Vec<(String, u64)> },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Foreign { counts } = self;
        let named: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
        write!(f, "Entries carry reasons that do not belong there: {}", named.join(", "))
    }
}

/// ACM PCA has no hold, hence nothing to remove from it; 7 is not used at all.
const FOREIGN: [(usize, &str); 4] =
    [(6, "certificateHold"), (7, "unused (7)"), (8, "removeFromCRL"), (11, "over 10")];

fn check(subject: &CrlSubject) -> Verdict {
    let reasons = match subject.facts() {
        Ok(facts) => &facts.entries.reasons,
        Err(verdict) => return verdict,
    };
    // Other CAs may hold a certificate for a while.
    let may_hold = subject.ca.is_none();
    let counts: Vec<_> = FOREIGN
        .into_iter()
        .filter(|(code, _)| !(may_hold && *code == 6))
        .filter(|(code, _)| reasons[*code] > 0)
        .map(|(code, name)| (name.to_owned(), reasons[code]))
        .collect();
    let foreign = (!counts.is_empty()).then_some(Detail::Foreign { counts });
    foreign
        .map(|detail| Observation::new(Severity::Medium, &detail).remedy(subject.suspect()))
        .into()
}
