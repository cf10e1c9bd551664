//! The form of an exported state, and why one is not taken.
//!
//! The first line says what it is: `{"pca-local-state": 1}`. Private keys are in it.

use serde::{Deserialize, Serialize};

use crate::{model::error::explain, state::data_dir::StorageError, x509::key::KeyError};

/// Counts the forms of the file. One that older versions would misread is a new one.
pub(super) const VERSION: u32 = 1;
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Head {
    pub(super) pca_local_state: u32,
}

/// Why a state cannot be exported or imported.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum StateError {
    #[error("line {line} is not a record of a pca-local state")]
    NotARecord {
        line: usize,
        #[source]
        source: serde_json::Error,
    },
    #[error("the first line of a pca-local state is {{\"pca-local-state\": {VERSION}}}")]
    NotAState,
    #[error(
        "the state was written by a newer pca-local (version {found}; this one knows {VERSION})"
    )]
    Newer { found: u32 },
    #[error("line {line} cannot be taken in")]
    Refused {
        line: usize,
        #[source]
        source: Reason,
    },
    #[error("the records do not make up a state")]
    Incomplete(#[source] Reason),
    #[error("the state cannot be read or written")]
    Io(#[from] std::io::Error),
    #[error("a key of the state cannot be written")]
    Key(#[source] Reason),
    #[error("the state is not in the data directory")]
    Storage(#[source] Reason),
}

/// Why, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Reason(pub(super) String);

impl Reason {
    pub(super) fn of(error: &dyn std::error::Error) -> Self {
        Self(explain(error))
    }
}

impl From<StorageError> for StateError {
    fn from(error: StorageError) -> Self {
        Self::Storage(Reason::of(&error))
    }
}

impl From<KeyError> for StateError {
    fn from(error: KeyError) -> Self {
        Self::Key(Reason::of(&error))
    }
}
