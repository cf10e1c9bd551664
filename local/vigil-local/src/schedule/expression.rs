//! When does a schedule expression fall due next? `rate(…)`, `cron(…)` and `at(…)`, in UTC.

use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::cron::{Cron, CronError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    At(OffsetDateTime),
    Cron(Box<Cron>),
    Rate(Duration),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("the schedule {0:?} is not rate(value unit), cron(fields) or at(yyyy-mm-ddThh:mm:ss)")]
    Form(String),
    #[error("the schedule {0:?} is not `rate(1 minute|hour|day)` or `rate(n minutes|hours|days)`")]
    Rate(String),
    #[error("the schedule {expression:?} cannot be read")]
    Cron {
        expression: String,
        #[source]
        cause: CronError,
    },
    #[error("the schedule {0:?} names no moment as yyyy-mm-ddThh:mm:ss")]
    At(String),
}

impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let inside = |kind: &str| {
            text.trim().strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')').map(str::trim)
        };
        let whole = || text.to_owned();
        if let Some(rate) = inside("rate") {
            return parse_rate(rate).map(Self::Rate).ok_or_else(|| ExpressionError::Rate(whole()));
        }
        if let Some(fields) = inside("cron") {
            return match Cron::parse(fields) {
                Ok(cron) => Ok(Self::Cron(Box::new(cron))),
                Err(cause) => Err(ExpressionError::Cron { expression: whole(), cause }),
            };
        }
        if let Some(at) = inside("at") {
            let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
            return match PrimitiveDateTime::parse(at, format) {
                Ok(at) => Ok(Self::At(at.assume_utc())),
                Err(_) => Err(ExpressionError::At(whole())),
            };
        }
        Err(ExpressionError::Form(whole()))
    }

    /// The first moment after `after`. A rate counts from `since`, when the schedule was made.
    pub(crate) fn next_after(
        &self,
        after: OffsetDateTime,
        since: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        match self {
            Self::At(at) => (*at > after).then_some(*at),
            Self::Cron(cron) => cron.next_after(after),
            Self::Rate(every) => {
                let (passed, every) = ((after - since).whole_seconds(), every.whole_seconds());
                let times = if passed < 0 { 1 } else { passed / every + 1 };
                since.checked_add(Duration::seconds(every.checked_mul(times)?))
            }
        }
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
    fn a_rate_counts_from_when_the_schedule_was_made() {
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
    fn at_falls_due_once() {
        let once = Expression::parse("at(2026-03-01T12:00:00)").unwrap();
        let at = datetime!(2026-03-01 12:00 UTC);
        assert_eq!(once.next_after(at - Duration::SECOND, at), Some(at));
        assert_eq!(once.next_after(at, at), None);
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for text in [
            "rate(1 hours)",
            "rate(5 hour)",
            "rate(0 minutes)",
            "rate(-1 minutes)",
            "rate(5 weeks)",
            "rate(5)",
            "every hour",
            "at(tomorrow)",
            "cron(0 12 * * *)",
            "",
        ] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
        for text in ["rate(1 minute)", "rate(7 days)", "cron(0 12 * * ? *)"] {
            assert!(Expression::parse(text).is_ok(), "{text}");
        }
    }
}
