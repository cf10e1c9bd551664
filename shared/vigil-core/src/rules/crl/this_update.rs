//! A CRL must have been made in the past.

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
    id: "crl.this-update",
    holds: "thisUpdate is not in the future, lies before nextUpdate, and never runs backwards.",
    cites: "RFC 5280 §5.1.2.4, §5.1.2.5",
    finds: &[
        ("future", Severity::High),
        ("not-before-next", Severity::High),
        ("rolled-back", Severity::High),
        ("unreadable", Severity::High),
    ],
    remedy: super::SUSPECT,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Future {
        #[serde(with = "time::serde::rfc3339")]
        this_update: OffsetDateTime,
    },
    NotBeforeNext {
        #[serde(with = "time::serde::rfc3339")]
        this_update: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        next_update: OffsetDateTime,
    },
    RolledBack {
        #[serde(with = "time::serde::rfc3339")]
        this_update: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        seen_before: OffsetDateTime,
    },
    Unreadable,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Future { this_update } => {
                write!(f, "thisUpdate {} is in the future", rfc3339(*this_update))
            }
            Self::NotBeforeNext { this_update, next_update } => {
                let (this_update, next_update) = (rfc3339(*this_update), rfc3339(*next_update));
                write!(f, "thisUpdate {this_update} is not before nextUpdate {next_update}")
            }
            Self::RolledBack { this_update, seen_before } => {
                let (this_update, seen) = (rfc3339(*this_update), rfc3339(*seen_before));
                write!(f, "thisUpdate {this_update} lies before {seen}, which was seen already")
            }
            Self::Unreadable => f.write_str("thisUpdate is not a time of RFC 5280"),
        }
    }
}

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let mut details = Vec::new();
    match facts.this_update {
        None => details.push(Detail::Unreadable),
        Some(this_update) => {
            if this_update > subject.as_of {
                details.push(Detail::Future { this_update });
            }
            if let Some(next_update) = facts.next_update.filter(|next| *next <= this_update) {
                details.push(Detail::NotBeforeNext { this_update, next_update });
            }
            // With its number, an older CRL is crl.crl-number's to find.
            let seen = subject.history.this_update.filter(|at| *at > this_update);
            if let Some(seen_before) = seen.filter(|_| !subject.history.is_after(facts)) {
                details.push(Detail::RolledBack { this_update, seen_before });
            }
        }
    }
    let seen = details.iter().map(|detail| Observation::new(Severity::High, detail));
    Verdict::from_observations(seen.map(|seen| seen.remedy(subject.suspect())).collect())
}
