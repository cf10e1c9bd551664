//! CRLNumber must be there, in bounds, and never run backwards.

use std::fmt;

use serde::Serialize;

use super::{CrlSubject, hex};
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.crl-number",
    holds: "CRLNumber is there, has at most 20 octets, and is not below one seen before.",
    cites: "RFC 5280 §5.2.3",
    finds: &[
        ("absent", Severity::High),
        ("rolled-back", Severity::High),
        ("too-long", Severity::High),
    ],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Absent,
    RolledBack { number: String, seen_before: String },
    TooLong { octets: usize },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("The CRL has no CRLNumber"),
            Self::RolledBack { number, seen_before } => write!(
                f,
                "The CRL's number went back from {seen_before} to {number}: it is an older CRL"
            ),
            Self::TooLong { octets } => write!(f, "The CRLNumber has {octets} octets, over 20"),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let Some(number) = &facts.number else {
        let seen = Observation::new(Severity::High, &Detail::Absent);
        return Some(seen.remedy(subject.suspect())).into();
    };
    let mut details = Vec::new();
    if number.len() > 20 {
        details.push(Detail::TooLong { octets: number.len() });
    }
    if let Some(before) = &subject.history.number
        && subject.history.is_after(facts)
    {
        details.push(Detail::RolledBack { number: hex(number), seen_before: hex(before) });
    }
    let seen = details.iter().map(|detail| Observation::new(Severity::High, detail));
    Verdict::from_observations(seen.map(|seen| seen.remedy(subject.suspect())).collect())
}
