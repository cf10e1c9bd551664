//! A revocation that leaves the CRL too early makes a revoked certificate good again.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    crl::comparison::{Difference, Sample},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.early-removal",
    holds: "No entry left the CRL before it was on one that was made after its certificate's end.",
    cites: "RFC 5280 §3.3, §5.1.2.6; AWS Private CA User Guide, Set up a CRL",
    finds: &[("early", Severity::High), ("unexplained", Severity::Low)],
    remedy: "Compare the two versions; an entry that is gone must be for a certificate that has expired, \
             or the revocation is lost and must be made again.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Early { count: u64, first_serials: &'a [String] },
    Unexplained { count: u64, first_serials: &'a [String] },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Early { count, .. } => write!(
                f,
                "{count} revoked certificate(s) left the CRL before they expired: they are accepted \
                 again"
            ),
            Self::Unexplained { count, .. } => write!(
                f,
                "{count} entries left the CRL, and no audit report tells whether they had expired"
            ),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    if let Err(verdict) = subject.facts() {
        return verdict;
    }
    let Difference { removed_early, removed_unexplained } = match &subject.previous {
        Ok(difference) => difference,
        Err(reason) => return Verdict::unknown(reason),
    };
    let mut seen = Vec::new();
    if removed_early.count > 0 {
        let Sample { count, first } = removed_early;
        let detail = Detail::Early { count: *count, first_serials: first };
        seen.push(Observation::new(Severity::High, &detail).remedy(subject.suspect()));
    }
    if removed_unexplained.count > 0 {
        let Sample { count, first } = removed_unexplained;
        let detail = Detail::Unexplained { count: *count, first_serials: first };
        let remedy = "Compare with an audit report of the CA: vigil crl check --report AUDIT.csv \
                      --previous OLD; or look the serials up in one.";
        seen.push(Observation::new(Severity::Low, &detail).remedy(remedy));
    }
    Verdict::from_observations(seen)
}
