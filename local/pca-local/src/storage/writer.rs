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
use crate::{error::explain, store::Store};

pub(super) struct Writer {
    connection: Connection,
    queue: Arc<Queue>,
    /// Whose memory is made anew when a commit fails.
    store: Weak<Store>,
    /// Of template ARNs and accounts, which are few and stand in every certificate.
    names: HashMap<String, i64>,
}

impl Writer {
    pub(super) fn new(connection: Connection, queue: Arc<Queue>, store: Weak<Store>) -> Self {
        Self { connection, queue, store, names: HashMap::new() }
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

    fn commit(&mut self, changes: Vec<super::Change>) -> Result<(), write::WriteError> {
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
        // What was not committed has taken its names along.
        self.names.clear();
        let Some(store) = self.store.upgrade() else { return };
        match load::load(&mut self.connection) {
            Ok(restored) => store.go_back_to(restored),
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
