//! How long what a client has asked for stays pending: nothing, some polls, or some time.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::model::wait::Wait;

/// A larger number is taken for a mistake in its unit.
const MAX_DELAY_SECONDS: f64 = 366.0 * 86_400.0;

/// As text: `immediate`, `polls:N`, `seconds:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Timing {
    /// This many calls that ask for the result are told to wait; the next one gets it.
    AfterPolls(u32),
    /// On the service's clock.
    Delay(Duration),
    /// At once.
    #[default]
    Immediate,
}

/// One [`Timing`] for each thing that the service does after it has answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Timings {
    /// The key of a CA, which is CREATING meanwhile.
    pub creation: Timing,
    /// A certificate.
    pub issuance: Timing,
    /// An audit report.
    pub audit_report: Timing,
}

/// Why a text is not a timing.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum TimingError {
    #[error("'{0}' is not a time to wait: immediate, polls:N, or seconds:N up to a year")]
    NotATime(String),
    #[error("'{0}' cannot be timed: creation, issuance and audit-report can")]
    NotTimed(String),
}

impl FromStr for Timing {
    type Err = TimingError;

    fn from_str(text: &str) -> Result<Self, TimingError> {
        let not_a_time = || TimingError::NotATime(text.to_owned());
        match text.split_once(':') {
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

/// `seconds:2` for everything, or `creation=polls:3,audit-report=seconds:5`.
impl FromStr for Timings {
    type Err = TimingError;

    fn from_str(text: &str) -> Result<Self, TimingError> {
        if !text.contains('=') {
            let timing = text.parse()?;
            return Ok(Self { creation: timing, issuance: timing, audit_report: timing });
        }
        let mut timings = Self::default();
        for part in text.split(',') {
            let (name, timing) =
                part.split_once('=').ok_or_else(|| TimingError::NotATime(part.to_owned()))?;
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
        for text in ["immediate", "polls:0", "polls:3", "seconds:0.5", "seconds:60"] {
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
