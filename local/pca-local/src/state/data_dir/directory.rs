//! A data directory: it is ours, it can be written to, and no other process uses it.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::{load::LoadError, private};

const DATABASE: &str = "state.db";
const LOCK: &str = "lock";

pub(super) struct Directory {
    path: PathBuf,
    /// Locked. The system gives the lock back however the process ends.
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum DataDirError {
    #[error("{} cannot be used as a data directory", .path.display())]
    Unusable {
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
        "{} was written by a newer pca-local (format {found}; this one knows {known}): use that one",
        .file.display()
    )]
    Newer { file: PathBuf, found: i64, known: i64 },
    #[error("{} cannot be opened", .file.display())]
    Open {
        file: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error(
        "{} is damaged: put a copy back, or name another directory to start afresh",
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
    pub(super) fn open(path: &Path) -> Result<Self, DataDirError> {
        let path = path.to_owned();
        let unusable = |source| DataDirError::Unusable { path: path.clone(), source };
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(unusable)?,
        }
        private::check(&path).map_err(unusable)?;
        let mut files = Vec::new();
        for entry in path.read_dir().map_err(unusable)? {
            files.push(entry.map_err(unusable)?.file_name());
        }
        let is_ours = files.is_empty() || files.iter().any(|name| name == LOCK || name == DATABASE);
        if !is_ours {
            return Err(DataDirError::Foreign { path });
        }
        let open = |name: &str| {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            options.open(path.join(name)).map_err(unusable)
        };
        let lock = open(LOCK)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataDirError::InUse { path }),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        // SQLite gives the files that it makes beside it the same permissions.
        open(DATABASE)?;
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    pub(super) fn not_ours(&self) -> DataDirError {
        DataDirError::NotOurs { file: self.database() }
    }

    pub(super) fn newer(&self, found: i64, known: i64) -> DataDirError {
        DataDirError::Newer { file: self.database(), found, known }
    }

    pub(super) fn cannot_be_opened(&self, source: rusqlite::Error) -> DataDirError {
        DataDirError::Open { file: self.database(), source }
    }

    pub(super) fn damaged(&self, source: LoadError) -> DataDirError {
        DataDirError::Damaged { file: self.database(), source: Box::new(source) }
    }
}
