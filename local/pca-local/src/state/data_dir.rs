//! Where the state lasts: nowhere, or in a data directory whose commits many calls share.
//!
//! Changes are queued in the order in which they were made and committed by one thread, as many
//! together as have come in while the commit before was under way. No reply leaves before
//! every change that its call may have observed is on disk ([`DataDir::settled`]).
//!
//! A commit that fails takes memory back to what is on disk: every CA is read again, and each call
//! that was under way ends with an error.

mod digest;
pub(super) mod directory;
mod error;
pub(super) mod inspect;
pub(super) mod load;
mod mark;
mod private;
mod queue;
pub(super) mod reading;
mod replacement;
mod schema;
mod sealed;
mod shared;
mod watch;
mod write;
mod writer;

use std::{
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, PoisonError, Weak},
    thread::JoinHandle,
};

pub use self::error::CloseError;
pub use self::{directory::DataDirError, inspect::check};
use self::{
    directory::Directory,
    queue::{Item, Queue},
    shared::Shared,
    watch::Watch,
    writer::{Database, Writer},
};
pub(crate) use self::{
    error::{BodyOf, StorageError, der_of},
    replacement::Replacement,
};
use crate::{
    model::{change::Change, error::explain},
    state::restored::{Restorable, Restored},
};

/// A handle; clones share it. The default keeps nothing.
#[derive(Clone, Default)]
pub(crate) struct DataDir(Option<Arc<Disk>>);

struct Disk {
    queue: Arc<Queue>,
    /// Reads certificates, between what the writing thread writes.
    connection: Arc<Shared>,
    watch: Arc<Watch>,
    thread: Mutex<Option<JoinHandle<Result<(), CloseError>>>>,
    /// Keeps other processes out for as long as it is here.
    directory: Mutex<Option<Directory>>,
}

/// A data directory that has been read and is not written to yet.
pub(crate) struct Opened {
    pub(crate) data_dir: DataDir,
    pub(crate) restored: Restored,
    database: Database,
}

impl DataDir {
    pub(crate) fn open(path: &Path) -> Result<Opened, DataDirError> {
        let directory = Directory::open(path)?;
        let opened = schema::open(&directory).and_then(|mut writer| {
            let (found, restored) = inspect::whole(&mut writer, &directory)?;
            Ok((Database::open(writer, &directory, &found)?, restored))
        });
        let (database, restored) = opened.inspect_err(|_| directory.leave_as_found())?;
        let disk = Disk {
            queue: Arc::new(Queue::default()),
            connection: database.connection(),
            watch: database.watch(),
            thread: Mutex::new(None),
            directory: Mutex::new(Some(directory)),
        };
        Ok(Opened { data_dir: Self(Some(Arc::new(disk))), restored, database })
    }

    pub(crate) fn is_lasting(&self) -> bool {
        self.0.is_some()
    }

    /// Counts the times that memory was made anew. Calls keep it from their beginning.
    pub(crate) fn generation(&self) -> u64 {
        self.0.as_ref().map_or(0, |disk| disk.queue.generation())
    }

    /// The last write has failed. Work of the clock waits until one succeeds: it would stay due for
    /// ever.
    pub(crate) fn has_failed(&self) -> bool {
        self.0.as_ref().is_some_and(|disk| disk.queue.has_failed())
    }

    /// Why changes cannot be written now; `None` if they can.
    pub(crate) fn trouble(&self) -> Option<String> {
        let disk = self.0.as_ref()?;
        if let Err(error) = disk.watch.check() {
            return Some(format!("restart pca-local: {}", explain(&error)));
        }
        let has_failed = disk.queue.has_failed() || disk.queue.is_broken();
        has_failed.then(|| "the data directory cannot be written to: see the log".to_owned())
    }

    /// Queues changes of CAs that were put into memory in that generation; those of CAs that have
    /// been replaced since are dropped.
    pub(crate) fn write(&self, generation: u64, changes: Vec<Change>) {
        if let Some(disk) = self.0.as_ref().filter(|_| !changes.is_empty()) {
            disk.queue.push(generation, Item::Changes(changes));
        }
    }

