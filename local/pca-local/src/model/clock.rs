//! The service's clock: it follows the system's, shifted, or stands still until it is moved.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime, macros::datetime};

/// The clock shows no earlier and no later time. The service adds years to it (validities, CRLs'
/// nextUpdate, waiting times), and times end with the year 9999.
/// What is made then begins an hour earlier, and X.509's times, as these, begin in 1970.
pub(crate) const EARLIEST: OffsetDateTime = datetime!(1970-01-01 01:00 UTC);
pub(crate) const LATEST: OffsetDateTime = datetime!(9900-01-01 00:00 UTC);

/// A handle; clones share one clock.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    mode: Mutex<ClockMode>,
    /// Called at every move.
    keeper: Mutex<Option<Keeper>>,
}

type Keeper = Box<dyn Fn(ClockMode) + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub(crate) enum ClockMode {
    Frozen(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    Running { ahead_of_system: Duration },
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Clock").field(&*self.mode()).finish()
    }
}

impl Clock {
    /// Follows the system's clock.
    pub fn system() -> Self {
        Self::new(ClockMode::Running { ahead_of_system: Duration::ZERO })
    }

    /// Stands still at `now` until it is moved.
    pub fn frozen_at(now: OffsetDateTime) -> Self {
        Self::new(ClockMode::Frozen(now))
    }

    fn new(mode: ClockMode) -> Self {
        Self(Arc::new(Inner { mode: Mutex::new(mode), keeper: Mutex::default() }))
    }

    /// Calls `keeper` at every move from now on, so that moves can be written down. It takes the place of
    /// one before: a clock may outlive the service that kept it.
    pub(crate) fn keep_with(&self, keeper: Keeper) {
        *self.keeper() = Some(keeper);
    }

    pub(crate) fn set_mode(&self, to: ClockMode) {
        let mut mode = self.mode();
        *mode = to;
        if let Some(keeper) = &*self.keeper() {
            // Under the lock, so that two moves are reported in their order.
            keeper(to);
        }
    }

    /// Moves, if to anything, when `write` has taken the move down together with what belongs to it. Stays
    /// where it is if that fails.
    pub(crate) fn move_with<T, E>(
        &self,
        to: Option<ClockMode>,
        write: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        // Under the lock, as the moves that the keeper is called for.
        let mut mode = self.mode();
        let written = write()?;
        *mode = to.unwrap_or(*mode);
        Ok(written)
    }

    /// Goes back to what is written down, after a move that could not be.
    pub(crate) fn go_back_to(&self, mode: ClockMode) {
        *self.mode() = mode;
    }

    pub(crate) fn read_mode(&self) -> ClockMode {
        *self.mode()
    }

    /// The time that the clock shows: from the year 1970 on, and up to the year 9900, where it stops.
    pub fn now(&self) -> OffsetDateTime {
        let now = match *self.mode() {
            ClockMode::Frozen(now) => now,
            ClockMode::Running { ahead_of_system } => system_now().saturating_add(ahead_of_system),
        };
        now.clamp(EARLIEST, LATEST)
    }

    /// Whether the clock moves by itself.
    pub fn is_running(&self) -> bool {
        matches!(*self.mode(), ClockMode::Running { .. })
    }

    /// Moves the hands and runs nothing: [`Timeline`](crate::Timeline) runs what falls due.
    pub fn set(&self, now: OffsetDateTime) {
        self.set_mode(match self.read_mode() {
            ClockMode::Frozen(_) => ClockMode::Frozen(now),
            ClockMode::Running { .. } => ClockMode::Running { ahead_of_system: now - system_now() },
        });
    }

    /// Stops the clock where it stands.
    pub fn freeze(&self) {
        self.set_mode(ClockMode::Frozen(self.now()));
    }

    /// Lets a frozen clock run on from where it stands.
    pub fn run(&self) {
        let ahead_of_system = self.now() - system_now();
        self.set_mode(ClockMode::Running { ahead_of_system });
    }

    fn keeper(&self) -> std::sync::MutexGuard<'_, Option<Keeper>> {
        self.0.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mode(&self) -> std::sync::MutexGuard<'_, ClockMode> {
        self.0.mode.lock().unwrap_or_else(PoisonError::into_inner)
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
    use super::*;

    #[test]
    fn a_clock_beyond_the_last_year_stops_and_does_not_panic() {
        let last = datetime!(9999-12-31 23:59:59 UTC);
        let ahead_of_system = last - system_now();
        let far = Duration::seconds(i64::MAX);
        for (mode, want) in [
            (ClockMode::Frozen(last), LATEST),
            (ClockMode::Running { ahead_of_system }, LATEST),
            (ClockMode::Running { ahead_of_system: far }, LATEST),
            (ClockMode::Running { ahead_of_system: -far }, EARLIEST),
        ] {
            let clock = Clock::system();
            clock.set_mode(mode);
            assert_eq!(clock.now(), want, "{mode:?}");
            clock.run();
            clock.freeze();
            clock.set(datetime!(2030-01-01 00:00 UTC));
            assert_eq!(clock.now(), datetime!(2030-01-01 00:00 UTC));
        }
    }

    #[test]
    fn moves_are_told_to_the_last_keeper() {
        let clock = Clock::frozen_at(datetime!(2026-01-01 00:00 UTC));
        let told = Arc::new(Mutex::new(Vec::new()));
        for name in ["first", "second"] {
            let told = Arc::clone(&told);
            clock.keep_with(Box::new(move |_| told.lock().unwrap().push(name)));
            clock.set(datetime!(2026-01-02 00:00 UTC));
        }
        assert_eq!(*told.lock().unwrap(), ["first", "second"]);
    }

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
