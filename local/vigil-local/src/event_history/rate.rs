//! How often LookupEvents may be called.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// Calls a second that the account has in one Region (CloudTrail API reference, LookupEvents), by real time and
/// by the stack's: a frozen clock refuses no call for ever, and hours that pass in a second are hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LookupRate(pub(crate) Option<usize>);

impl Default for LookupRate {
    fn default() -> Self {
        Self(Some(2))
    }
}

/// The calls of the last second.
#[derive(Default)]
pub(super) struct Calls(Mutex<VecDeque<Moment>>);

/// By real time and by the stack's.
type Moment = (Instant, OffsetDateTime);

impl Calls {
    /// Whether one more is in order.
    pub(super) fn take(&self, rate: LookupRate, now: Moment) -> bool {
        let Some(most) = rate.0 else { return true };
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = Duration::from_secs(1);
        calls.retain(|at| {
            now.0.duration_since(at.0) < second && (now.1 - at.1).unsigned_abs() < second
        });
        if calls.len() >= most {
            return false;
        }
        calls.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_has_two_calls_in_any_second() {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        let (calls, rate, start) = (Calls::default(), LookupRate::default(), Instant::now());
        let began = OffsetDateTime::UNIX_EPOCH;
        let at = |millis| calls.take(rate, (start + Duration::from_millis(millis), began));
        assert_eq!(
            [at(0), at(500), at(999), at(1000), at(1400), at(1500)],
            [true, true, false, true, false, true]
        );
        let hour_later = (start + Duration::from_millis(1501), began + Duration::from_secs(3600));
        assert!(calls.take(rate, hour_later), "the stack's clock was moved");
    }
}
