//! An entry's dates must be possible.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::CrlSubject;
use crate::{
    finding::Severity,
    instant::rfc3339,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.entry-dates",
    holds: "No entry is dated in the future or before the CA was created, and no certificate became \
            invalid only after it was revoked.",
    cites: "RFC 5280 §5.1.2.6, §5.3.2",
    finds: &[
        ("before-ca", Severity::Medium),
        ("future", Severity::Medium),
        ("invalid-later", Severity::Low),
    ],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    BeforeCa {
        #[serde(with = "time::serde::rfc3339")]
        first: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        created_at: OffsetDateTime,
    },
    Future {
        #[serde(with = "time::serde::rfc3339")]
        last: OffsetDateTime,
    },
    InvalidLater {
        count: u64,
    },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeforeCa { first, created_at } => {
                let (first, created_at) = (rfc3339(*first), rfc3339(*created_at));
                write!(f, "An entry is dated {first}, before the CA was created at {created_at}")
            }
            Self::Future { last } => {
                write!(f, "An entry is dated {}, in the future", rfc3339(*last))
            }
            Self::InvalidLater { count } => {
                write!(f, "{count} entries give an invalidityDate after their revocation")
            }
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let entries = match subject.facts() {
        Ok(facts) => &facts.entries,
        Err(verdict) => return verdict,
    };
    let mut details = Vec::new();
    if let Some(last) = entries.last_revocation.filter(|last| *last > subject.as_of) {
        details.push((Severity::Medium, Detail::Future { last }));
    }
    // Not the certificate's notBefore: a CA whose certificate was renewed keeps its old entries.
    let created_at = subject.ca.as_ref().and_then(|ca| ca.created_at);
    if let (Some(first), Some(created_at)) = (entries.first_revocation, created_at)
        && first < created_at.replace_nanosecond(0).unwrap_or(created_at)
    {
        details.push((Severity::Medium, Detail::BeforeCa { first, created_at }));
    }
    if entries.invalid_after_revocation > 0 {
        let count = entries.invalid_after_revocation;
        details.push((Severity::Low, Detail::InvalidLater { count }));
    }
    let seen = details.iter().map(|(severity, detail)| Observation::new(*severity, detail));
    Verdict::from_observations(seen.map(|seen| seen.remedy(subject.suspect())).collect())
}
