//! The thread that commits what is queued.

use std::{
    collections::HashMap,
    fs::File,
    sync::{Arc, Weak},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    directory::{DataDirError, Directory},
    error::CloseError,
    load,
    mark::{Mark, MarkFile, Seal},
    queue::{Item, Queue},
    schema,
    shared::Shared,
    watch::Watch,
    write::{self, WriteError},
};
use crate::{
    model::{change::Change, error::explain},
    state::restored::Restorable,
};

/// After so many commits, or changes, the log is taken into the database: 16 to 40 MB of it.
const LOG_COMMITS: u32 = 1024;
const LOG_CHANGES: usize = 20_000;

/// The database of a directory that is in use, and what shows that it is whole.
pub(super) struct Database {
    connection: Arc<Shared>,
    watch: Arc<Watch>,
    mark: Mark,
    marks: MarkFile,
    /// The last commit is on disk, and `last-commit` does not say so.
    is_behind: bool,
    /// What the log has that the database does not: commits, and changes in them.
    in_log: (u32, usize),
    /// Of template ARNs and accounts, which are few and stand in every certificate.
    names: HashMap<String, i64>,
}

impl Database {
    /// Marks the database as open, so that it is known without its log for what it is.
    pub(super) fn open(
        mut connection: Connection,
        directory: &Directory,
        found: &Mark,
    ) -> Result<Self, DataDirError> {
        let failed = |error| directory.cannot_be_opened(error);
        let mut mark = found.next();
        if !directory.has_log() {
            mark.base = found.number;
        }
        let transaction = connection.transaction().map_err(failed)?;
        mark.write(&transaction, true).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        if schema::checkpoint(&connection, "PASSIVE").map_err(failed)? {
            mark.base = mark.number;
        }
        let in_log = (0, 0);
        let unusable = |error| directory.unusable(error);
        let mut marks = MarkFile::open(&directory.last_commit()).map_err(unusable)?;
        marks.write(&mark).map_err(unusable)?;
        marks.synchronise().map_err(unusable)?;
        let watch = Watch::new(&directory.database(), &directory.log());
        let watch = watch.map_err(|error| unusable(std::io::Error::other(error)))?;
        let (watch, names) = (Arc::new(watch), HashMap::new());
        let connection = Arc::new(Shared::new(connection));
        Ok(Self { connection, watch, mark, marks, is_behind: false, in_log, names })
    }

    pub(super) fn connection(&self) -> Arc<Shared> {
        Arc::clone(&self.connection)
    }

    pub(super) fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch)
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), WriteError> {
        if changes.is_empty() {
            return Ok(());
        }
        // Before, so that nothing is written to a log that has a hole; and after, so that what is
        // answered is in the files that the next start finds.
        self.watch.check()?;
        self.catch_up()?;
        let (count, mark, names) = (changes.len(), self.mark.next(), &mut self.names);
        in_transaction(&self.connection, |transaction| {
            for change in changes {
                write::apply(transaction, names, change)?;
            }
            Ok(mark.write(transaction, true)?)
        })?;
        // The commit is done: a file that cannot be read now is met again before the next one.
        self.watch.check().or_else(|error| if error.is_loss() { Err(error) } else { Ok(()) })?;
        self.mark = mark;
        self.is_behind = true;
        // What is committed is done and is answered so. Nothing is committed before its mark is there.
        if let Err(error) = self.catch_up() {
            tracing::error!(error = explain(&error), "the last commit is not marked");
        }
        self.in_log = (self.in_log.0 + 1, self.in_log.1 + count);
        self.shorten_log();
        Ok(())
    }

    /// Takes the log into the database from time to time. What is committed is done: a failure is
    /// met again by the next attempt, and at the end.
    fn shorten_log(&mut self) {
        let (commits, changes) = self.in_log;
        if commits < LOG_COMMITS && changes < LOG_CHANGES {
            return;
        }
        self.in_log = (0, 0);
        let taken = self
            .connection
            .with(|connection| self.watch.writing(|| schema::checkpoint(connection, "PASSIVE")));
        match taken.expect(CLOSED_LAST) {
            // The next commit begins the log anew, and needs all of the database.
            Ok(Ok(true)) => self.mark.base = self.mark.number,
            Ok(Ok(false)) => {}
            Ok(Err(error)) => tracing::warn!(error = explain(&error), "the log goes on growing"),
            // The check before the next commit says so.
            Err(error) => tracing::debug!(error = explain(&error), "the log was left"),
        }
    }

    /// Writes the mark of the last commit, if that failed before.
    fn catch_up(&mut self) -> Result<(), WriteError> {
        if self.is_behind {
            let path = self.marks.path().to_owned();
            self.marks.write(&self.mark).map_err(|source| WriteError::Mark { path, source })?;
            self.is_behind = false;
        }
        Ok(())
    }

    /// Writes something that changes nothing.
    fn try_again(&mut self) -> Result<(), WriteError> {
        self.watch.check()?;
        self.catch_up()?;
        in_transaction(&self.connection, |transaction| Ok(schema::write_format(transaction)?))
    }

    /// Leaves one file behind, which is a copy of the state wherever it is copied to.
    fn close(mut self) -> Result<(), CloseError> {
        self.watch.check().map_err(|error| CloseError::Lost(Box::new(error)))?;
        let mut mark = self.mark.next();
        let mut connection = self.connection.take().expect(CLOSED_LAST);
        let behavior = TransactionBehavior::Immediate;
        let closed = connection.transaction_with_behavior(behavior).and_then(|transaction| {
            mark.write(&transaction, false)?;
            transaction.commit()
        });
        closed.map_err(CloseError::Checkpoint)?;
        let taken = self.watch.writing(|| schema::checkpoint(&connection, "TRUNCATE"));
        let taken = taken.map_err(|error| CloseError::Lost(Box::new(error)))?;
        if !taken.map_err(CloseError::Checkpoint)? {
            return Err(CloseError::Busy);
        }
        schema::may_remove_log(&connection).map_err(CloseError::Close)?;
        let database = connection.path().map(std::path::PathBuf::from);
        connection.close().map_err(|(_, error)| CloseError::Close(error))?;
        let Some(database) = database else { return Ok(()) };
        mark.closed =
            Some(File::open(&database).and_then(|file| Seal::of(&file)).map_err(CloseError::Mark)?);
        self.marks.write(&mark).and_then(|()| self.marks.synchronise()).map_err(CloseError::Mark)
    }
}

