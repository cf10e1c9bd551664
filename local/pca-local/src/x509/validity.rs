//! When a certificate begins and ends, from the API's Validity and the moment of issuance.

use aws_sdk_acmpca::types::{Validity, ValidityPeriodType};
use time::{Date, Duration, Month, OffsetDateTime, Time};

use super::moment::in_utc;

/// How far a certificate that asks for nothing else is backdated.
const BACKDATED: Duration = Duration::minutes(60);

/// Whole seconds, the finest that a certificate can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first moment of validity.
    pub not_before: OffsetDateTime,
    /// The last second of validity.
    pub not_after: OffsetDateTime,
}

/// Why a Validity of the API gives no period.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum ValidityError {
    #[error("the END_DATE {value} is not a date of the form YYMMDDHHMMSS or YYYYMMDDHHMMSS")]
    EndDate { value: i64 },
    #[error("the certificate would end at {not_after}, which is not after its start {not_before}")]
    EndsBeforeStart { not_before: OffsetDateTime, not_after: OffsetDateTime },
    #[error("the certificate would have ended at {not_after}, which has passed")]
    InThePast { not_after: OffsetDateTime },
    #[error("a validity of type {0} is not known")]
    UnknownType(String),
    #[error("ValidityNotBefore must be of type ABSOLUTE, not {0}")]
    NotBeforeType(String),
    #[error("a validity must be at least 1, not {value}")]
    NotPositive { value: i64 },
    #[error("{value} {unit} lead beyond the year 9999")]
    TooFar { value: i64, unit: &'static str },
}

impl Period {
    /// Relative validities count from the issuance, not from the start of the certificate, and
    /// `not_before` does not move the end.
    ///
    /// # Errors
    /// If a value is not positive, too far away, of an unknown type, or ends before it starts.
    pub fn new(
        validity: &Validity,
        not_before: Option<&Validity>,
        issued_at: OffsetDateTime,
    ) -> Result<Self, ValidityError> {
        let issued_at = whole_seconds(issued_at);
        let not_before = match not_before {
            None => issued_at.saturating_sub(BACKDATED),
            Some(start) if start.r#type == ValidityPeriodType::Absolute => absolute(start.value)?,
            Some(start) => {
                return Err(ValidityError::NotBeforeType(start.r#type.as_str().to_owned()));
            }
        };
        let not_after = not_after(validity, issued_at)?;
        if not_after <= issued_at {
            return Err(ValidityError::InThePast { not_after });
        }
        if not_after <= not_before {
            return Err(ValidityError::EndsBeforeStart { not_before, not_after });
        }
        Ok(Self { not_before, not_after })
    }
}

fn not_after(
    validity: &Validity,
    issued_at: OffsetDateTime,
) -> Result<OffsetDateTime, ValidityError> {
    let value = validity.value;
    if value < 1 {
        return Err(ValidityError::NotPositive { value });
    }
    let too_far = |unit| ValidityError::TooFar { value, unit };
    match &validity.r#type {
        ValidityPeriodType::Absolute => absolute(value),
        ValidityPeriodType::Days => days(value, issued_at).ok_or(too_far("days")),
        ValidityPeriodType::EndDate => end_date(value).ok_or(ValidityError::EndDate { value }),
        ValidityPeriodType::Months => months(value, issued_at).ok_or(too_far("months")),
        ValidityPeriodType::Years => {
            value.checked_mul(12).and_then(|count| months(count, issued_at)).ok_or(too_far("years"))
        }
        other => Err(ValidityError::UnknownType(other.as_str().to_owned())),
    }
}

fn absolute(value: i64) -> Result<OffsetDateTime, ValidityError> {
    if value < 1 {
        return Err(ValidityError::NotPositive { value });
    }
    OffsetDateTime::from_unix_timestamp(value)
        .map_err(|_| ValidityError::TooFar { value, unit: "seconds" })
}

fn days(count: i64, from: OffsetDateTime) -> Option<OffsetDateTime> {
    let seconds = count.checked_mul(Duration::DAY.whole_seconds())?;
    from.checked_add(Duration::seconds(seconds))
}

/// Calendar months. Where the month is too short, its last day: a month after 31 January is 28 or
/// 29 February.
fn months(count: i64, from: OffsetDateTime) -> Option<OffsetDateTime> {
    let from_month = i64::from(from.year()) * 12 + i64::from(u8::from(from.month())) - 1;
    let month = from_month.checked_add(count)?;
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = u8::try_from(month.rem_euclid(12) + 1).ok()?;
    let month = Month::try_from(month).ok()?;
    let date = Date::from_calendar_date(year, month, from.day().min(month.length(year))).ok()?;
    Some(from.replace_date(date))
}

/// Years of two digits are 1950 to 2049, as in UTCTime. The value is an integer, so that a date in
/// the years 2000 to 2009 has lost its leading zero.
fn end_date(value: i64) -> Option<OffsetDateTime> {
    let digits = value.to_string();
    let text = match digits.len() {
        14 => digits,
        9..=12 => {
            let padded = format!("{digits:0>12}");
            let century = if padded.as_str() >= "50" { "19" } else { "20" };
            format!("{century}{padded}")
        }
        _ => return None,
    };
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u8>().ok();
    let year = text.get(0..4)?.parse().ok()?;
    let date = Date::from_calendar_date(year, Month::try_from(part(4..6)?).ok()?, part(6..8)?);
    let time = Time::from_hms(part(8..10)?, part(10..12)?, part(12..14)?);
    Some(date.ok()?.with_time(time.ok()?).assume_utc())
}

fn whole_seconds(instant: OffsetDateTime) -> OffsetDateTime {
    in_utc(instant).truncate_to_second()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00:00.5 UTC);

