//! When a schedule expression falls due next. Only `rate(…)` is supported.

use time::{Duration, OffsetDateTime};

/// A rate: the time between two moments of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    every: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("the schedule {0:?} is not rate(value unit)")]
    Form(String),
    #[error("the schedule {0:?} is not `rate(1 minute|hour|day)` or `rate(n minutes|hours|days)`")]
    Rate(String),
    #[error(
        "vigil-local does not support {kind}: {text:?}. Use rate(...) instead: pass --parameter \
         NAME='rate(1 day)' if the schedule is a parameter, or change a copy of the template"
    )]
    NotSupported { kind: &'static str, text: String },
}

impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let trimmed = text.trim();
        let inside = |kind: &str| trimmed.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(rate) = inside("rate") {
            let every = parse_rate(rate.trim());
            let every = every.ok_or_else(|| ExpressionError::Rate(text.to_owned()))?;
            return Ok(Self { every });
        }
        for (prefix, kind) in [("cron(", "cron(...)"), ("at(", "at(...)")] {
            if trimmed.starts_with(prefix) {
                return Err(ExpressionError::NotSupported { kind, text: text.to_owned() });
            }
        }
        Err(ExpressionError::Form(text.to_owned()))
    }

    /// The first moment after `after`. A rate counts from `since`, when the schedule was made.
    /// `None` only at the end of the calendar.
    pub(crate) fn next_after(
        self,
        after: OffsetDateTime,
        since: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let (passed, every) = ((after - since).whole_seconds(), self.every.whole_seconds());
        let times = if passed < 0 { 1 } else { passed / every + 1 };
        since.checked_add(Duration::seconds(every.checked_mul(times)?))
    }
}

/// The singular goes with 1 and with nothing else (EventBridge User Guide, "Rate expressions").
fn parse_rate(text: &str) -> Option<Duration> {
    let (value, unit) = text.split_once(' ')?;
    let value: i64 = value.parse().ok().filter(|value| *value > 0)?;
    let unit = match (unit.trim(), value) {
        ("minute", 1) => Duration::MINUTE,
        ("hour", 1) => Duration::HOUR,
        ("day", 1) => Duration::DAY,
        ("minutes", 2..) => Duration::MINUTE,
        ("hours", 2..) => Duration::HOUR,
        ("days", 2..) => Duration::DAY,
        _ => return None,
    };
    unit.checked_mul(i32::try_from(value).ok()?)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_rate_counts_from_the_creation_of_its_schedule() {
        let since = datetime!(2026-01-01 00:00:30 UTC);
        let hourly = Expression::parse("rate(2 hours)").unwrap();
        for (after, next) in [
            (since - Duration::DAY, datetime!(2026-01-01 02:00:30 UTC)),
            (since, datetime!(2026-01-01 02:00:30 UTC)),
            (datetime!(2026-01-01 02:00:29 UTC), datetime!(2026-01-01 02:00:30 UTC)),
            (datetime!(2026-01-01 02:00:30 UTC), datetime!(2026-01-01 04:00:30 UTC)),
            (datetime!(2026-01-02 00:00:00 UTC), datetime!(2026-01-02 00:00:30 UTC)),
        ] {
            assert_eq!(hourly.next_after(after, since), Some(next), "{after}");
        }
    }

    #[test]
    fn cron_and_at_are_refused_with_what_to_do_instead() {
        for (text, kind) in [
            ("cron(0 12 * * ? *)", "cron(...)"),
            ("cron(0 12 * * *)", "cron(...)"),
            (" at(2026-03-01T12:00:00)", "at(...)"),
            ("at(tomorrow)", "at(...)"),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert_eq!(error, ExpressionError::NotSupported { kind, text: text.to_owned() });
            let message = error.to_string();
            assert!(message.contains(kind) && message.contains("Use rate(...)"), "{message}");
        }
    }

    #[test]
    fn a_rate_that_aws_refuses_is_refused() {
        for text in [
            "rate(1 hours)",
            "rate(5 hour)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(5 weeks)",
            "rate(5)",
            "every hour",
            "",
        ] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
        for text in ["rate(1 minute)", "rate(7 days)", " rate(2 hours)"] {
            assert!(Expression::parse(text).is_ok(), "{text}");
        }
    }
}
