//! The one connection to the database. One thread writes with it, and others read in between.
//!
//! A second connection would need the log's index in a file, `state.db-shm`, which SQLite maps into
//! memory: a program that truncates that file ends every process that has it mapped (SIGBUS).

use std::sync::Arc;

use parking_lot::FairMutex;
use rusqlite::Connection;

use super::error::StorageError;

/// Served in the order in which it was asked for, so that a thread that writes all the time leaves
/// room for those that read.
///
/// A mutex of threads and not of tasks: a task that is woken with the lock may have no thread to run
/// on while other tasks wait for the same lock on all of them.
pub(super) struct Shared(FairMutex<Option<Connection>>);

impl Shared {
    pub(super) fn new(connection: Connection) -> Self {
        Self(FairMutex::new(Some(connection)))
    }

    /// For threads that may wait.
    pub(super) fn with<T>(
        &self,
        act: impl FnOnce(&mut Connection) -> T,
    ) -> Result<T, StorageError> {
        on(&mut self.0.lock(), act)
    }

    /// The same for tasks: while others have it, another thread waits.
    pub(super) async fn with_later<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, StorageError> {
        if let Some(mut free) = self.0.try_lock() {
            return on(&mut free, act);
        }
        let shared = Arc::clone(self);
        let acted = tokio::task::spawn_blocking(move || shared.with(act)).await;
        acted.map_err(|_| StorageError::Closed)?
    }

    /// To close it: later calls fail.
    pub(super) fn take(&self) -> Option<Connection> {
        self.0.lock().take()
    }
}

fn on<T>(
    held: &mut Option<Connection>,
    act: impl FnOnce(&mut Connection) -> T,
) -> Result<T, StorageError> {
    held.as_mut().map(act).ok_or(StorageError::Closed)
}
