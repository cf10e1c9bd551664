//! How often the service may be asked, of each Region: AWS General Reference, "AWS Private CA
//! endpoints and quotas". ACM PCA throttles a caller that exceeds them, and with it every other
//! caller in the account.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// One for each operation that is called.
#[derive(Debug)]
pub(super) struct Quotas {
    pub(super) certificate: Quota,
    pub(super) create_permission: Quota,
    pub(super) describe: Quota,
    pub(super) get_policy: Quota,
    pub(super) list: Quota,
    pub(super) list_permissions: Quota,
    pub(super) list_tags: Quota,
    pub(super) put_policy: Quota,
    pub(super) restore: Quota,
    pub(super) tag: Quota,
    pub(super) update: Quota,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            certificate: Quota::of(20),
            create_permission: Quota::of(1),
            describe: Quota::of(20),
            get_policy: Quota::of(5),
            list: Quota::of(20),
            list_permissions: Quota::of(5),
            list_tags: Quota::of(20),
            put_policy: Quota::of(5),
            restore: Quota::of(20),
            tag: Quota::of(10),
            update: Quota::of(10),
        }
    }
}

/// A second's calls at once, and then four fifths of the quota: others ask, too.
#[derive(Debug)]
pub(super) struct Quota {
    interval: Duration,
    burst: Duration,
    /// When all that was asked would have been asked, had it been asked evenly (the generic cell rate
    /// algorithm, ITU-T I.371).
    even: Mutex<Option<Instant>>,
}

impl Quota {
    fn of(a_second: u32) -> Self {
        let interval = Duration::from_secs(1) * 5 / (4 * a_second);
        Self { interval, burst: interval * (a_second - 1), even: Mutex::new(None) }
    }

    /// Waits for its turn, which most calls have at once.
    pub(super) async fn turn(&self) {
        let now = Instant::now();
        let turn = self.take(now);
        if turn > now {
            sleep_until(turn).await;
        }
    }

    /// Takes the next turn, and says when that is.
    fn take(&self, now: Instant) -> Instant {
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        let at = even.map_or(now, |even| even.max(now));
        *even = Some(at + self.interval);
        at.checked_sub(self.burst).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In milliseconds after the first, asked all at once.
    fn turns(quota: &Quota, now: Instant, count: usize) -> Vec<u128> {
        (0..count).map(|_| (quota.take(now) - now).as_millis()).collect()
    }

    #[test]
    fn a_seconds_calls_go_at_once_and_the_rest_below_the_quota() {
        let (quota, now) = (Quota::of(5), Instant::now());
        assert_eq!(turns(&quota, now, 8), [0, 0, 0, 0, 0, 250, 500, 750]);
        let later = now + Duration::from_secs(60);
        assert_eq!(turns(&quota, later, 6), [0, 0, 0, 0, 0, 250], "and anew after a while");
    }

    #[test]
    fn what_is_not_asked_cannot_be_saved_up() {
        let (quota, now) = (Quota::of(1), Instant::now());
        assert_eq!(turns(&quota, now, 3), [0, 1250, 2500]);
        let late = now + Duration::from_millis(3750 + 625);
        assert_eq!(turns(&quota, late, 2), [0, 1250]);
    }

    /// The service's own bucket: as many as the quota, filled as fast.
    #[test]
    fn the_services_bucket_never_runs_dry() {
        for a_second in [1, 5, 10, 20] {
            let (quota, now) = (Quota::of(a_second), Instant::now());
            let (mut left, mut before) = (f64::from(a_second), now);
            for _ in 0..200 {
                let turn = quota.take(now);
                let filled = (turn - before).as_secs_f64() * f64::from(a_second);
                left = (left + filled).min(f64::from(a_second)) - 1.0;
                assert!(left >= 0.0, "{a_second} a second");
                before = turn;
            }
        }
    }
}