    /// Does something as soon as everything that is queued now is on disk, and never if it does
    /// not get there.
    pub(crate) fn after(&self, action: impl FnOnce() + Send + 'static) {
        match &self.0 {
            None => action(),
            Some(disk) => disk.queue.push(disk.queue.generation(), Item::Then(Box::new(action))),
        }
    }

    /// Waits until everything that is queued now is on disk. Fails if memory was made anew since
    /// the generation that the call began in: what it did or saw may be gone.
    pub(crate) async fn settled(&self, since: u64) -> Result<(), StorageError> {
        match &self.0 {
            None => Ok(()),
            Some(disk) => disk.queue.settled(since).await,
        }
    }

    /// The same for threads that may wait, such as those that write an export.
    pub(crate) fn wait_settled(&self, since: u64) -> Result<(), StorageError> {
        // In a task that has used up its turn, everything of tokio's waits until the task gives its
        // thread back: which it never does in here.
        futures::executor::block_on(tokio::task::coop::unconstrained(self.settled(since)))
    }

    /// Begins a generation with these changes; what is queued before them is written first.
    pub(crate) fn begin_again(&self, changes: Vec<Change>) -> Result<Replacement, StorageError> {
        let Some(disk) = &self.0 else { return Ok(Replacement::in_memory()) };
        disk.queue.begin_again(changes)
    }

    /// Begins a generation with what is on disk, after a commit that failed.
    pub(crate) fn reopen(&self) {
        if let Some(disk) = &self.0 {
            disk.queue.reopen();
        }
    }

    /// Writes what is queued, and nothing after it, and takes the log into the database; the
    /// directory is free for others.
    pub(crate) fn close(&self) -> Result<(), CloseError> {
        let Some(disk) = &self.0 else { return Ok(()) };
        disk.queue.close();
        let closed = match take(&disk.thread) {
            None => Ok(()),
            Some(thread) => thread.join().unwrap_or(Err(CloseError::Ended)),
        };
        disk.queue.give_up();
        drop(take(&disk.directory));
        closed
    }

    /// Closes it, and leaves nothing behind where nothing was.
    pub(crate) fn give_up_first_start(&self) -> Result<(), CloseError> {
        let Some(disk) = &self.0 else { return Ok(()) };
        let directory = take(&disk.directory);
        let closed = self.close();
        if let Some(directory) = directory {
            directory.leave_as_found();
        }
        closed
    }

    /// The DER of one certificate, which has to be on disk.
    pub(crate) async fn body(&self, wanted: BodyOf) -> Result<Vec<u8>, StorageError> {
        let BodyOf { ca, place, .. } = wanted;
        let missing = StorageError::Missing { ca, place };
        let Some(disk) = &self.0 else { return Err(missing) };
        let places = place as usize..place as usize + 1;
        let read = disk.connection.with_later(move |from| load::bodies(from, ca, places)).await??;
        wanted.check(read.into_iter().next().ok_or(missing)?)
    }

    /// Those of some certificates in the order of issuance, all of which have to be on disk. None
    /// without a data directory: then they are in memory.
    pub(crate) fn bodies(
        &self,
        ca: u64,
        places: Range<usize>,
    ) -> Result<Vec<Vec<u8>>, StorageError> {
        let Some(disk) = &self.0 else { return Ok(Vec::new()) };
        disk.connection.with(|from| load::bodies(from, ca, places))?
    }
}

impl Opened {
    /// Starts the thread that writes changes down. After a commit that failed, `memory` goes back to
    /// what is on disk.
    pub(crate) fn start(self, memory: Weak<dyn Restorable>) {
        let Some(disk) = &self.data_dir.0 else { return };
        let writer = Writer::new(self.database, Arc::clone(&disk.queue), memory);
        let thread = std::thread::Builder::new()
            .name("data-dir".to_owned())
            .spawn(move || writer.run())
            .expect("the system has room for one more thread");
        *disk.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }
}

fn take<T>(from: &Mutex<Option<T>>) -> Option<T> {
    from.lock().unwrap_or_else(PoisonError::into_inner).take()
}
