//! How moments are written: for people and JSON, and in the keys of objects.

use time::{
    OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description,
};

/// `2026-01-31T00:00:00Z`, to the second: rounded down, so that no deadline is told too late.
pub fn rfc3339(at: OffsetDateTime) -> String {
    let at = at.replace_nanosecond(0).unwrap_or(at);
    // Only years beyond 9999 have no such form; no service of AWS's writes one.
    at.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// `20260131T000000Z`: to the second, ordered as text, and nothing in it that a path would mind.
pub fn in_key(at: OffsetDateTime) -> String {
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    at.to_offset(UtcOffset::UTC).format(form).unwrap_or_else(|_| at.unix_timestamp().to_string())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn moments_are_written_in_utc_and_rounded_down() {
        let at = datetime!(2026-01-31 01:59:59.999 +02:00);
        assert_eq!(rfc3339(at), "2026-01-30T23:59:59Z");
        assert_eq!(in_key(at), "20260130T235959Z");
    }
}
