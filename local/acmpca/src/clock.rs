//! The service's clock: it follows the system's, shifted, or stands still until it is moved.

use std::sync::{Arc, Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

/// A handle; clones share one clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Mode>>);

#[derive(Clone, Copy, Debug)]
enum Mode {
    Frozen(OffsetDateTime),
    Running { ahead_of_system: Duration },
}

impl Clock {
    /// Follows the system's clock.
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(Mode::Running { ahead_of_system: Duration::ZERO })))
    }

    /// Stands still at `now` until it is moved.
    pub fn frozen_at(now: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(Mode::Frozen(now))))
    }

    pub fn now(&self) -> OffsetDateTime {
        match *self.mode() {
            Mode::Frozen(now) => now,
            Mode::Running { ahead_of_system } => system_now() + ahead_of_system,
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(*self.mode(), Mode::Running { .. })
    }

    /// Moves the hands. What falls due on the way is the [`Timeline`](crate::Timeline)'s business.
    pub fn set(&self, now: OffsetDateTime) {
        let mut mode = self.mode();
        *mode = match *mode {
            Mode::Frozen(_) => Mode::Frozen(now),
            Mode::Running { .. } => Mode::Running { ahead_of_system: now - system_now() },
        };
    }

    pub fn freeze(&self) {
        let now = self.now();
        *self.mode() = Mode::Frozen(now);
    }

    /// Lets a frozen clock run on from where it stands.
    pub fn run(&self) {
        let ahead_of_system = self.now() - system_now();
        *self.mode() = Mode::Running { ahead_of_system };
    }

    fn mode(&self) -> std::sync::MutexGuard<'_, Mode> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where pca-local reads the system's clock"
)]
fn system_now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_by_hand_and_for_all_its_handles() {
        let clock = Clock::frozen_at(datetime!(2026-01-01 00:00 UTC));
        let other = clock.clone();
        other.set(datetime!(2026-01-31 00:00 UTC));
        assert_eq!(clock.now(), datetime!(2026-01-31 00:00 UTC));
        assert!(!clock.is_running());
    }

    #[test]
    fn a_running_clock_keeps_running_from_where_it_was_set() {
        let clock = Clock::system();
        clock.set(datetime!(2030-01-01 00:00 UTC));
        let now = clock.now();
        assert!(now >= datetime!(2030-01-01 00:00 UTC) && now < datetime!(2030-01-01 00:10 UTC));
        clock.freeze();
        assert_eq!(clock.now(), clock.now());
    }
}
