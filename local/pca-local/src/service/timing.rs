//! How long what a client has asked for stays pending: nothing, some polls, or some time.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::model::wait::Wait;

/// A larger number is taken for a mistake in its unit.
const MAX_DELAY_SECONDS: f64 = 366.0 * 86_400.0;

/// How long [`Timing::Aws`] takes if no client asks: of CAs, certificates and small audit reports
/// about what is published (a CA "creation complete after 1s", terraform-provider-aws#37592).
const AWS_DELAY: Duration = Duration::seconds(2);

/// As text: `aws`, `immediate`, `polls:N`, `seconds:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Timing {
    /// This many calls that ask for the result are answered RequestInProgressException; the next
    /// one gets it.
    AfterPolls(u32),
    /// As at AWS: the first call that asks is answered RequestInProgressException, the next one
    /// gets it. It is done after two seconds of the service's clock if no client asks.
    #[default]
    Aws,
    /// On the service's clock.
    Delay(Duration),
    /// At once.
    Immediate,
}

/// One [`Timing`] for each thing that the service does after it has answered: [`Timing::Aws`] by
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Timings {
    /// The key of a CA, which is CREATING meanwhile.
    pub creation: Timing,
    /// A certificate.
    pub issuance: Timing,
    /// An audit report.
    pub audit_report: Timing,
}

impl Timings {
    /// Everything at once: for tests of programs that do not wait.
    pub const IMMEDIATE: Self = Self::all(Timing::Immediate);

    /// The same for everything.
    pub const fn all(timing: Timing) -> Self {
        Self { creation: timing, issuance: timing, audit_report: timing }
    }
}

/// New timings; what is left out stays.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ChangedTimings {
    creation: Option<Timing>,
    issuance: Option<Timing>,
    audit_report: Option<Timing>,
}

impl ChangedTimings {
    pub(crate) fn applied_to(self, current: Timings) -> Timings {
        Timings {
            creation: self.creation.unwrap_or(current.creation),
            issuance: self.issuance.unwrap_or(current.issuance),
            audit_report: self.audit_report.unwrap_or(current.audit_report),
        }
    }
}

/// Why a text is not a timing.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum TimingError {
    #[error("'{0}' is not a time to wait: aws, immediate, polls:N, or seconds:N up to a year")]
    NotATime(String),
    #[error("'{0}' cannot be timed: creation, issuance and audit-report can")]
    NotTimed(String),
}

impl FromStr for Timing {
    type Err = TimingError;

    fn from_str(text: &str) -> Result<Self, TimingError> {
        let not_a_time = || TimingError::NotATime(text.to_owned());
        match text.split_once(':') {
            None if text == "aws" => Ok(Self::Aws),
            None if text == "immediate" => Ok(Self::Immediate),
            Some(("polls", count)) => count.parse().map(Self::AfterPolls).map_err(|_| not_a_time()),
            Some(("seconds", seconds)) => seconds
                .parse()
                .ok()
                .filter(|seconds| (0.0..=MAX_DELAY_SECONDS).contains(seconds))
                .and_then(Duration::checked_seconds_f64)
                .map(Self::Delay)
                .ok_or_else(not_a_time),
            _ => Err(not_a_time()),
        }
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AfterPolls(count) => write!(f, "polls:{count}"),
            Self::Aws => f.write_str("aws"),
            Self::Delay(delay) => write!(f, "seconds:{}", delay.as_seconds_f64()),
            Self::Immediate => f.write_str("immediate"),
        }
    }
}

impl From<Timing> for String {
    fn from(timing: Timing) -> Self {
        timing.to_string()
    }
}

impl TryFrom<String> for Timing {
    type Error = TimingError;

    fn try_from(text: String) -> Result<Self, TimingError> {
        text.parse()
    }
}

/// `seconds:2` for everything, `creation=polls:3,audit-report=seconds:5` for two things and `aws` for
/// the third, or `immediate,creation=polls:3` for all things and then one.
impl FromStr for Timings {
    type Err = TimingError;

