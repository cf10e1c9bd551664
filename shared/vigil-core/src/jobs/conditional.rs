//! One write that depends on what was read.

use crate::ports::{Creation, Etag, EvidenceStore, PortError, Replacement};

/// Writes where there is nothing, or over what was read. `None`: another writer was faster.
pub(super) async fn write(
    evidence: &dyn EvidenceStore,
    key: &str,
    body: Vec<u8>,
    over: Option<&Etag>,
) -> Result<Option<Etag>, PortError> {
    Ok(match over {
        None => match evidence.create(key, body).await? {
            Creation::AlreadyExists => None,
            Creation::Created(etag) => Some(etag),
        },
        Some(seen) => match evidence.replace(key, body, seen).await? {
            Replacement::Changed => None,
            Replacement::Replaced(etag) => Some(etag),
        },
    })
}
