//! The serial numbers in a CRL must be serial numbers of this CA, each of them once.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.serials",
    holds: "Serials are positive, of at most 20 octets, unique, dated, and of this CA's certificates.",
    cites: "RFC 5280 §4.1.2.2, §5.1.2.6, §5.3.3",
    finds: &[
        ("duplicate", Severity::Medium),
        ("indirect", Severity::High),
        ("long", Severity::Medium),
        ("negative", Severity::Medium),
        ("undated", Severity::High),
        ("zero", Severity::Medium),
    ],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Duplicate { count: u64 },
    Indirect { count: u64 },
    Long { count: u64 },
    Negative { count: u64 },
    Undated { count: u64 },
    Zero { count: u64 },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { count } => write!(f, "{count} entries repeat a serial"),
            Self::Indirect { count } => write!(f, "{count} entries belong to another issuer"),
            Self::Long { count } => write!(f, "{count} serials have more than 20 octets"),
            Self::Negative { count } => write!(f, "{count} serials are negative"),
            Self::Undated { count } => {
                write!(f, "{count} entries have no readable revocation date")
            }
            Self::Zero { count } => write!(f, "{count} serials are zero"),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let entries = match subject.facts() {
        Ok(facts) => &facts.entries,
        Err(verdict) => return verdict,
    };
    let duplicates = entries.duplicate_serials.unwrap_or_default();
    let high = Severity::High;
    let medium = Severity::Medium;
    let seen = [
        (duplicates, medium, Detail::Duplicate { count: duplicates }),
        (entries.indirect, high, Detail::Indirect { count: entries.indirect }),
        (entries.long_serials, medium, Detail::Long { count: entries.long_serials }),
        (entries.negative_serials, medium, Detail::Negative { count: entries.negative_serials }),
        (entries.undated, high, Detail::Undated { count: entries.undated }),
        (entries.zero_serials, medium, Detail::Zero { count: entries.zero_serials }),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(_, severity, detail)| Observation::new(severity, &detail).remedy(subject.suspect()));
    let seen: Vec<_> = seen.collect();
    if seen.is_empty() && entries.duplicate_serials.is_none() {
        return Verdict::unknown("the rest holds, and repeated serials were not counted");
    }
    Verdict::from_observations(seen)
}
