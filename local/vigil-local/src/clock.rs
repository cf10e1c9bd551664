//! Instants as AWS writes them.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The instant in UTC, or the last that UTC has.
fn in_utc(at: OffsetDateTime) -> OffsetDateTime {
    let last = time::macros::datetime!(9999-12-31 23:59:59 UTC);
    at.checked_to_offset(time::UtcOffset::UTC).unwrap_or(last)
}

/// `2026-01-01T00:00:00Z`: EventBridge has no fractions of a second.
pub(crate) fn to_the_second(at: OffsetDateTime) -> String {
    let whole = in_utc(at).truncate_to_second();
    whole.format(&Rfc3339).expect("a year of four digits is formatted")
}

/// The moment by which Lambda's deadline header expects an answer. A function measures the rest of
/// its time with the system's clock, whatever the stack's clock says.
pub(crate) fn deadline_ms(timeout: Duration) -> u128 {
    #[expect(clippy::disallowed_methods, reason = "a function's deadline is real time")]
    let now = std::time::SystemTime::now();
    let since_1970 = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (since_1970 + timeout).as_millis()
}

/// `Thu, 01 Jan 2026 00:00:00 GMT`, the form of the `Date` header (RFC 9110 §5.6.7).
pub(crate) fn http_date(at: OffsetDateTime) -> String {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    in_utc(at).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn instants_are_written_in_utc_and_to_the_second() {
        let at = datetime!(2026-01-01 01:00:00.999 +1);
        assert_eq!(to_the_second(at), "2026-01-01T00:00:00Z");
        assert_eq!(http_date(at), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}
