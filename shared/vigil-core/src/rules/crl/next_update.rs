//! A CRL must name its successor's date, and that date must not be about to pass.

use std::fmt;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::CrlSubject;
use crate::{
    finding::Severity,
    instant::rfc3339,
    rules::{Observation, Rule, Verdict},
    span::in_words,
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.next-update",
    holds: "nextUpdate is there, is not past, and is not about to pass.",
    cites: "RFC 5280 §5.1.2.5",
    finds: &[
        ("expired", Severity::Critical),
        ("expires-soon", Severity::High),
        ("missing", Severity::High),
    ],
    remedy: super::REPUBLISH,
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Expired {
        #[serde(with = "time::serde::rfc3339")]
        next_update: OffsetDateTime,
    },
    ExpiresSoon {
        #[serde(with = "time::serde::rfc3339")]
        next_update: OffsetDateTime,
        seconds_left: i64,
    },
    Missing,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired { next_update } => write!(
                f,
                "The CRL expired at {}: relying parties that insist on a fresh CRL refuse every \
                 certificate of this CA",
                rfc3339(*next_update)
            ),
            Self::ExpiresSoon { next_update, seconds_left } => {
                let (at, left) = (rfc3339(*next_update), Duration::seconds(*seconds_left));
                write!(f, "The CRL expires at {at}, in {}, and was not renewed", in_words(left))
            }
            Self::Missing => f.write_str("The CRL has no nextUpdate"),
        }
    }
}

/// The service renews a CRL at half of its validity. A day before the end, or three quarters into
/// a short validity, something is wrong, and there still is time to act.
pub(super) fn headroom(
    this_update: Option<OffsetDateTime>,
    next_update: OffsetDateTime,
) -> Duration {
    let quarter = this_update.map_or(Duration::DAY, |this_update| (next_update - this_update) / 4);
    quarter.clamp(Duration::ZERO, Duration::DAY)
}

/// Relying parties that fail closed stop trusting the whole CA the second nextUpdate passes; the
/// instant itself counts as passed, and the beginning of the headroom as inside it.
fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let Some(next_update) = facts.next_update else {
        let seen = Observation::new(Severity::High, &Detail::Missing);
        return Some(seen.remedy(subject.suspect())).into();
    };
    let left = next_update - subject.as_of;
    let seen = if !left.is_positive() {
        Observation::new(Severity::Critical, &Detail::Expired { next_update })
    } else if left <= headroom(facts.this_update, next_update) {
        let seconds_left = left.whole_seconds();
        Observation::new(Severity::High, &Detail::ExpiresSoon { next_update, seconds_left })
    } else {
        return Verdict::Pass;
    };
    Some(seen.remedy(subject.republish())).into()
}
