//! How old the newest report of a CA is.

use std::str::FromStr;

use time::{Duration, OffsetDateTime};

use crate::{
    audit_report::Newest,
    ca::Ca,
    finding::{Finding, Kind, Names, Observation},
    instant::rfc3339,
    rules::audit_report::{NO_REPORT, OLD, STALE, VERY_OLD},
    span::Span,
};

/// At which ages the newest report of a CA is a finding of MEDIUM, and of HIGH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleAfter {
    /// MEDIUM from this age.
    pub old: Duration,
    /// HIGH from this age; not less.
    pub very_old: Duration,
}

/// The text is not two rising spans of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not two rising spans of time, as 36h,72h")]
pub struct NotStaleAfter(pub String);

impl FromStr for StaleAfter {
    type Err = NotStaleAfter;

    fn from_str(text: &str) -> Result<Self, NotStaleAfter> {
        let refused = || NotStaleAfter(text.chars().take(40).collect());
        let (old, very_old) = text.split_once(',').ok_or_else(refused)?;
        let span = |text: &str| text.trim().parse::<Span>().map(Span::duration).ok();
        let (old, very_old) = (span(old).ok_or_else(refused)?, span(very_old).ok_or_else(refused)?);
        if very_old < old { Err(refused()) } else { Ok(Self { old, very_old }) }
    }
}

/// The finding about a CA whose newest report is old. `since`: when the CA could first have one.
pub(super) fn judge(
    ca: &Ca,
    newest: Option<&Newest>,
    since: OffsetDateTime,
    now: OffsetDateTime,
    after: StaleAfter,
) -> Option<Finding> {
    let age = now - newest.map_or(since, |newest| newest.created_at);
    let kind = if age > after.very_old {
        VERY_OLD
    } else if age > after.old {
        OLD
    } else {
        return None;
    };
    let seen = match newest {
        Some(newest) => Observation::new(kind).name("newest", rfc3339(newest.created_at)),
        None => Observation::new(Kind { what_happened: NO_REPORT, ..kind })
            .name("since", rfc3339(since)),
    };
    let seen = seen
        .with("hours", age.whole_hours())
        .with("report", newest.map(|newest| newest.report.clone()));
    Some(finding(seen, ca, now))
}

/// The id of the finding, for its end.
pub(super) fn id(ca: &Ca) -> String {
    finding(Observation::new(OLD), ca, OffsetDateTime::UNIX_EPOCH).id
}

fn finding(seen: Observation, ca: &Ca, now: OffsetDateTime) -> Finding {
    let names = Names::new(format!("state/audit-report/{}.json", ca.arn.id()))
        .of_ca(&ca.arn, ca.common_name.as_deref());
    // The same fact as it grows older.
    seen.discriminator("").finding(&STALE, &names, ca.arn.as_str(), now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_two_rising_spans() {
        let ages: StaleAfter = "36h, 3d".parse().unwrap();
        assert_eq!((ages.old, ages.very_old), (Duration::hours(36), Duration::days(3)));
        for bad in ["", "36h", "72h,36h", "36h,72h,1d", "36,72", "soon,later"] {
            assert_eq!(bad.parse::<StaleAfter>(), Err(NotStaleAfter(bad.to_owned())), "{bad}");
        }
    }
}
