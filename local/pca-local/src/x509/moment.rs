//! Instants as RFC 5280 writes them, and back.

use std::time::Duration;

use der::asn1::{GeneralizedTime, UtcTime};
use time::{OffsetDateTime, UtcOffset, macros::datetime};
use x509_cert::time::Time;

/// The instant in UTC, or the last that UTC has: a seed or the admin API may name one beyond.
pub(crate) fn in_utc(instant: OffsetDateTime) -> OffsetDateTime {
    let last = datetime!(9999-12-31 23:59:59 UTC);
    instant.checked_to_offset(UtcOffset::UTC).unwrap_or(last)
}

/// RFC 5280 §4.1.2.5: UTCTime through the year 2049, GeneralizedTime from 2050 on, whole seconds.
/// Instants before 1970 have no use here and are an error.
pub(crate) fn to_time(instant: OffsetDateTime) -> der::Result<Time> {
    let seconds = u64::try_from(instant.unix_timestamp()).map_err(|_| der::ErrorKind::DateTime)?;
    let since_epoch = Duration::from_secs(seconds);
    if in_utc(instant).year() <= i32::from(UtcTime::MAX_YEAR) {
        Ok(Time::UtcTime(UtcTime::from_unix_duration(since_epoch)?))
    } else {
        Ok(Time::GeneralTime(GeneralizedTime::from_unix_duration(since_epoch)?))
    }
}

/// Appends what [`to_time`] encodes to, for lists too long to go through it.
pub(crate) fn write(instant: OffsetDateTime, out: &mut Vec<u8>) -> der::Result<()> {
    let instant = in_utc(instant);
    let year = match instant.year() {
        year @ 1970..=9999 => year as u16,
        _ => return Err(der::ErrorKind::DateTime.into()),
    };
    let pairs = [(year % 100) as u8, u8::from(instant.month()), instant.day()];
    let time = [instant.hour(), instant.minute(), instant.second()];
    if year <= UtcTime::MAX_YEAR {
        out.extend([0x17, 13]);
    } else {
        out.extend([0x18, 15]);
        write_pair((year / 100) as u8, out);
    }
    pairs.into_iter().chain(time).for_each(|pair| write_pair(pair, out));
    out.push(b'Z');
    Ok(())
}

fn write_pair(number: u8, out: &mut Vec<u8>) {
    out.extend([b'0' + number / 10, b'0' + number % 10]);
}

pub(crate) fn from_time(time: Time) -> der::Result<OffsetDateTime> {
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or_else(|| der::ErrorKind::DateTime.into())
}

#[cfg(test)]
mod tests {
    use der::Encode;

    use super::*;

    #[test]
    fn the_encoding_changes_with_the_year_2050() {
        for (instant, want) in [
            (datetime!(1970-01-01 00:00:00 UTC), "\x17\x0d700101000000Z"),
            (datetime!(2026-11-22 05:06:07.9 UTC), "\x17\x0d261122050607Z"),
            (datetime!(2049-12-31 23:59:59 UTC), "\x17\x0d491231235959Z"),
            (datetime!(2050-01-01 00:00:00 UTC), "\x18\x0f20500101000000Z"),
            (datetime!(2050-01-01 00:30:00 +1), "\x17\x0d491231233000Z"),
            (datetime!(9999-12-31 23:59:59 UTC), "\x18\x0f99991231235959Z"),
        ] {
            let encoded = to_time(instant).unwrap().to_der().unwrap();
            assert_eq!(String::from_utf8(encoded).unwrap(), want, "{instant}");
            let read = from_time(to_time(instant).unwrap()).unwrap();
            assert_eq!(read, instant.replace_nanosecond(0).unwrap());
            let mut written = Vec::new();
            write(instant, &mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), want, "{instant}");
        }
    }

    #[test]
    fn an_instant_beyond_utc_is_the_last_that_utc_has() {
        let beyond = datetime!(9999-12-31 23:59:59 -23:59);
        assert_eq!(in_utc(beyond), datetime!(9999-12-31 23:59:59 UTC));
        assert!(to_time(beyond).is_err());
    }

    #[test]
    fn an_instant_before_1970_is_an_error() {
        let before = datetime!(1969-12-31 23:59:59 UTC);
        assert!(to_time(before).is_err());
        assert!(write(before, &mut Vec::new()).is_err());
    }
}
