//! Cron as AWS speaks it: six fields (minutes, hours, day of month, month, day of week, year), with
//! `?`, `L`, `W` and `#`. EventBridge User Guide, "Cron expressions reference".

use time::{Date, Duration, Month, OffsetDateTime, Time, Weekday};

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: Vec<u16>,
    hours: Vec<u16>,
    days: Days,
    months: Vec<u16>,
    years: Vec<u16>,
}

/// One of the two day fields; the other is `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<u16>),
    /// `L`
    LastOfMonth,
    /// `15W`: the weekday that is nearest to the day, within the month.
    NearestWeekday(u16),
    /// 1 is Sunday.
    OfWeek(Vec<u16>),
    /// `5L`: the last Thursday.
    LastOfWeek(u16),
    /// `3#2`: the second Tuesday.
    NthOfWeek(u16, u16),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("six fields are expected, there are {0}")]
    Fields(usize),
    #[error("the {field} {text:?} is not understood")]
    Field { field: &'static str, text: String },
    #[error("one of day-of-month and day-of-week has to be `?`, and only one")]
    BothDays,
}

struct Field {
    name: &'static str,
    low: u16,
    high: u16,
    names: &'static [&'static str],
}

const MINUTES: Field = Field { name: "minutes", low: 0, high: 59, names: &[] };
const HOURS: Field = Field { name: "hours", low: 0, high: 23, names: &[] };
const DAY_OF_MONTH: Field = Field { name: "day-of-month", low: 1, high: 31, names: &[] };
const MONTH: Field = Field { name: "month", low: 1, high: 12, names: &MONTHS };
const DAY_OF_WEEK: Field = Field { name: "day-of-week", low: 1, high: 7, names: &DAYS };
const YEAR: Field = Field { name: "year", low: 1970, high: 2199, names: &[] };

impl Cron {
    pub(crate) fn parse(text: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, day_of_month, month, day_of_week, year] = fields[..] else {
            return Err(CronError::Fields(fields.len()));
        };
        let days = match (day_of_month, day_of_week) {
            ("?", "?") => return Err(CronError::BothDays),
            (day, "?") => parse_day_of_month(day)?,
            ("?", day) => parse_day_of_week(day)?,
            _ => return Err(CronError::BothDays),
        };
        Ok(Self {
            minutes: MINUTES.list(minutes)?,
            hours: HOURS.list(hours)?,
            days,
            months: MONTH.list(month)?,
            years: YEAR.list(year)?,
        })
    }

    /// The first minute after `after` that fits; `None` when no year is left.
    pub(crate) fn next_after(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let after = after.to_offset(time::UtcOffset::UTC);
        let from = after.date();
        let years = self.years.iter().filter(|year| i32::from(**year) >= from.year());
        for (year, month) in years.flat_map(|year| self.months.iter().map(move |m| (*year, *m))) {
            let Some(first) = date(year, month, 1) else { continue };
            if last_of_month(first) < from {
                continue;
            }
            let days = (0..).map(|day| first + Duration::days(day));
            let days = days.take_while(|day| day.month() == first.month());
            for day in days.filter(|day| *day >= from && self.days.include(*day)) {
                let mut moments = self.times().map(|time| day.with_time(time).assume_utc());
                if let Some(next) = moments.find(|moment| *moment > after) {
                    return Some(next);
                }
            }
        }
        None
    }

    fn times(&self) -> impl Iterator<Item = Time> {
        let times = self
            .hours
            .iter()
            .flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
        times.filter_map(|(hour, minute)| {
            Time::from_hms(u8::try_from(hour).ok()?, u8::try_from(minute).ok()?, 0).ok()
        })
    }
}

