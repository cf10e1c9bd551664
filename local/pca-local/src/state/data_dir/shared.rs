//! The one connection to the database. One thread writes with it, and others read in between.
//!
//! A second connection would need the log's index in a file, `state.db-shm`, which SQLite maps into
//! memory: a program that truncates that file ends every process that has it mapped (SIGBUS).

use futures::executor::block_on;
use rusqlite::Connection;
use tokio::sync::{Mutex, MutexGuard};

use super::error::StorageError;

/// Served in the order in which it was asked for, so that a thread that writes all the time leaves
/// room for those that read.
pub(super) struct Shared(Mutex<Option<Connection>>);

impl Shared {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Mutex::new(Some(connection)))
    }

    /// For threads that may wait.
    pub(super) fn with<T>(
        &self,
        act: impl FnOnce(&mut Connection) -> T,
    ) -> Result<T, StorageError> {
        on(block_on(self.0.lock()), act)
    }

    /// The same without keeping a thread while others have it.
    pub(super) async fn with_later<T>(
        &self,
        act: impl FnOnce(&mut Connection) -> T,
    ) -> Result<T, StorageError> {
        on(self.0.lock().await, act)
    }

    /// To close it: later calls fail.
    pub(super) fn take(&self) -> Option<Connection> {
        block_on(self.0.lock()).take()
    }
}

fn on<T>(
    mut held: MutexGuard<'_, Option<Connection>>,
    act: impl FnOnce(&mut Connection) -> T,
) -> Result<T, StorageError> {
    held.as_mut().map(act).ok_or(StorageError::Closed)
}
