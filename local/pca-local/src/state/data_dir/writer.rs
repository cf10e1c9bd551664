//! The thread that commits what is queued.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    load,
    queue::{Item, Queue},
    schema, write,
};
use crate::{
    model::{change::Change, error::explain},
    state::restored::Restorable,
};

pub(super) struct Writer {
    connection: Connection,
    queue: Arc<Queue>,
    /// Whose memory is made anew when a commit fails.
    memory: Weak<dyn Restorable>,
    /// Of template ARNs and accounts, which are few and stand in every certificate.
    names: HashMap<String, i64>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        queue: Arc<Queue>,
        memory: Weak<dyn Restorable>,
    ) -> Self {
        Self { connection, queue, memory, names: HashMap::new() }
    }

    pub(super) fn run(&mut self) {
        while let Some((items, pushed)) = self.queue.take() {
            if items.is_empty() {
                if self.try_again().is_ok() {
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
            if let Err(error) = self.commit(changes) {
                tracing::error!(
                    error = explain(&error),
                    "the data directory could not be written to: what was under way is not done"
                );
                self.recover();
                continue;
            }
            for action in actions {
                action();
            }
            self.queue.done(pushed);
        }
        // One file is left behind, which can be copied. If not, the next start takes the log in.
        if let Err(error) =
            self.connection.pragma_query(None, "wal_checkpoint(TRUNCATE)", |_| Ok(()))
        {
            tracing::debug!(%error, "the log stays beside the database");
        }
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), write::WriteError> {
        if changes.is_empty() {
            return Ok(());
        }
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in changes {
            write::apply(&transaction, &mut self.names, change)?;
        }
        Ok(transaction.commit()?)
    }

    /// Writes something that changes nothing.
    fn try_again(&mut self) -> rusqlite::Result<()> {
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        schema::write_format(&transaction)?;
        transaction.commit()
    }

    fn recover(&mut self) {
        self.queue.shut();
        // The names of the failed commit are not in the table.
        self.names.clear();
        let Some(memory) = self.memory.upgrade() else { return };
        match load::load(&mut self.connection) {
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