impl Days {
    fn include(&self, date: Date) -> bool {
        let day = u16::from(date.day());
        let weekday = u16::from(date.weekday().number_days_from_sunday()) + 1;
        match self {
            Self::OfMonth(days) => days.contains(&day),
            Self::LastOfMonth => date == last_of_month(date),
            Self::NearestWeekday(wanted) => nearest_weekday(date, *wanted) == Some(date),
            Self::OfWeek(days) => days.contains(&weekday),
            Self::LastOfWeek(wanted) => {
                weekday == *wanted && (date + Duration::WEEK).month() != date.month()
            }
            Self::NthOfWeek(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

fn date(year: u16, month: u16, day: u8) -> Option<Date> {
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, day).ok()
}

fn last_of_month(date: Date) -> Date {
    let days = date.month().length(date.year());
    date.replace_day(days).unwrap_or(date)
}

/// Saturday goes to Friday and Sunday to Monday, unless that is another month.
fn nearest_weekday(within: Date, day: u16) -> Option<Date> {
    let wanted = within.replace_day(u8::try_from(day).ok()?).ok()?;
    let shift = match wanted.weekday() {
        Weekday::Saturday if wanted.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if wanted == last_of_month(wanted) => -2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    Some(wanted + Duration::days(shift))
}

fn parse_day_of_month(text: &str) -> Result<Days, CronError> {
    if text == "L" {
        return Ok(Days::LastOfMonth);
    }
    match text.strip_suffix('W') {
        Some(day) => DAY_OF_MONTH.one(day).map(Days::NearestWeekday),
        None => DAY_OF_MONTH.list(text).map(Days::OfMonth),
    }
}

fn parse_day_of_week(text: &str) -> Result<Days, CronError> {
    if let Some((day, nth)) = text.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth));
        let nth = nth.ok_or_else(|| DAY_OF_WEEK.refuse(text))?;
        return Ok(Days::NthOfWeek(DAY_OF_WEEK.one(day)?, nth));
    }
    match text.strip_suffix('L') {
        Some("") => Ok(Days::OfWeek(vec![DAY_OF_WEEK.high])),
        Some(day) => DAY_OF_WEEK.one(day).map(Days::LastOfWeek),
        None => DAY_OF_WEEK.list(text).map(Days::OfWeek),
    }
}

impl Field {
    /// `*`, `5`, `1-5`, `0/15`, `*/10`, and lists of them; sorted, each once.
    fn list(&self, text: &str) -> Result<Vec<u16>, CronError> {
        let mut values = Vec::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => {
                    let step = step.parse::<u16>().ok().filter(|step| *step > 0);
                    (range, Some(step.ok_or_else(|| self.refuse(text))?))
                }
                None => (part, None),
            };
            let (low, high) = match range.split_once('-') {
                _ if range == "*" => (self.low, self.high),
                Some((low, high)) => (self.one(low)?, self.one(high)?),
                // `0/15` begins at 0 and goes on to the end of the range.
                None if step.is_some() => (self.one(range)?, self.high),
                None => (self.one(range)?, self.one(range)?),
            };
            if low > high {
                return Err(self.refuse(text));
            }
            values.extend((low..=high).step_by(usize::from(step.unwrap_or(1))));
        }
        values.sort_unstable();
        values.dedup();
        Ok(values)
    }

    fn one(&self, text: &str) -> Result<u16, CronError> {
        let upper = text.to_ascii_uppercase();
        let named = self.names.iter().position(|name| *name == upper);
        let number = match named {
            Some(at) => u16::try_from(at).ok().map(|at| at + self.low),
            None => text.parse().ok(),
        };
        number
            .filter(|number| (self.low..=self.high).contains(number))
            .ok_or_else(|| self.refuse(text))
    }

    fn refuse(&self, text: &str) -> CronError {
        CronError::Field { field: self.name, text: text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    /// The examples of the EventBridge User Guide among them; 2026-01-01 is a Thursday.
    #[test]
    fn the_next_moment_is_the_documented_one() {
        let start = datetime!(2026-01-01 00:00 UTC);
        for (cron, next) in [
            ("0 10 * * ? *", datetime!(2026-01-01 10:00 UTC)),
            ("15 12 * * ? *", datetime!(2026-01-01 12:15 UTC)),
            ("0 18 ? * MON-FRI *", datetime!(2026-01-01 18:00 UTC)),
            ("0 8 1 * ? *", datetime!(2026-01-01 08:00 UTC)),
            ("0/15 * * * ? *", datetime!(2026-01-01 00:15 UTC)),
            ("*/40 * * * ? *", datetime!(2026-01-01 00:40 UTC)),
            ("0/5 8-17 ? * 2-6 *", datetime!(2026-01-01 08:00 UTC)),
            ("0 0 * * ? *", datetime!(2026-01-02 00:00 UTC)),
            ("0 9 ? * 2#1 *", datetime!(2026-01-05 09:00 UTC)),
            ("0 9 ? * 3#5 *", datetime!(2026-03-31 09:00 UTC)),
            ("0 9 ? * FRI#2 *", datetime!(2026-01-09 09:00 UTC)),
            ("0 9 ? * 6L *", datetime!(2026-01-30 09:00 UTC)),
            ("0 9 ? * L *", datetime!(2026-01-03 09:00 UTC)),
            ("0 9 L * ? *", datetime!(2026-01-31 09:00 UTC)),
            ("0 9 L 2 ? *", datetime!(2026-02-28 09:00 UTC)),
            ("0 9 L 2 ? 2028", datetime!(2028-02-29 09:00 UTC)),
            ("0 9 3W * ? *", datetime!(2026-01-02 09:00 UTC)),
            ("0 9 4W * ? *", datetime!(2026-01-05 09:00 UTC)),
            ("0 9 1W 8 ? *", datetime!(2026-08-03 09:00 UTC)),
            ("0 9 31W 5 ? *", datetime!(2026-05-29 09:00 UTC)),
            ("30 10 ? JAN,JUN SUN 2027", datetime!(2027-01-03 10:30 UTC)),
            ("5,35 14 * * ? *", datetime!(2026-01-01 14:05 UTC)),
            ("0 0 31 * ? *", datetime!(2026-01-31 00:00 UTC)),
            ("0 0 29 2 ? *", datetime!(2028-02-29 00:00 UTC)),
        ] {
            let read = Cron::parse(cron).unwrap_or_else(|error| panic!("{cron}: {error}"));
            assert_eq!(read.next_after(start), Some(next), "{cron}");
        }
    }

    #[test]
    fn a_moment_itself_is_not_after_itself() {
        let daily = Cron::parse("0 10 * * ? *").unwrap();
        let ten = datetime!(2026-01-31 10:00 UTC);
        assert_eq!(daily.next_after(ten - Duration::SECOND), Some(ten));
        assert_eq!(daily.next_after(ten), Some(datetime!(2026-02-01 10:00 UTC)));
    }

    #[test]
    fn no_year_is_left_when_the_last_has_passed() {
        let past = Cron::parse("0 0 1 1 ? 2020-2025").unwrap();
        assert_eq!(past.next_after(datetime!(2026-01-01 00:00 UTC)), None);
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for cron in [
            "0 12 * * *",
            "0 12 * * ? * *",
            "0 12 * * * *",
            "0 12 ? * ? *",
            "60 12 * * ? *",
            "0 24 * * ? *",
            "0 12 0 * ? *",
            "0 12 32W * ? *",
            "0 12 ? * 8 *",
            "0 12 ? * MON#6 *",
            "0 12 ? * XYZ *",
            "0 12 * 13 ? *",
            "0 12 * * ? 1969",
            "0/0 12 * * ? *",
            "5-1 12 * * ? *",
            "a 12 * * ? *",
        ] {
            assert!(Cron::parse(cron).is_err(), "{cron}");
        }
    }
}
