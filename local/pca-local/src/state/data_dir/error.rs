//! Why the data directory could not be written to or read.

use crate::{
    model::{
        error::{ApiError, explain},
        issued_certificates::CertificateEntry,
    },
    x509::certificate::serial_of,
};

/// A certificate as memory has it, by which its octets on disk are known again.
#[derive(Clone, Copy)]
pub(crate) struct BodyOf {
    pub(crate) ca: u64,
    pub(crate) place: u32,
    pub(crate) serial: [u8; 16],
}

/// What a call ends with when its changes are not on disk, or what it read is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("the data directory is closed")]
    Closed,
    #[error(
        "certificate {place} of CA {ca} is damaged in the data directory: `pca-local check DIR` \
         lists all damage"
    )]
    Damaged { ca: u64, place: u32 },
    #[error(
        "certificate {place} of CA {ca} is another one in the data directory: `pca-local check DIR` \
         lists all damage"
    )]
    Exchanged { ca: u64, place: u32 },
    #[error(
        "certificate {place} of CA {ca} is not in the data directory: `pca-local check DIR` lists \
         all that is missing"
    )]
    Missing { ca: u64, place: u32 },
    #[error("what was asked for could not be written to the data directory, and is not done")]
    NotWritten,
    #[error("a certificate could not be read from the data directory")]
    Read(#[from] rusqlite::Error),
}

/// Why the data directory was not left as one file.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CloseError {
    #[error("the log could not be taken into state.db: copy both files, or start pca-local again")]
    Busy,
    #[error("the log could not be taken into state.db: copy both files, or start pca-local again")]
    Checkpoint(#[source] rusqlite::Error),
    #[error("state.db could not be closed")]
    Close(#[source] rusqlite::Error),
    #[error("what was open is not what is on disk, and the state of this run may be lost")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("last-commit could not be written")]
    Mark(#[source] std::io::Error),
    #[error("the thread that writes the data directory ended early")]
    Ended,
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        Self::internal(explain(&error))
    }
}

/// A certificate's DER from memory, or as it was read from disk. One that is in neither place is an
/// error: an empty one would pass for a certificate.
pub(crate) fn der_of<'a>(
    ca: u64,
    entry: &CertificateEntry<'a>,
    read: Option<&'a Vec<u8>>,
) -> Result<&'a [u8], StorageError> {
    match (entry.der, read) {
        (Some(der), _) => Ok(der),
        (None, Some(read)) => {
            let CertificateEntry { place, serial, .. } = *entry;
            BodyOf { ca, place, serial }.check(read.as_slice())
        }
        (None, None) => Err(StorageError::Missing { ca, place: entry.place }),
    }
}

impl BodyOf {
    /// Rows can be exchanged together with their checksums.
    pub(crate) fn check<T: AsRef<[u8]>>(self, der: T) -> Result<T, StorageError> {
        let Self { ca, place, serial } = self;
        let found = serial_of(der.as_ref()).ok().and_then(|found| found.to_array());
        if found == Some(serial) { Ok(der) } else { Err(StorageError::Exchanged { ca, place }) }
    }
}
