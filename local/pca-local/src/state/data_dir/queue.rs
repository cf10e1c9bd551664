//! Between those who change something and the thread that writes it down.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::error::StorageError;
use crate::model::change::Change;

pub(super) enum Item {
    Changes(Vec<Change>),
    Then(Box<dyn FnOnce() + Send>),
}

pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct Waiting {
    items: Vec<Item>,
    /// How many items there have been, and how many when the last of them was taken in.
    pushed: u64,
    accepted: u64,
    generation: u64,
    gate: Gate,
    /// The last commit has failed.
    has_failed: bool,
}

/// After a commit that failed, how long until it is seen whether another one would.
const UNTIL_TRIED_AGAIN: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Default, PartialEq)]
enum Gate {
    #[default]
    Open,
    /// Nothing is accepted: a commit has failed.
    Shut,
    /// The process ends.
    Closed,
}

impl Progress {
    /// Whether so many items are on disk, of a generation.
    fn has(&self, pushed: u64, generation: u64) -> bool {
        let ended = |(of, done): (u64, u64)| of == generation && done >= pushed;
        ended((self.generation, self.done)) || ended(self.before)
    }

    /// Ends the generation.
    fn begin(&mut self, generation: u64) {
        self.before = (self.generation, self.done);
        self.generation = generation;
    }
}

/// How far the writing has come.
#[derive(Clone, Copy, Default)]
struct Progress {
    done: u64,
    generation: u64,
    /// The generation before, and how far it had come at its end. Without it, a call whose changes
    /// are on disk would fail, if another one's commit fails right after.
    before: (u64, u64),
    /// Memory could not be made anew either.
    is_broken: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            progress: watch::Sender::new(Progress::default()),
        }
    }
}

impl Queue {
    pub(super) fn generation(&self) -> u64 {
        self.waiting().generation
    }

    pub(super) fn push(&self, generation: u64, item: Item) {
        let mut waiting = self.waiting();
        if waiting.gate == Gate::Shut || waiting.generation != generation {
            return;
        }
        waiting.pushed += 1;
        if waiting.gate == Gate::Closed {
            return;
        }
        waiting.accepted = waiting.pushed;
        waiting.items.push(item);
        self.arrived.notify_one();
    }

    pub(super) async fn settled(&self, since: u64) -> Result<(), StorageError> {
        let pushed = self.waiting().pushed;
        let is_over = |progress: &Progress| {
            progress.has(pushed, since) || progress.generation != since || progress.is_broken
        };
        let mut changes = self.progress.subscribe();
        let progress = changes.wait_for(is_over).await.map_err(|_| StorageError::NotWritten)?;
        let is_done = progress.has(pushed, since) && !progress.is_broken;
        if is_done { Ok(()) } else { Err(StorageError::NotWritten) }
    }

    /// Memory is as it is on disk again, after a commit that failed.
    pub(super) fn reopen(&self) {
        let mut waiting = self.waiting();
        waiting.generation += 1;
        if waiting.gate == Gate::Shut {
            waiting.gate = Gate::Open;
        }
        let (done, generation) = (waiting.pushed, waiting.generation);
        self.progress.send_modify(|progress| {
            progress.begin(generation);
            progress.done = done;
            progress.is_broken = false;
        });
    }

    /// Memory is made anew, and these changes do the same to what is on disk, after what is queued.
    pub(super) fn begin_again(&self, changes: Vec<Change>) -> Result<(), StorageError> {
        let mut waiting = self.waiting();
        if waiting.gate != Gate::Open {
            return Err(StorageError::NotWritten);
        }
        waiting.generation += 1;
        waiting.pushed += 1;
        waiting.accepted = waiting.pushed;
        waiting.items.push(Item::Changes(changes));
        self.arrived.notify_one();
        let generation = waiting.generation;
        self.progress.send_modify(|progress| progress.begin(generation));
        Ok(())
    }

