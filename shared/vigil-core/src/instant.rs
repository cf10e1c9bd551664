//! How moments are written, for texts and JSON, and in the keys of objects; and how they are read.
//!
//! The principal that writes an object or a tag chooses its moments. One whose UTC is beyond the years 0 to 9999 is
//! not read, and a moment that came another way is written as the nearest that can be: `time` panics there.

use time::{
    OffsetDateTime, UtcOffset,
    format_description::well_known::Rfc3339,
    macros::{datetime, format_description},
};

pub mod text;

/// The first and the last moment that RFC 3339 can write in UTC.
const WRITABLE: (OffsetDateTime, OffsetDateTime) =
    (datetime!(0000-01-01 00:00 UTC), datetime!(9999-12-31 23:59:59.999999999 UTC));

/// Why a text is not a moment.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum NotAMoment {
    #[error(transparent)]
    Form(#[from] time::error::Parse),
    #[error("in UTC it is not in the years 0 to 9999")]
    Beyond,
}

/// Reads RFC 3339.
///
/// # Errors
///
/// [`NotAMoment`] if the text has another form, or cannot be written in UTC.
pub fn parse(text: &str) -> Result<OffsetDateTime, NotAMoment> {
    writable(OffsetDateTime::parse(text, &Rfc3339)?).ok_or(NotAMoment::Beyond)
}

/// The moment, if it can be written in UTC.
fn writable(at: OffsetDateTime) -> Option<OffsetDateTime> {
    let (first, last) = WRITABLE;
    (first..=last).contains(&at).then_some(at)
}

/// The moment in UTC, or the nearest that can be written. The only such conversion: clippy.toml refuses
/// `to_offset`, which panics.
pub fn in_utc(at: OffsetDateTime) -> OffsetDateTime {
    let (first, last) = WRITABLE;
    let at = at.clamp(first, last);
    at.checked_to_offset(UtcOffset::UTC).unwrap_or(last)
}

/// `2026-01-31T00:00:00Z`, to the second, rounded down: no deadline is stated too late.
pub fn rfc3339(at: OffsetDateTime) -> String {
    let at = in_utc(at);
    let at = at.replace_nanosecond(0).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// `20260131T000000Z`: to the second, sorts as text, and is safe in a path.
pub fn in_key(at: OffsetDateTime) -> String {
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    in_utc(at).format(form).unwrap_or_else(|_| at.unix_timestamp().to_string())
}

/// Seconds since 1970 of a moment in UTC that is written as year and `[month, day, hour, minute,
/// second]`; `None` if there is none such. No date is built, only counted: texts have millions.
#[inline]
pub(crate) fn unix_seconds(year: u16, [month, day, hour, minute, second]: [u8; 5]) -> Option<i64> {
    /// Of each month: its days, and the days of a year that begins in March before it.
    const MONTHS: [(u8, u32); 12] = [
        (31, 306),
        (28, 337),
        (31, 0),
        (30, 31),
        (31, 61),
        (30, 92),
        (31, 122),
        (31, 153),
        (30, 184),
        (31, 214),
        (30, 245),
        (31, 275),
    ];
    let (last, before) = *MONTHS.get(usize::from(month).wrapping_sub(1))?;
    let is_leap_day = month == 2
        && day == 29
        && year.is_multiple_of(4)
        && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if day == 0 || (day > last && !is_leap_day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years that begin in March have the leap day at their end; 400 more, so that none is negative.
    let year = u32::from(year) + 400 - u32::from(month <= 2);
    let days = year * 365 + year / 4 - year / 100 + year / 400 + before + u32::from(day) - 1;
    let seconds = (u32::from(hour) * 60 + u32::from(minute)) * 60 + u32::from(second);
    Some((i64::from(days) - DAYS_TO_1970) * 86_400 + i64::from(seconds))
}

/// From 1 March of the year -400.
const DAYS_TO_1970: i64 = 719_468 + 146_097;

/// The numbers that four pairs of digits write. Checks all eight digits at once.
#[inline]
pub(crate) fn number_pairs(digits: [u8; 8]) -> Option<[u8; 4]> {
    const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
    const SIXES: u64 = u64::from_le_bytes([6; 8]);
    const HIGH: u64 = u64::from_le_bytes([0xf0; 8]);
    const SECOND_OF_PAIR: u64 = u64::from_le_bytes([0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff]);
    let text = u64::from_le_bytes(digits);
    // A digit is 0x30 to 0x39: its high half is 3, also with six more.
    if (text & HIGH) != ZEROS || (text.wrapping_add(SIXES) & HIGH) != ZEROS {
        return None;
    }
    let digits = text - ZEROS;
    let numbers = (digits & !SECOND_OF_PAIR) * 10 + ((digits & SECOND_OF_PAIR) >> 8);
    let [one, _, two, _, three, _, four, _] = numbers.to_le_bytes();
    Some([one, two, three, four])
}

#[cfg(test)]
mod tests {
    use time::{Date, Month};

    use super::*;

    /// RFC 3339, but in UTC before year 0 or after year 9999.
    pub(super) const BEYOND: [&str; 4] = [
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00+23:59",
        "0000-01-01T00:00:00+00:01",
    ];

    #[test]
    fn a_moment_beyond_utc_is_not_read() {
        for text in BEYOND {
            assert!(matches!(parse(text), Err(NotAMoment::Beyond)), "{text}");
        }
        for text in ["9999-12-31T23:59:59+23:59", "0000-01-01T00:00:00-23:59"] {
            assert!(parse(text).is_ok(), "{text}");
        }
        assert!(matches!(parse("soon"), Err(NotAMoment::Form(_))));
    }

    #[test]
    fn a_moment_beyond_utc_is_written_as_the_nearest() {
        for (text, nearest, key) in [
            (BEYOND[0], "9999-12-31T23:59:59Z", "99991231T235959Z"),
            (BEYOND[2], "0000-01-01T00:00:00Z", "00000101T000000Z"),
        ] {
            let at = OffsetDateTime::parse(text, &Rfc3339).unwrap();
            assert_eq!((rfc3339(at).as_str(), in_key(at).as_str()), (nearest, key), "{text}");
        }
    }

    #[test]
    fn moments_are_written_in_utc_and_rounded_down() {
        let at = datetime!(2026-01-31 01:59:59.999 +02:00);
        assert_eq!(rfc3339(at), "2026-01-30T23:59:59Z");
        assert_eq!(in_key(at), "20260130T235959Z");
    }

    #[test]
    fn a_moment_that_is_only_counted_is_the_moment_itself() {
        for year in [0, 1, 4, 1599, 1600, 1700, 1969, 1970, 2000, 2023, 2024, 2100, 9999] {
            for month in 0..=13 {
                for day in 0..=32 {
                    let date = Month::try_from(month).ok().and_then(|month| {
                        Date::from_calendar_date(i32::from(year), month, day).ok()
                    });
                    let at = date.map(|date| date.with_hms(23, 5, 59).unwrap().assume_utc());
                    let counted = unix_seconds(year, [month, day, 23, 5, 59]);
                    assert_eq!(
                        counted,
                        at.map(OffsetDateTime::unix_timestamp),
                        "{year} {month} {day}"
                    );
                }
            }
        }
        for wrong in [[1, 1, 24, 0, 0], [1, 1, 0, 60, 0], [1, 1, 0, 0, 60]] {
            assert_eq!(unix_seconds(2026, wrong), None, "{wrong:?}");
        }
    }
}