    fn from_str(text: &str) -> Result<Self, TimingError> {
        let mut timings = Self::default();
        for part in text.split(',') {
            let Some((name, timing)) = part.split_once('=') else {
                timings = Self::all(part.parse()?);
                continue;
            };
            let timed = match name {
                "audit-report" => &mut timings.audit_report,
                "creation" => &mut timings.creation,
                "issuance" => &mut timings.issuance,
                _ => return Err(TimingError::NotTimed(name.to_owned())),
            };
            *timed = timing.parse()?;
        }
        Ok(timings)
    }
}

impl Timing {
    pub(crate) fn begin(self, now: OffsetDateTime) -> Wait {
        match self {
            Self::AfterPolls(count) => Wait::Polls(count),
            Self::Aws => Wait::Once(now + AWS_DELAY),
            Self::Delay(delay) => Wait::Until(now + delay),
            Self::Immediate => Wait::Until(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_timing_is_read_as_it_is_written() {
        for text in ["aws", "immediate", "polls:0", "polls:3", "seconds:0.5", "seconds:60"] {
            assert_eq!(text.parse::<Timing>().unwrap().to_string(), text);
        }
        for text in ["", "soon", "polls:-1", "polls:x", "seconds:-1", "seconds:NaN", "seconds:1e9"]
        {
            assert!(text.parse::<Timing>().is_err(), "{text}");
        }
    }

    #[test]
    fn one_timing_is_for_all_and_names_are_for_one() {
        let all: Timings = "polls:1".parse().unwrap();
        let one = Timing::AfterPolls(1);
        assert_eq!(all, Timings { creation: one, issuance: one, audit_report: one });
        let some: Timings = "creation=polls:1,audit-report=seconds:2".parse().unwrap();
        let two = Timing::Delay(Duration::seconds(2));
        let want = Timings { creation: one, audit_report: two, ..Timings::default() };
        assert_eq!(some, want);
        assert!("deletion=polls:1".parse::<Timings>().is_err());
        let mixed: Timings = "immediate,creation=polls:1".parse().unwrap();
        assert_eq!(mixed, Timings { creation: one, ..Timings::IMMEDIATE });
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let change: ChangedTimings = serde_json::from_str(r#"{"issuance": "polls:1"}"#).unwrap();
        let issuance = Timing::AfterPolls(1);
        let want = Timings { issuance, ..Timings::IMMEDIATE };
        assert_eq!(change.applied_to(Timings::IMMEDIATE), want);
        assert!(serde_json::from_str::<ChangedTimings>(r#"{"deletion": "aws"}"#).is_err());
    }

    #[test]
    fn by_default_one_client_is_told_to_wait_or_two_seconds_pass() {
        let now = datetime!(2026-01-01 00:00 UTC);
        let begun = Timings::default().issuance.begin(now);
        let mut asked = begun;
        assert_eq!([asked.poll(now), asked.poll(now)], [false, true]);
        assert_eq!(asked.due(), Some(now), "the clock may end it, too");
        let mut unasked = begun;
        assert_eq!(unasked.due(), Some(now + AWS_DELAY));
        assert!(unasked.poll(now + AWS_DELAY));
    }

    #[test]
    fn a_wait_ends_after_its_polls_or_at_its_moment() {
        let now = datetime!(2026-01-01 00:00 UTC);
        let mut polls = Timing::AfterPolls(2).begin(now);
        assert_eq!([polls.poll(now), polls.poll(now), polls.poll(now)], [false, false, true]);
        let mut delay = Timing::Delay(Duration::SECOND).begin(now);
        assert!(!delay.poll(now + Duration::milliseconds(999)));
        assert!(delay.poll(now + Duration::SECOND));
        assert_eq!(delay.end(now + Duration::HOUR), now + Duration::SECOND);
        assert!(Timing::Immediate.begin(now).poll(now));
    }
}
