//! A data directory: it is ours, it can be written to, and no other process uses it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::{
    load::LoadError,
    mark::{Kept, MarkFile},
    private,
};
use crate::model::error::explain;

const DATABASE: &str = "state.db";
const LOCK: &str = "lock";
const LOG: &str = "state.db-wal";
const LOG_INDEX: &str = "state.db-shm";
const LAST_COMMIT: &str = "last-commit";
/// What a database begins with (SQLite, "Database File Format").
const MAGIC: &[u8] = b"SQLite format 3\0";
/// What an empty file system of ext2 to ext4 has in it, which may be mounted as a volume.
const OF_FILE_SYSTEM: &str = "lost+found";
/// In the lock until the first start has made its database: until then an empty directory is
/// nothing lost.
const NEW: &[u8] = b"new\n";

pub(in crate::state) struct Directory {
    path: PathBuf,
    /// Locked. The system gives the lock back however the process ends. A copy that is only
    /// inspected may have none.
    lock: Option<File>,
    /// To inspect its octets. It stays open: closing any descriptor of a file gives up all locks
    /// that the process has on it, SQLite's too.
    database: File,
    /// Nothing was in it, so that a start that fails leaves nothing in it; and whether it was there.
    was_empty: bool,
    was_there: bool,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum DataDirError {
    #[error(
        "{} cannot be used as a data directory: see to it that this user may read and write it and the \
         files in it, or name another directory",
        .path.display()
    )]
    Unusable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "{} cannot be made: the directory {} does not exist. Make that one first",
        .path.display(), .parent.display()
    )]
    NoParent { path: PathBuf, parent: PathBuf },
    #[error("what was found in {} cannot be written to standard output", .path.display())]
    Output {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "{} is in use by another pca-local: end that one, or name another directory",
        .path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "{} has other files in it, and no pca-local state: name a new or an empty directory",
        .path.display()
    )]
    Foreign { path: PathBuf },
    #[error(
        "{} is not a pca-local state: name another directory, or move the file away",
        .file.display()
    )]
    NotOurs { file: PathBuf },
    #[error(
        "{} is missing, so there is nothing to read: put a backup made earlier alone in a new directory",
        .file.display()
    )]
    Absent { file: PathBuf },
    #[error(
        "{} was written by a newer pca-local (format {found}; this one knows {known}): use that one. If \
         there is none, its header is damaged: `pca-local salvage DIR > state.jsonl` writes what is left",
        .file.display()
    )]
    Newer { file: PathBuf, found: i64, known: i64 },
    #[error(
        "{} is missing or empty, and {} is of a state: {lost}. Put a backup of state.db that was made \
         earlier alone in a new directory, or name a new directory to start afresh",
        .file.display(), .beside
    )]
    Lost { file: PathBuf, beside: &'static str, lost: String },
    #[error(
        "{}: {lost}. Nothing was changed. `pca-local salvage DIR > state.jsonl` writes what is left as \
         a state to import; or put a backup of state.db that was made earlier alone in a new directory",
        .path.display()
    )]
    Incomplete { path: PathBuf, lost: String },
    #[error(
        "{} was written by an older pca-local: start this one on it once, and look again",
        .file.display()
    )]
    Older { file: PathBuf },
    #[error(
        "nothing can be saved from {}: {why}. Put a backup of state.db that was made earlier alone in a \
         new directory, or import an exported state",
        .file.display()
    )]
    Hopeless { file: PathBuf, why: String },
    #[error(
        "{} cannot be opened: see to it that this user may read and write it and its directory, that \
         the disk has room, and that no other program has it open; or put a backup that was made earlier \
         alone in a new directory",
        .file.display()
    )]
    Open {
        file: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error(
        "{} is damaged: `pca-local check DIR` says where, and `pca-local salvage DIR > state.jsonl` \
         writes what is left; or put a backup that was made earlier alone in a new directory",
        .file.display()
    )]
    Damaged {
        file: PathBuf,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Directory {
    /// Makes the directory if it is not there. It holds private keys, so it is the
    /// user's alone.
    pub(in crate::state) fn open(path: &Path) -> Result<Self, DataDirError> {
        let path = whole(path)?;
        let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
        let was_there = match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => false,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => true,
            Err(error) => match path.parent() {
                Some(parent) if !parent.exists() => {
                    let parent = parent.to_owned();
                    return Err(DataDirError::NoParent { path, parent });
                }
                _ => return Err(unusable(error)),
            },
        };
        Self::open_there(&path, was_there).inspect_err(|_| {
            if !was_there {
                // As it was found. What is not empty stays.
                let _ = fs::remove_dir(&path);
            }
        })
    }

    fn open_there(path: &Path, was_there: bool) -> Result<Self, DataDirError> {
        let path = path.to_owned();
        let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
        private::check(&path).map_err(unusable)?;
        let mut files = Vec::new();
        for entry in path.read_dir().map_err(unusable)? {
            files.push(entry.map_err(unusable)?.file_name());
        }
        files.retain(|name| name != OF_FILE_SYSTEM);
        let has = |wanted: &str| files.iter().any(|name| name == wanted);
        let is_ours = files.is_empty() || [LOCK, DATABASE, LOG, LAST_COMMIT].into_iter().any(has);
        if !is_ours {
            return Err(DataDirError::Foreign { path });
        }
        let open = |name: &str| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            options.open(path.join(name)).map_err(unusable)
        };
        let is_first_start = ![LOCK, LOG, LAST_COMMIT].into_iter().any(has);
        let (had_database, was_empty) = (has(DATABASE), files.is_empty());
        let lock = open(LOCK)?;
        take(&lock, &path)?;
        if is_first_start && let Err(error) = lock.write_all_at(NEW, 0) {
            // As it was found: an empty lock is that of a state.
            fs::remove_file(path.join(LOCK)).map_err(unusable)?;
            return Err(unusable(error));
        }
        // SQLite gives the files that it makes beside it the same permissions.
        let database = open(DATABASE)?;
        let lock = Some(lock);
        let directory = Self { path: path.clone(), lock, database, was_empty, was_there };
        let sound = directory.is_there();
        if sound.is_err() && !had_database {
            // As it was found.
            fs::remove_file(directory.database()).map_err(unusable)?;
        }
        sound.map(|()| directory)
    }

    /// Opens an existing directory to inspect it, and creates nothing.
    pub(in crate::state) fn inspect(path: &Path) -> Result<Self, DataDirError> {
        let path = whole(path)?;
        let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
        private::are_files(&path).map_err(unusable)?;
        let lock = match File::open(path.join(LOCK)) {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unusable(error)),
        };
        if let Some(lock) = &lock {
            take(lock, &path)?;
        }
        let database = match File::open(path.join(DATABASE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DataDirError::Absent { file: path.join(DATABASE) });
            }
            opened => opened.map_err(unusable)?,
        };
        let (was_empty, was_there) = (false, true);
        let directory = Self { path: path.clone(), lock, database, was_empty, was_there };
        directory.is_there().map(|()| directory)
    }

    /// Refuses a directory whose database has gone, or is none.
    fn is_there(&self) -> Result<(), DataDirError> {
        let mut begin = [0; MAGIC.len()];
        match self.database.read_at(&mut begin, 0).map_err(|error| self.unusable(error))? {
            0 => self.may_be_new(),
            read if &begin[..read] == MAGIC => Ok(()),
            // Beside a mark it was a state.
            _ => match MarkFile::read(&self.last_commit()).map_err(|error| self.unusable(error))? {
                Kept::Mark(mark) => {
                    let lost = mark.all_lost();
                    Err(self
                        .incomplete(format!("state.db is not a pca-local state any more: {lost}")))
                }
                Kept::Nothing | Kept::Unreadable => Err(self.not_ours()),
            },
        }
    }

    /// Refuses to begin a state where there has been one.
    pub(in crate::state) fn may_be_new(&self) -> Result<(), DataDirError> {
        let file = self.database();
        let lost = |beside, lost| Err(DataDirError::Lost { file, beside, lost });
        let all = "all of it is lost";
        match MarkFile::read(&self.last_commit()).map_err(|error| self.unusable(error))? {
            Kept::Mark(mark) => return lost(LAST_COMMIT, mark.all_lost()),
            Kept::Unreadable => return lost(LAST_COMMIT, all.to_owned()),
            Kept::Nothing => {}
        }
        let mut written = [0; NEW.len()];
        let read = self.lock.as_ref().map_or(Ok(0), |lock| lock.read_at(&mut written, 0));
        if &written[..read.map_err(|error| self.unusable(error))?] == NEW {
            return Ok(());
        }
        lost(if self.has_log() { LOG } else { LOCK }, all.to_owned())
    }

    /// A first start has failed, or was not to be. What cannot be removed is empty.
    pub(in crate::state) fn leave_as_found(&self) {
        if !self.was_empty {
            return;
        }
        for name in [DATABASE, LOG, LOG_INDEX, LAST_COMMIT, LOCK] {
            let _ = fs::remove_file(self.path.join(name));
        }
        if !self.was_there {
            let _ = fs::remove_dir(&self.path);
        }
    }

    /// There is a state from here on.
    pub(in crate::state) fn begun(&self) -> Result<(), DataDirError> {
        let begun = self.lock.as_ref().map_or(Ok(()), |lock| lock.set_len(0));
        begun.map_err(|error| self.unusable(error))
    }

    /// What an older pca-local, or another program, has left of the log's index.
    pub(in crate::state) fn remove_index(&self) -> Result<(), DataDirError> {
        match fs::remove_file(self.path.join(LOG_INDEX)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.unusable(error)),
            _ => Ok(()),
        }
    }

    pub(in crate::state) fn database_file(&self) -> &File {
        &self.database
    }

    /// Whether there is a log with something in it.
    pub(in crate::state) fn has_log(&self) -> bool {
        fs::metadata(self.log()).is_ok_and(|found| found.len() > 0)
    }

    pub(in crate::state) fn log(&self) -> PathBuf {
        self.path.join(LOG)
    }

    pub(in crate::state) fn last_commit(&self) -> PathBuf {
        self.path.join(LAST_COMMIT)
    }

    pub(in crate::state) fn incomplete(&self, lost: String) -> DataDirError {
        DataDirError::Incomplete { path: self.path.clone(), lost }
    }

    pub(in crate::state) fn unusable(&self, source: io::Error) -> DataDirError {
        DataDirError::Unusable { path: self.path.clone(), source }
    }

    pub(in crate::state) fn no_output(&self, source: io::Error) -> DataDirError {
        DataDirError::Output { path: self.path.clone(), source }
    }

    pub(in crate::state) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    pub(in crate::state) fn not_ours(&self) -> DataDirError {
        DataDirError::NotOurs { file: self.database() }
    }

    pub(in crate::state) fn older(&self) -> DataDirError {
        DataDirError::Older { file: self.database() }
    }

    pub(in crate::state) fn newer(&self, found: i64, known: i64) -> DataDirError {
        DataDirError::Newer { file: self.database(), found, known }
    }

    pub(in crate::state) fn cannot_be_opened(&self, source: rusqlite::Error) -> DataDirError {
        DataDirError::Open { file: self.database(), source }
    }

    pub(in crate::state) fn damaged(&self, source: LoadError) -> DataDirError {
        DataDirError::Damaged { file: self.database(), source: Box::new(source) }
    }
}

impl DataDirError {
    /// In place of what advises to salvage, or to use another directory, where that was tried.
    pub(in crate::state) fn of_salvage(self, directory: &Path) -> Self {
        let why = match self {
            Self::Damaged { source, .. } => explain(&*source),
            Self::Incomplete { lost, .. } => lost,
            Self::NotOurs { .. } => "it is not a pca-local state, or its header is lost".to_owned(),
            other => return other,
        };
        Self::Hopeless { file: directory.join(DATABASE), why }
    }
}

/// So that it stays the same directory when the process changes its own.
fn whole(path: &Path) -> Result<PathBuf, DataDirError> {
    std::path::absolute(path)
        .map_err(|source| DataDirError::Unusable { path: path.to_owned(), source })
}

fn take(lock: &File, path: &Path) -> Result<(), DataDirError> {
    let path = path.to_owned();
    match lock.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(DataDirError::InUse { path }),
        Err(TryLockError::Error(source)) => Err(DataDirError::Unusable { path, source }),
    }
}
