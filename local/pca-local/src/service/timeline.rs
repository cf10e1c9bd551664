//! Moves the clock from one due moment to the next, so that nothing on the way is skipped.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use time::{Duration, OffsetDateTime};

use crate::model::clock::{Clock, EARLIEST, LATEST};

/// The clock cannot be moved by more than this at once: every due moment on the way is run.
pub(crate) const MAX_ADVANCE_DAYS: i64 = 366 * 30;

/// Whether the clock may be advanced from `now` to `target`.
pub(crate) fn can_advance(now: OffsetDateTime, target: OffsetDateTime) -> bool {
    can_set(target) && (Duration::ZERO..=Duration::days(MAX_ADVANCE_DAYS)).contains(&(target - now))
}

/// Whether the clock can show that time.
pub(crate) fn can_set(target: OffsetDateTime) -> bool {
    (EARLIEST..=LATEST).contains(&target)
}

/// Something that falls due at moments of the clock: a CRL's refresh, a schedule, a retry.
pub trait Timed: Send + Sync {
    /// The earliest moment at which something is to be run; it may lie in the past.
    fn next_due(&self) -> Option<OffsetDateTime>;

    /// Runs what is due at `now` or before. Afterwards `next_due` lies after `now`, or the item
    /// that failed has been put off to a later moment: a step that makes no progress would repeat
    /// for ever.
    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()>;

