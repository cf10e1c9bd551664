//! Why the data directory could not be written to or read.

use crate::model::error::{ApiError, explain};

/// What a call ends with when its changes are not on disk, or what it read is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("what was asked for could not be written to the data directory, and is not done")]
    NotWritten,
    #[error("a certificate could not be read from the data directory")]
    Read(#[from] rusqlite::Error),
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        Self::internal(explain(&error))
    }
}
