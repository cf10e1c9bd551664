//! How often LookupEvents may be called.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Calls a second that the account has in one Region (CloudTrail API reference, LookupEvents), by real
/// time: a frozen clock refuses no call for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LookupRate(pub(crate) Option<usize>);

impl Default for LookupRate {
    fn default() -> Self {
        Self(Some(2))
    }
}

/// The calls of the last second.
#[derive(Default)]
pub(super) struct Calls(Mutex<VecDeque<Instant>>);

impl Calls {
    /// Whether one more is in order.
    pub(super) fn take(&self, rate: LookupRate, now: Instant) -> bool {
        let Some(most) = rate.0 else { return true };
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
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
        let at = |millis| calls.take(rate, start + Duration::from_millis(millis));
        assert_eq!(
            [at(0), at(500), at(999), at(1000), at(1400), at(1500)],
            [true, true, false, true, false, true]
        );
    }
}
