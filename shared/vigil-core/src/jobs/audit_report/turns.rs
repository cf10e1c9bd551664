//! Which CA has the first turn, where there is perhaps not time for all of them.

use time::OffsetDateTime;

/// 2^32 divided by the golden ratio.
const STEP: u32 = 0x9e37_79b9;

/// The items, beginning with another one each hour.
///
/// It needs no record, which an invocation that dies would not write. Steps of the golden ratio begin each
/// time in one of the largest gaps that the hours before have left. So if there is time for `k` of `n`, each
/// has had a turn after `2n/k` hours, whenever one begins to count.
pub(super) fn in_turn<T>(mut items: Vec<T>, now: OffsetDateTime) -> Vec<T> {
    let hour = now.unix_timestamp().div_euclid(3600) as u32;
    let part = u64::from(hour.wrapping_mul(STEP));
    let first = (part * items.len() as u64) >> 32;
    items.rotate_left(first as usize);
    items
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use time::{Duration, macros::datetime};

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn each_has_a_turn_within_twice_the_hours_that_all_take() {
        for (n, k) in [(1, 1), (2, 1), (7, 1), (7, 3), (200, 1), (200, 66), (1000, 20)] {
            for begun in [0, 1, 24, 1001, 77_777] {
                let mut seen = BTreeSet::new();
                for hour in 0..2 * n / k {
                    let now = AT + Duration::hours(begun + hour);
                    seen.extend(in_turn((0..n).collect(), now).into_iter().take(k as usize));
                }
                assert_eq!(seen.len() as i64, n, "{k} an hour, from {begun}");
            }
        }
    }

    #[test]
    fn none_is_left_out_and_an_hour_has_one_order() {
        for minutes in [0, 59] {
            let now = AT + Duration::minutes(minutes);
            let items = in_turn(vec!['a', 'b', 'c'], now);
            assert_eq!(items, in_turn(vec!['a', 'b', 'c'], AT));
            assert_eq!(items.into_iter().collect::<BTreeSet<_>>().len(), 3);
        }
        assert!(in_turn(Vec::<char>::new(), AT).is_empty());
    }
}
