//! The service renews a CRL at half of its validity; one that is much older was not renewed.

use std::fmt;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::{CrlSubject, next_update::headroom};
use crate::{
    finding::Severity,
    instant::rfc3339,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.overdue-refresh",
    holds: "The CRL was renewed when half of its validity had passed.",
    cites: "AWS Private CA User Guide, Set up a CRL",
    finds: &[("overdue", Severity::Medium)],
    remedy: super::REPUBLISH,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Overdue {
        #[serde(with = "time::serde::rfc3339")]
        this_update: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        due: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        next_update: OffsetDateTime,
    },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Overdue { due, next_update, .. } = self;
        let (due, next_update) = (rfc3339(*due), rfc3339(*next_update));
        write!(f, "The CRL was due to be renewed at {due} and was not; it expires at {next_update}")
    }
}

/// "Around the midpoint" is all that is documented, so a tenth of the validity is granted on top,
/// in which the service's retries every 15 minutes have their place as well.
fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let (Some(this_update), Some(next_update)) = (facts.this_update, facts.next_update) else {
        return Verdict::not_applicable("the CRL's validity is not known");
    };
    let validity = next_update - this_update;
    if validity <= Duration::ZERO {
        return Verdict::not_applicable("the CRL's validity is not positive");
    }
    // What is about to expire, or has, is crl.next-update's to say; that it is overdue is no less so.
    if next_update - subject.as_of <= headroom(Some(this_update), next_update) {
        return Verdict::unknown("the CRL is about to expire, or has expired");
    }
    let due = this_update + validity / 2;
    if subject.as_of <= due + validity / 10 {
        return Verdict::Pass;
    }
    let detail = Detail::Overdue { this_update, due, next_update };
    Some(Observation::new(Severity::Medium, &detail).remedy(subject.republish())).into()
}
