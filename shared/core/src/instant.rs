//! How moments are written: for people and JSON, and in the keys of objects.

use time::{
    OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339, macros::format_description,
};

/// `2026-01-31T00:00:00Z`.
pub fn rfc3339(at: OffsetDateTime) -> String {
    // Only years beyond 9999 have no such form; no service of AWS's writes one.
    at.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// `20260131T000000Z`: to the second, ordered as text, and nothing in it that a path would mind.
pub fn in_key(at: OffsetDateTime) -> String {
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    at.to_offset(UtcOffset::UTC).format(form).unwrap_or_else(|_| at.unix_timestamp().to_string())
}
