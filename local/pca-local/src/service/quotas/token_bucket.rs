//! A token bucket on the service's clock. Pure.

use time::OffsetDateTime;

/// One request costs a billion, so that a nanosecond's refill is a whole number: the rate.
const REQUEST: u128 = 1_000_000_000;

/// Holds a second's worth of requests.
#[derive(Debug)]
pub(super) struct TokenBucket {
    rate: u32,
    level: u128,
    at: OffsetDateTime,
}

impl TokenBucket {
    pub(super) fn full(rate: u32, now: OffsetDateTime) -> Self {
        Self { rate, level: u128::from(rate) * REQUEST, at: now }
    }

    /// Whether there is a request left; it is taken. A clock that was turned back refills nothing.
    pub(super) fn take(&mut self, now: OffsetDateTime) -> bool {
        let elapsed = u128::try_from((now - self.at).whole_nanoseconds()).unwrap_or(0);
        let capacity = u128::from(self.rate) * REQUEST;
        let refill = elapsed.saturating_mul(u128::from(self.rate));
        self.level = self.level.saturating_add(refill).min(capacity);
        self.at = now;
        let is_enough = self.level >= REQUEST;
        if is_enough {
            self.level -= REQUEST;
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    #[test]
    fn a_second_holds_the_rate_and_each_part_of_a_second_its_part() {
        let mut bucket = TokenBucket::full(4, START);
        for _ in 0..4 {
            assert!(bucket.take(START));
        }
        assert!(!bucket.take(START), "the fifth in one instant");
        let quarter = Duration::milliseconds(250);
        assert!(!bucket.take(START + quarter - Duration::NANOSECOND));
        assert!(bucket.take(START + quarter));
        assert!(!bucket.take(START + quarter));
    }

    #[test]
    fn an_idle_hour_saves_up_one_second() {
        let mut bucket = TokenBucket::full(2, START);
        let later = START + Duration::HOUR;
        assert_eq!(
            [bucket.take(later), bucket.take(later), bucket.take(later)],
            [true, true, false]
        );
    }

    #[test]
    fn a_clock_turned_back_refills_nothing_and_goes_on_from_there() {
        let mut bucket = TokenBucket::full(1, START);
        assert!(bucket.take(START));
        let before = START - Duration::DAY;
        assert!(!bucket.take(before));
        assert!(bucket.take(before + Duration::SECOND));
    }
}