    /// Waits for something to write: all that has come in, and how many items there have been.
    /// After a failure that may be nothing, so that it is tried whether writing goes on. `None` at
    /// the end.
    pub(super) fn take(&self) -> Option<(Vec<Item>, u64)> {
        let mut waiting = self.waiting();
        while waiting.items.is_empty() {
            if waiting.gate == Gate::Closed {
                return None;
            }
            if waiting.has_failed {
                let woken = self.arrived.wait_timeout(waiting, UNTIL_TRIED_AGAIN);
                waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
                break;
            }
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        Some((std::mem::take(&mut waiting.items), waiting.accepted))
    }

    /// So many of the items are on disk.
    pub(super) fn done(&self, pushed: u64) {
        self.waiting().has_failed = false;
        // What was dropped counts as done since memory was made anew, and was never taken: an attempt
        // without items knows of fewer. Behind `pushed`, every call would wait for ever.
        self.progress.send_modify(|progress| progress.done = progress.done.max(pushed));
    }

    /// A commit has failed: what waits behind it is dropped, and nothing more is accepted until
    /// [`reopen`](Self::reopen). That is what ends the calls that are under way, and also those
    /// that begin meanwhile.
    pub(super) fn shut(&self) {
        let mut waiting = self.waiting();
        waiting.items.clear();
        // The end is the end, also for a queue whose last commit fails.
        if waiting.gate == Gate::Open {
            waiting.gate = Gate::Shut;
        }
        waiting.has_failed = true;
        waiting.pushed += 1;
    }

    pub(super) fn has_failed(&self) -> bool {
        self.waiting().has_failed
    }

    pub(super) fn is_broken(&self) -> bool {
        self.progress.borrow().is_broken
    }

    pub(super) fn give_up(&self) {
        self.progress.send_modify(|progress| progress.is_broken = true);
    }

    /// Drops later changes. [`give_up`](Self::give_up) ends the calls that wait for them.
    pub(super) fn close(&self) {
        let mut waiting = self.waiting();
        waiting.gate = Gate::Closed;
        self.arrived.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn change() -> Item {
        Item::Changes(vec![Change::Cleared])
    }

    /// `None` while it waits.
    fn settled(queue: &Queue, since: u64) -> Option<bool> {
        queue.settled(since).now_or_never().map(|outcome| outcome.is_ok())
    }

    #[test]
    fn a_call_waits_only_for_what_was_queued_before_it_ended() {
        let queue = Queue::default();
        assert_eq!(settled(&queue, 0), Some(true), "nothing has happened");
        queue.push(0, change());
        queue.push(0, change());
        assert_eq!(settled(&queue, 0), None);
        let (items, pushed) = queue.take().unwrap();
        assert_eq!((items.len(), pushed), (2, 2));
        assert_eq!(settled(&queue, 0), None, "taken is not written");
        queue.push(0, change());
        queue.done(pushed);
        assert_eq!(settled(&queue, 0), None, "the third is not written");
        let (_, pushed) = queue.take().unwrap();
        queue.done(pushed);
        assert_eq!(settled(&queue, 0), Some(true));
    }

    #[test]
    fn a_failed_commit_ends_only_the_calls_under_way() {
        let queue = Queue::default();
        queue.push(0, change());
        queue.take().unwrap();
        queue.push(0, change());
        queue.shut();
        queue.push(0, change());
        assert_eq!(settled(&queue, 0), None, "memory is not made anew yet");
        queue.reopen();
        assert_eq!(settled(&queue, 0), Some(false));
        assert!(queue.has_failed());
        assert_eq!((queue.generation(), settled(&queue, 1)), (1, Some(true)));
        queue.push(0, change());
        assert_eq!(settled(&queue, 1), Some(true), "of CAs that are replaced nothing is written");
        queue.push(1, change());
        let (items, pushed) = queue.take().unwrap();
        assert_eq!(items.len(), 1);
        queue.done(pushed);
        assert!(!queue.has_failed());
        assert_eq!(settled(&queue, 1), Some(true));
    }

    /// All that can happen, five steps of it: where nothing waits to be written, no call waits.
    #[test]
    fn a_call_waits_for_nothing_where_nothing_is_queued() {
        let push = |queue: &Queue| queue.push(queue.generation(), change());
        let fail = |queue: &Queue| {
            push(queue);
            drop(queue.take());
            queue.shut();
            push(queue);
            queue.reopen();
        };
        // Without items it is the attempt after a failure, which `take` waits for.
        let write = |queue: &Queue| {
            let pushed = {
                let mut waiting = queue.waiting();
                waiting.items.clear();
                waiting.accepted
            };
            queue.done(pushed);
        };
        let again = |queue: &Queue| queue.begin_again(vec![Change::Cleared]).unwrap();
        let steps: [&dyn Fn(&Queue); 4] = [&push, &fail, &write, &again];
        for number in 0..steps.len().pow(5) {
            let queue = Queue::default();
            let path: Vec<usize> =
                (0..5).map(|place| number / steps.len().pow(place) % steps.len()).collect();
            for step in &path {
                steps[*step](&queue);
                let is_written = queue.waiting().items.is_empty();
                let want = is_written.then_some(true);
                assert_eq!(settled(&queue, queue.generation()), want, "{path:?}");
            }
        }
    }

    #[test]
    fn what_is_on_disk_is_done_whatever_fails_after_it() {
        let queue = Queue::default();
        queue.push(0, change());
        // The call is woken after all that follows.
        let mut waiting = Box::pin(queue.settled(0));
        assert!(waiting.as_mut().now_or_never().is_none());
        let (_, pushed) = queue.take().unwrap();
        queue.done(pushed);
        queue.push(0, change());
        queue.take().unwrap();
        queue.shut();
        queue.reopen();
        assert!(waiting.now_or_never().unwrap().is_ok());
        assert_eq!(settled(&queue, 0), Some(false), "nor what began in between");
    }

    #[test]
    fn a_replacement_follows_the_queue_and_needs_an_open_gate() {
        let queue = Queue::default();
        queue.push(0, change());
        queue.begin_again(vec![Change::Cleared]).unwrap();
        queue.push(0, change());
        let (items, pushed) = queue.take().unwrap();
        assert_eq!(items.len(), 2, "what is changed in what has been replaced is nobody's");
        queue.done(pushed);
        assert_eq!((settled(&queue, 0), settled(&queue, 1)), (Some(false), Some(true)));
        queue.shut();
        assert!(queue.begin_again(vec![Change::Cleared]).is_err());
        queue.give_up();
        assert_eq!(settled(&queue, 1), Some(false), "for good");
    }

    #[test]
    fn a_commit_that_fails_at_the_end_does_not_open_the_gate() {
        let queue = Queue::default();
        queue.push(0, change());
        queue.close();
        queue.take().unwrap();
        queue.shut();
        queue.reopen();
        assert!(queue.take().is_none());
    }

    #[test]
    fn a_closed_queue_writes_what_it_holds_and_takes_no_more() {
        let queue = Queue::default();
        queue.push(0, change());
        queue.close();
        queue.push(0, change());
        let (items, pushed) = queue.take().unwrap();
        assert_eq!((items.len(), pushed), (1, 1));
        queue.done(pushed);
        assert!(queue.take().is_none());
        assert_eq!(settled(&queue, 0), None);
        queue.give_up();
        assert_eq!(settled(&queue, 0), Some(false));
    }
}
