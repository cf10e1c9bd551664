//! The data folder of a stack: made, locked, and checked for what an older version has left.

use std::fs::TryLockError;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::StackError;

/// The data directory of ACM PCA within the data folder.
pub(super) const PCA: &str = "pca";

/// The data folder. A temporary one is deleted with the stack.
pub(super) enum DataDir {
    /// The lock is held for as long as the file is open.
    Given {
        path: PathBuf,
        _lock: std::fs::File,
    },
    Temporary(tempfile::TempDir),
}

impl DataDir {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Given { path, .. } => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

pub(super) fn open(given: Option<&Path>) -> Result<DataDir, StackError> {
    match given {
        Some(path) => {
            let path = make(path)?;
            warn_of_what_is_gone(&path);
            let refuse = |cause| StackError::DataDir { path: path.clone(), cause };
            let lock = std::fs::File::create(path.join("lock")).map_err(refuse)?;
            lock.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => StackError::DataDirInUse { path: path.clone() },
                TryLockError::Error(cause) => refuse(cause),
            })?;
            // Functions are given absolute paths.
            let path = path.canonicalize().map_err(refuse)?;
            let mode = path.metadata().map_err(refuse)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                let path = path.display();
                tracing::warn!("{path} has the mode {mode:04o}: chmod 700 keeps other users out");
            }
            Ok(DataDir::Given { path, _lock: lock })
        }
        None => tempfile::Builder::new()
            .prefix("vigil-local-")
            .tempdir()
            .map(DataDir::Temporary)
            .map_err(StackError::TemporaryDataDir),
    }
}

/// A folder of a vigil-local that kept S3 and its cases, and not the CAs that the cases are about.
fn warn_of_what_is_gone(path: &Path) {
    if path.join("s3").exists() && !path.join(PCA).exists() {
        tracing::warn!(
            data_dir = %path.display(),
            "this folder is of a version that did not keep CAs: S3 objects, KMS keys, logs and targets \
             are there, and cases name CAs that do not exist"
        );
    }
}

/// What the data folder has beside S3, KMS and the CAs.
pub(super) struct Folders {
    pub(super) code: PathBuf,
    pub(super) logs: PathBuf,
    pub(super) mailboxes: PathBuf,
    pub(super) targets: PathBuf,
}

impl Folders {
    pub(super) fn make(data: &Path) -> Result<Self, StackError> {
        Ok(Self {
            code: make(&data.join("code"))?,
            logs: make(&data.join("logs"))?,
            mailboxes: make(&data.join("mailboxes"))?,
            targets: make(&data.join("targets"))?,
        })
    }
}

/// For this user alone, if it is made: other users have no need of evidence, events and logs. One
/// that is there keeps its mode.
pub(super) fn make(path: &Path) -> Result<PathBuf, StackError> {
    let mut folder = std::fs::DirBuilder::new();
    folder
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|cause| StackError::DataDir { path: path.to_owned(), cause })?;
    Ok(path.to_owned())
}
