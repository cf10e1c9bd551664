//! The last three days, hour by hour.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// So many hours before the report are counted one by one.
const SHOWN_HOURS: i64 = 72;

/// Counts by hour, in order; hours without one are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RecentHours(Vec<HourCount>);

/// One hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HourCount {
    /// When it begins, in UTC.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub hour: OffsetDateTime,
    /// How many.
    pub count: u64,
}

impl RecentHours {
    /// What was earlier, or is later than the report, is not counted here.
    pub(super) fn count(&mut self, at: OffsetDateTime, as_of: OffsetDateTime) {
        if at > as_of || as_of - at >= Duration::hours(SHOWN_HOURS) {
            return;
        }
        let seconds = at.unix_timestamp();
        let begin = seconds - seconds.rem_euclid(3600);
        let Ok(hour) = OffsetDateTime::from_unix_timestamp(begin) else { return };
        match self.0.binary_search_by_key(&hour, |one| one.hour) {
            Ok(place) => self.0[place].count += 1,
            Err(place) => self.0.insert(place, HourCount { hour, count: 1 }),
        }
    }

    /// Hours and counts, in order.
    pub fn iter(&self) -> impl Iterator<Item = HourCount> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_order_of_times_does_not_matter_and_old_ones_are_left_out() {
        let as_of = datetime!(2026-03-04 12:30 UTC);
        let times = [
            datetime!(2026-03-04 12:10 UTC),
            datetime!(2026-03-04 14:20 +2),
            datetime!(2026-03-01 12:31 UTC),
            datetime!(2026-03-01 12:30 UTC),
            datetime!(2026-03-04 12:31 UTC),
        ];
        let (mut one, mut other) = (RecentHours::default(), RecentHours::default());
        times.iter().for_each(|at| one.count(*at, as_of));
        times.iter().rev().for_each(|at| other.count(*at, as_of));
        assert_eq!(one, other);
        let counts: Vec<(u8, u64)> = one.iter().map(|of| (of.hour.day(), of.count)).collect();
        assert_eq!(counts, [(1, 1), (4, 2)]);
    }
}
