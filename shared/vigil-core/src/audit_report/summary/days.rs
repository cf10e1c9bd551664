//! Counts by day and by month, in UTC.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::{Date, Month, OffsetDateTime};

use crate::instant::in_utc;

/// How many days a summary shows one by one.
pub(super) const SHOWN_DAYS: i32 = 400;
/// How many months before these it shows: forty years. Earlier ones are counted together.
const SHOWN_MONTHS: i32 = 480;

/// Counts by day, `2026-03-01`; days without one are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days(BTreeMap<i32, u64>);

/// Counts by month, `2026-03`; months without one are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Months(BTreeMap<i32, u64>);

/// What happened when: the 400 days to the report one by one, what was before by month.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Timeline {
    /// The 400 days that end with the day of the report, and what the report dates later.
    pub days: Days,
    /// The 480 months before these days.
    pub months: Months,
    /// All before these months.
    pub earlier: u64,
}

impl Timeline {
    pub(super) fn count(&mut self, at: OffsetDateTime, as_of: OffsetDateTime) {
        let today = julian(as_of);
        let (day, from) = (julian(at), today - SHOWN_DAYS + 1);
        if day >= from {
            // The report cannot know later days; those that it dates so are counted on one.
            self.days.count(day.min(today + 1));
            return;
        }
        let first = Date::from_julian_day(from).map_or(0, month);
        match month(in_utc(at).date()) {
            at if at > first - SHOWN_MONTHS => self.months.count(at),
            _ => self.earlier += 1,
        }
    }
}

pub(super) fn julian(at: OffsetDateTime) -> i32 {
    in_utc(at).date().to_julian_day()
}

fn month(date: Date) -> i32 {
    date.year() * 12 + i32::from(u8::from(date.month())) - 1
}

impl Days {
    pub(super) fn count(&mut self, day: i32) {
        *self.0.entry(day).or_default() += 1;
    }

    /// Counts one less. A day without one is left out.
    pub(super) fn take_back(&mut self, day: i32) {
        if let Some(count) = self.0.get_mut(&day) {
            *count = count.saturating_sub(1);
        }
        self.0.retain(|_, count| *count > 0);
    }

    /// Days and counts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Date, u64)> {
        self.0.iter().filter_map(|(day, count)| Some((Date::from_julian_day(*day).ok()?, *count)))
    }
}

impl Months {
    pub(super) fn count(&mut self, month: i32) {
        *self.0.entry(month).or_default() += 1;
    }

    /// The first day of each month, and its count, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Date, u64)> {
        self.0.iter().filter_map(|(number, count)| {
            let month = Month::try_from(u8::try_from(number.rem_euclid(12)).ok()? + 1).ok()?;
            Some((Date::from_calendar_date(number.div_euclid(12), month, 1).ok()?, *count))
        })
    }
}

impl Serialize for Days {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(date, count)| (date.to_string(), count)))
    }
}

impl Serialize for Months {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = |date: Date| format!("{:04}-{:02}", date.year(), u8::from(date.month()));
        serializer.collect_map(self.iter().map(|(date, count)| (name(date), count)))
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let counts = BTreeMap::<String, u64>::deserialize(deserializer)?.into_iter();
        let counts = counts.map(|(day, count)| Some((parse(&day)?.to_julian_day(), count)));
        let counts: Option<_> = counts.collect();
        counts.map(Self).ok_or_else(|| D::Error::custom("a day is not like 2026-03-01"))
    }
}

impl<'de> Deserialize<'de> for Months {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let counts = BTreeMap::<String, u64>::deserialize(deserializer)?.into_iter();
        let counts =
            counts.map(|(name, count)| Some((month(parse(&format!("{name}-01"))?), count)));
        let counts: Option<_> = counts.collect();
        counts.map(Self).ok_or_else(|| D::Error::custom("a month is not like 2026-03"))
    }
}

/// With four digits of the year, as the schema says: other years are not written so that they can be read.
fn parse(day: &str) -> Option<Date> {
    let is_usual = day.len() == 10 && day.starts_with(|first: char| first.is_ascii_digit());
    let form = time::macros::format_description!("[year]-[month]-[day]");
    Date::parse(Some(day).filter(|_| is_usual)?, form).ok()
}

#[cfg(test)]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Days, Months};

    fn counts(pattern: &str) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": {"pattern": pattern},
            "additionalProperties": {"type": "integer", "minimum": 0},
        })
    }

    impl JsonSchema for Days {
        fn schema_name() -> Cow<'static, str> {
            "Days".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            counts("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
        }
    }

    impl JsonSchema for Months {
        fn schema_name() -> Cow<'static, str> {
            "Months".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            counts("^[0-9]{4}-[0-9]{2}$")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Days, Months};

    #[test]
    fn only_years_of_four_digits_are_read() {
        let days = |day: &str| serde_json::from_str::<Days>(&format!("{{\"{day}\": 1}}")).is_ok();
        let months = |of: &str| serde_json::from_str::<Months>(&format!("{{\"{of}\": 1}}")).is_ok();
        assert!(days("2026-03-01") && months("2026-03") && days("9999-12-31"));
        for year in ["-001", "-0001", "+2026", "-9999", "26"] {
            let month = format!("{year}-03");
            assert!(!days(&format!("{month}-01")) && !months(&month), "{year}");
        }
    }
}
