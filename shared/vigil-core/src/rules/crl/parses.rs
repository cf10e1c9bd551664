//! The object must be one CRL, in DER, and nothing else.

use std::{error::Error, fmt};

use serde::Serialize;

use super::{CrlState, CrlSubject};
use crate::{
    crl::{CrlError, CrlFacts},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.parses",
    holds: "The object is exactly one DER-encoded CertificateList.",
    cites: "RFC 5280 §5.1, §4.2.1.13",
    finds: &[
        ("malformed", Severity::High),
        ("too-large", Severity::High),
        ("trailing-bytes", Severity::High),
        ("unreadable", Severity::Critical),
    ],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Malformed { parts: Vec<String> },
    TooLarge { limit: u64 },
    TrailingBytes { count: u64 },
    Unreadable { error: String },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { parts } => {
                let first = parts.first().map_or("", String::as_str);
                write!(f, "{} part(s) of the CRL cannot be read, first {first}", parts.len())
            }
            Self::TooLarge { limit } => write!(f, "The CRL object is over {limit} bytes"),
            Self::TrailingBytes { count } => write!(f, "{count} bytes follow the CRL"),
            Self::Unreadable { error } => write!(f, "The object is not a CRL: {error}"),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    match &subject.crl {
        CrlState::Missing => Verdict::not_applicable("there is no CRL object to judge"),
        CrlState::NotChecked(reason) => Verdict::unknown(reason),
        CrlState::Read { facts, .. } => Verdict::from_observations(odd_parts(subject, facts)),
        CrlState::TooLarge { limit } => {
            let seen = Observation::new(Severity::High, &Detail::TooLarge { limit: *limit });
            Some(seen.remedy(subject.suspect())).into()
        }
        CrlState::Unreadable(error) => {
            let detail = Detail::Unreadable { error: with_cause(error) };
            Some(Observation::new(Severity::Critical, &detail).remedy(subject.suspect())).into()
        }
    }
}

/// It is a CRL, but relying parties that parse strictly will refuse it.
fn odd_parts(subject: &CrlSubject, facts: &CrlFacts) -> Vec<Observation> {
    let mut seen = Vec::new();
    if facts.trailing_bytes > 0 {
        let detail = Detail::TrailingBytes { count: facts.trailing_bytes };
        seen.push(Observation::new(Severity::High, &detail).remedy(subject.suspect()));
    }
    let mut parts: Vec<String> =
        facts.malformed.iter().map(|odd| format!("{}: {}", odd.part, odd.error)).collect();
    if let Some(error) = &facts.entries.first_malformed {
        parts.push(format!("{} entries, first: {error}", facts.entries.malformed));
    }
    if !parts.is_empty() {
        let detail = Detail::Malformed { parts };
        seen.push(Observation::new(Severity::High, &detail).remedy(subject.suspect()));
    }
    seen
}

fn with_cause(error: &CrlError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
