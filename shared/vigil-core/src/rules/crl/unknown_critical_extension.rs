//! A critical extension that relying parties do not know makes the CRL unusable to them.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.unknown-critical-extension",
    holds: "The CRL and its entries have no critical extension beyond those of RFC 5280.",
    cites: "RFC 5280 §5.2, §5.3",
    finds: &[("in-crl", Severity::High), ("in-entries", Severity::High)],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    InCrl { oids: &'a [String] },
    InEntries { count: u64 },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InCrl { oids } => {
                write!(f, "The CRL has unknown critical extensions: {}", oids.join(", "))
            }
            Self::InEntries { count } => {
                write!(f, "{count} entries of the CRL have an unknown critical extension")
            }
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let mut details = Vec::new();
    if !facts.unknown_critical_extensions.is_empty() {
        details.push(Detail::InCrl { oids: &facts.unknown_critical_extensions });
    }
    let count = facts.entries.with_unknown_critical_extension;
    if count > 0 {
        details.push(Detail::InEntries { count });
    }
    let seen = details.iter().map(|detail| Observation::new(Severity::High, detail));
    Verdict::from_observations(seen.map(|seen| seen.remedy(subject.suspect())).collect())
}
