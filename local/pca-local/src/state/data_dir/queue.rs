//! Between those who change something and the thread that writes it down.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{error::StorageError, replacement::Replacement};
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
    pub(super) fn begin_again(&self, changes: Vec<Change>) -> Result<Replacement, StorageError> {
        let mut waiting = self.waiting();
        if waiting.gate != Gate::Open {
            return Err(StorageError::NotWritten);
        }
        waiting.generation += 1;
        waiting.pushed += 1;
        waiting.accepted = waiting.pushed;
        let (replacement, written) = Replacement::queued();
        waiting.items.extend([Item::Changes(changes), Item::Then(written)]);
        self.arrived.notify_one();
        let generation = waiting.generation;
        self.progress.send_modify(|progress| progress.begin(generation));
        Ok(replacement)
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
mod tests;