    fn validity(kind: &str, value: i64) -> Validity {
        Validity::builder().r#type(ValidityPeriodType::from(kind)).value(value).build().unwrap()
    }

    fn end(kind: &str, value: i64) -> Result<OffsetDateTime, ValidityError> {
        Period::new(&validity(kind, value), None, NOW).map(|period| period.not_after)
    }

    #[test]
    fn relative_validities_count_from_the_issuance() {
        for (kind, value, want) in [
            ("DAYS", 1, datetime!(2026-02-01 12:00 UTC)),
            ("DAYS", 365, datetime!(2027-01-31 12:00 UTC)),
            ("MONTHS", 1, datetime!(2026-02-28 12:00 UTC)),
            ("MONTHS", 11, datetime!(2026-12-31 12:00 UTC)),
            ("MONTHS", 12, datetime!(2027-01-31 12:00 UTC)),
            ("MONTHS", 25, datetime!(2028-02-29 12:00 UTC)),
            ("YEARS", 1, datetime!(2027-01-31 12:00 UTC)),
            ("YEARS", 7973, datetime!(9999-01-31 12:00 UTC)),
        ] {
            assert_eq!(end(kind, value), Ok(want), "{value} {kind}");
        }
    }

    #[test]
    fn a_leap_day_plus_a_year_is_the_end_of_february() {
        let leap_day = datetime!(2028-02-29 00:00 UTC);
        let period = Period::new(&validity("YEARS", 1), None, leap_day).unwrap();
        assert_eq!(period.not_after, datetime!(2029-02-28 00:00 UTC));
    }

    #[test]
    fn dates_are_taken_as_they_are() {
        for (kind, value, want) in [
            ("ABSOLUTE", 1_769_860_801, datetime!(2026-01-31 12:00:01 UTC)),
            ("ABSOLUTE", 253_402_300_799, datetime!(9999-12-31 23:59:59 UTC)),
            ("END_DATE", 491_231_235_959, datetime!(2049-12-31 23:59:59 UTC)),
            ("END_DATE", 260_201_000_000, datetime!(2026-02-01 00:00 UTC)),
            ("END_DATE", 20_500_101_000_000, datetime!(2050-01-01 00:00 UTC)),
            ("END_DATE", 99_991_231_235_959, datetime!(9999-12-31 23:59:59 UTC)),
        ] {
            assert_eq!(end(kind, value), Ok(want), "{value} {kind}");
        }
    }

    #[test]
    fn years_of_two_digits_are_1950_to_2049() {
        for (value, want) in [
            (500_101_000_000, Some(datetime!(1950-01-01 00:00 UTC))),
            (991_231_235_959, Some(datetime!(1999-12-31 23:59:59 UTC))),
            (90_203_040_506, Some(datetime!(2009-02-03 04:05:06 UTC))),
            (203_040_506, Some(datetime!(2000-02-03 04:05:06 UTC))),
            (260_230_000_000, None),
            (261_301_000_000, None),
            (260_101_240_000, None),
            (260_101_000_060, None),
            (1_260_101_000_000, None),
            (1, None),
            (i64::MAX, None),
        ] {
            assert_eq!(end_date(value), want, "{value}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (kind, value, want) in [
            ("DAYS", 0, ValidityError::NotPositive { value: 0 }),
            ("DAYS", i64::MAX, ValidityError::TooFar { value: i64::MAX, unit: "days" }),
            ("DAYS", 3_650_000, ValidityError::TooFar { value: 3_650_000, unit: "days" }),
            ("MONTHS", i64::MAX, ValidityError::TooFar { value: i64::MAX, unit: "months" }),
            ("YEARS", i64::MAX, ValidityError::TooFar { value: i64::MAX, unit: "years" }),
            ("END_DATE", 991_332_000_000, ValidityError::EndDate { value: 991_332_000_000 }),
            (
                "ABSOLUTE",
                1_769_860_800,
                ValidityError::InThePast { not_after: datetime!(2026-01-31 12:00 UTC) },
            ),
            ("FORTNIGHTS", 1, ValidityError::UnknownType("FORTNIGHTS".to_owned())),
        ] {
            assert_eq!(end(kind, value), Err(want), "{value} {kind}");
        }
        assert!(end("YEARS", 7974).is_err(), "the year 10000 cannot be written");
    }

    #[test]
    fn the_start_is_an_hour_ago_unless_it_is_given() {
        let day = validity("DAYS", 1);
        let default = Period::new(&day, None, NOW).unwrap();
        assert_eq!(default.not_before, datetime!(2026-01-31 11:00 UTC));

        let start = validity("ABSOLUTE", 1_767_225_600);
        let given = Period::new(&day, Some(&start), NOW).unwrap();
        assert_eq!(given.not_before, datetime!(2026-01-01 00:00 UTC));
        assert_eq!(given.not_after, default.not_after);

        let relative = Period::new(&day, Some(&day), NOW);
        assert_eq!(relative, Err(ValidityError::NotBeforeType("DAYS".to_owned())));
        let end = default.not_after.unix_timestamp();
        let at_the_end = Period::new(&day, Some(&validity("ABSOLUTE", end)), NOW);
        assert!(matches!(at_the_end, Err(ValidityError::EndsBeforeStart { .. })));
        assert!(Period::new(&day, Some(&validity("ABSOLUTE", end - 1)), NOW).is_ok());
    }
}