    /// Resolves when everything that earlier steps set off has finished, so that the clock does
    /// not overtake the work that it caused.
    fn settled(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    /// The clock begins to move. What lies outside of the service, such as S3, may have changed since the
    /// last move. While it moves, a month passes in a moment.
    fn departs(&self) {}

    /// The clock has been turned back to `now`: what was dated later has not happened yet, and is to
    /// be made anew.
    fn turned_back(&self, _now: OffsetDateTime) {}
}

/// The clock together with everything that waits for its moments. A handle; clones share it.
#[derive(Clone)]
pub struct Timeline(Arc<Inner>);

struct Inner {
    clock: Clock,
    timed: Mutex<Vec<Arc<dyn Timed>>>,
    /// One mover at a time: two would run the same moment twice.
    moving: tokio::sync::Mutex<()>,
    /// The moment to which the hands were set past something that was due.
    held: Mutex<Option<OffsetDateTime>>,
}

impl Timeline {
    /// A clock that nothing waits for yet.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner {
            clock,
            timed: Mutex::new(Vec::new()),
            moving: tokio::sync::Mutex::new(()),
            held: Mutex::new(None),
        }))
    }

    /// The clock itself.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Adds something that falls due.
    pub fn register(&self, timed: Arc<dyn Timed>) {
        self.0.timed.lock().unwrap_or_else(PoisonError::into_inner).push(timed);
    }

    /// Sets the hands and runs nothing. A clock that stands still runs what is due by then when it is
    /// advanced or started; a running one goes on with it by itself.
    pub fn set(&self, now: OffsetDateTime) {
        let before = self.0.clock.now();
        self.0.clock.set(now);
        if now < before {
            for timed in self.all() {
                timed.turned_back(now);
            }
        }
        let is_passed = self.next_due().is_some_and(|due| due <= now);
        *self.held() = is_passed.then_some(now);
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<OffsetDateTime>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the clock still stands where the hands were set.
    fn is_held(&self) -> bool {
        let clock = &self.0.clock;
        !clock.is_running() && self.held().is_some_and(|held| held == clock.now())
    }

    /// Moves the clock to `target`, stopping at every due moment on the way. Moving backwards runs
    /// nothing: what has happened stays happened.
    pub async fn advance_to(&self, target: OffsetDateTime) {
        let _moving = self.0.moving.lock().await;
        *self.held() = None;
        self.depart();
        while let Some(due) = self.next_due().filter(|due| *due <= target) {
            if due > self.0.clock.now() {
                self.0.clock.set(due);
            }
            self.run_due(self.0.clock.now()).await;
        }
        self.0.clock.set(target);
        self.settle().await;
    }

    /// Runs what is due now and waits until it, and everything it set off, has finished.
    pub async fn catch_up(&self) {
        let _moving = self.0.moving.lock().await;
        let now = self.0.clock.now();
        self.depart();
        while self.next_due().is_some_and(|due| due <= now) {
            self.run_due(now).await;
        }
        self.settle().await;
    }

    /// Follows a running clock for as long as the future is polled.
    pub async fn follow(&self) {
        // A second is the finest that schedules and CRL times can express, and polling needs no
        // wake-ups from everything that can change what is due next.
        let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.tick().await;
        }
    }

    async fn tick(&self) {
        if !self.is_held() {
            self.catch_up().await;
        }
    }

    fn depart(&self) {
        self.all().iter().for_each(|timed| timed.departs());
    }

    fn all(&self) -> Vec<Arc<dyn Timed>> {
        self.0.timed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        self.all().iter().filter_map(|timed| timed.next_due()).min()
    }

    async fn run_due(&self, now: OffsetDateTime) {
        for timed in self.all() {
            if timed.next_due().is_some_and(|due| due <= now) {
                timed.run_due(now).await;
            }
        }
        self.settle().await;
    }

    /// Resolves when everything that calls and earlier steps set off has finished. The clock stays.
    pub async fn settled(&self) {
        self.settle().await;
    }

    /// Twice: an event that waited for the disk sets off work of what stands before it.
    async fn settle(&self) {
        for _ in 0..2 {
            for timed in self.all() {
                timed.settled().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::*;

    /// Falls due every `every` from `next` on and notes the moments at which it ran.
    struct Every {
        every: Duration,
        next: Mutex<OffsetDateTime>,
        ran: Mutex<Vec<OffsetDateTime>>,
    }

    impl Timed for Every {
        fn next_due(&self) -> Option<OffsetDateTime> {
            Some(*self.next.lock().unwrap())
        }

        fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
            self.ran.lock().unwrap().push(now);
            *self.next.lock().unwrap() = now + self.every;
            Box::pin(std::future::ready(()))
        }
    }

    #[tokio::test]
    async fn every_due_moment_on_the_way_is_run_at_its_own_time() {
        let start = datetime!(2026-01-01 00:00 UTC);
        let timeline = Timeline::new(Clock::frozen_at(start));
        let hourly = Arc::new(Every {
            every: Duration::HOUR,
            next: Mutex::new(start + Duration::HOUR),
            ran: Mutex::default(),
        });
        timeline.register(hourly.clone());

        timeline.advance_to(start + Duration::minutes(210)).await;

        let hours: Vec<_> = (1..=3).map(|hour| start + Duration::hours(hour)).collect();
        assert_eq!(*hourly.ran.lock().unwrap(), hours);
        assert_eq!(timeline.clock().now(), start + Duration::minutes(210));
        timeline.catch_up().await;
        assert_eq!(hourly.ran.lock().unwrap().len(), 3, "nothing is due before 04:00");
    }

    #[tokio::test]
    async fn set_hands_run_nothing_until_the_clock_is_moved() {
        let start = datetime!(2026-01-01 00:00 UTC);
        let timeline = Timeline::new(Clock::frozen_at(start));
        let hourly = Arc::new(Every {
            every: Duration::HOUR,
            next: Mutex::new(start + Duration::HOUR),
            ran: Mutex::default(),
        });
        timeline.register(hourly.clone());
        let ran = || hourly.ran.lock().unwrap().clone();

        let later = start + Duration::DAY;
        timeline.set(later);
        timeline.tick().await;
        assert!(ran().is_empty());
        timeline.advance_to(later).await;
        assert_eq!(ran(), [later], "once, at the time that the clock shows");
        timeline.set(start + Duration::DAY * 2);
        timeline.clock().run();
        timeline.tick().await;
        assert_eq!(ran().len(), 2, "a running clock goes on by itself");
    }
}
