//! Times on the command line.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The present, where the operator gives no time.
#[expect(clippy::disallowed_methods, reason = "the clock is read once, here, and then passed on")]
pub(crate) fn present() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A date, which is its beginning, or a time of RFC 3339.
pub(crate) fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    OffsetDateTime::parse(&whole, &Rfc3339)
        .map_err(|_| "write a date, or a time of RFC 3339, as 2026-01-31T00:00:00Z".to_owned())
}

/// `A..B`: from A, before B.
pub(crate) fn between(text: &str) -> Result<(OffsetDateTime, OffsetDateTime), String> {
    let (from, to) = text.split_once("..").ok_or("write two dates, as 2026-01-01..2026-02-01")?;
    let (from, to) = (moment(from)?, moment(to)?);
    if from >= to {
        return Err("the first date is not before the second".to_owned());
    }
    Ok((from, to))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_range_has_two_dates_in_order() {
        let want = (datetime!(2026-01-01 0:00 UTC), datetime!(2026-02-01 12:00 UTC));
        assert_eq!(between("2026-01-01..2026-02-01T12:00:00Z"), Ok(want));
        for bad in ["2026-01-01", "2026-02-01..2026-01-01", "a..b", ".."] {
            assert!(between(bad).is_err(), "{bad}");
        }
    }
}