const CLOSED_LAST: &str = "the thread that writes closes the connection, and then ends";

fn in_transaction(
    connection: &Shared,
    write: impl FnOnce(&Transaction<'_>) -> Result<(), WriteError>,
) -> Result<(), WriteError> {
    let written = connection.with(|connection| -> Result<(), WriteError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write(&transaction)?;
        Ok(transaction.commit()?)
    });
    written.expect(CLOSED_LAST)
}

pub(super) struct Writer {
    database: Database,
    queue: Arc<Queue>,
    /// Whose memory is made anew when a commit fails.
    memory: Weak<dyn Restorable>,
    /// Commits that failed since the last one that did not.
    failures: u64,
}

impl Writer {
    pub(super) fn new(database: Database, queue: Arc<Queue>, memory: Weak<dyn Restorable>) -> Self {
        Self { database, queue, memory, failures: 0 }
    }

    pub(super) fn run(mut self) -> Result<(), CloseError> {
        while let Some((items, pushed)) = self.queue.take() {
            if items.is_empty() {
                if self.database.try_again().is_ok() {
                    self.succeeded();
                    self.queue.done(pushed);
                }
                continue;
            }
            let mut actions = Vec::new();
            let mut changes = Vec::new();
            for item in items {
                match item {
                    Item::Changes(some) => changes.extend(some),
                    Item::Then(action) => actions.push(action),
                }
            }
            // After a failure, what only waits for earlier changes is no sign that writing goes on.
            let committed = if changes.is_empty() && self.failures > 0 {
                self.database.try_again()
            } else {
                self.database.commit(changes)
            };
            if let Err(error) = committed {
                self.failed(&error);
                self.recover();
                continue;
            }
            for action in actions {
                action();
            }
            self.succeeded();
            self.queue.done(pushed);
        }
        self.database.close()
    }

    /// A disk that is full fails every call: one line for all of them.
    fn failed(&mut self, error: &WriteError) {
        self.failures += 1;
        if self.failures == 1 {
            tracing::error!(
                error = explain(error),
                "the data directory could not be written to: what was under way is not done, and so \
                 is every change until this line is followed by another"
            );
        }
    }

    fn succeeded(&mut self) {
        if self.failures > 0 {
            let failures = std::mem::take(&mut self.failures);
            tracing::warn!(failures, "the data directory can be written to again");
        }
    }

    fn recover(&mut self) {
        self.queue.shut();
        // The names of the failed commit are not in the table.
        self.database.names.clear();
        let Some(memory) = self.memory.upgrade() else { return };
        match self.database.connection.with(load::load).expect(CLOSED_LAST) {
            Ok(restored) => memory.go_back_to(restored),
            Err(error) => {
                tracing::error!(
                    error = explain(&error),
                    "the data directory could not be read again: nothing is answered any more \
                     until pca-local is started anew"
                );
                self.queue.give_up();
            }
        }
    }
}
