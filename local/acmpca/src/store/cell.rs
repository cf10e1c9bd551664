//! One CA with its own lock, so that signing for one does not hold up another.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    authority::Authority,
    storage::{Journal, Storage},
};

/// A handle; clones share the CA.
#[derive(Clone)]
pub(crate) struct Cell(Arc<Inner>);

struct Inner {
    authority: Mutex<Authority>,
    storage: Storage,
    /// Of the storage, when the CA was put here: see [`Storage::write`].
    generation: u64,
}

impl Cell {
    pub(super) fn new(mut authority: Authority, storage: &Storage) -> Self {
        authority.journal = Journal::new(storage.is_lasting());
        Self(Arc::new(Inner {
            authority: Mutex::new(authority),
            generation: storage.generation(),
            storage: storage.clone(),
        }))
    }

    pub(crate) fn lock(&self) -> Guard<'_> {
        let authority = self.0.authority.lock().unwrap_or_else(PoisonError::into_inner);
        Guard { authority, cell: &self.0, is_touched: false }
    }
}

/// The CA while it is locked. What has changed is on its way to the disk when the lock is given
/// back, all of it together and in the order in which the lock was held.
///
/// Whoever changes something through this need not think of the disk: the CA is written down.
/// Changes that happen often, and say themselves what is to be written, go through
/// [`noted`](Self::noted).
pub(crate) struct Guard<'a> {
    authority: MutexGuard<'a, Authority>,
    cell: &'a Inner,
    is_touched: bool,
}

impl Guard<'_> {
    pub(crate) fn noted(&mut self) -> &mut Authority {
        &mut self.authority
    }
}

impl Deref for Guard<'_> {
    type Target = Authority;

    fn deref(&self) -> &Authority {
        &self.authority
    }
}

impl DerefMut for Guard<'_> {
    fn deref_mut(&mut self) -> &mut Authority {
        self.is_touched = true;
        &mut self.authority
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.is_touched {
            self.authority.note_all();
        }
        let changes = self.authority.journal.take();
        if !changes.is_empty() {
            self.cell.storage.write(self.cell.generation, changes);
        }
    }
}
