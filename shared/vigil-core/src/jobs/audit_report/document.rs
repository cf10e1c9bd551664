//! Objects of the evidence bucket that several invocations change.

use serde::{Serialize, de::DeserializeOwned};

use super::AuditReportError;
use crate::{jobs::conditional, ports::EvidenceStore};

/// Another invocation may write at the same time; then the change is made to what that one wrote.
const TRIES: usize = 5;

/// Changes the object at `key`, and returns it as it then is. One that is not there, or is garbage,
/// counts as `T::default()`. No change, no write.
pub(super) async fn update<T>(
    evidence: &dyn EvidenceStore,
    key: &str,
    change: impl Fn(&mut T),
) -> Result<T, AuditReportError>
where
    T: Clone + Default + DeserializeOwned + PartialEq + Serialize,
{
    for _ in 0..TRIES {
        let object = evidence.read(key).await.map_err(AuditReportError::EvidenceStore)?;
        let known =
            object.as_ref().and_then(|object| serde_json::from_slice::<T>(&object.body).ok());
        let before = known.clone().unwrap_or_default();
        let mut after = before.clone();
        change(&mut after);
        if known.is_some() && after == before {
            return Ok(after);
        }
        let body = serde_json::to_vec_pretty(&after).map_err(AuditReportError::Write)?;
        let seen = object.as_ref().map(|object| &object.etag);
        let written = conditional::write(evidence, key, body, seen).await;
        if written.map_err(AuditReportError::EvidenceStore)?.is_some() {
            return Ok(after);
        }
    }
    Err(AuditReportError::Contended { key: key.to_owned() })
}

/// The object at `key`; `T::default()` where there is none, or garbage.
pub(super) async fn read<T: Default + DeserializeOwned>(
    evidence: &dyn EvidenceStore,
    key: &str,
) -> Result<T, AuditReportError> {
    let object = evidence.read(key).await.map_err(AuditReportError::EvidenceStore)?;
    let known = object.and_then(|object| serde_json::from_slice(&object.body).ok());
    Ok(known.unwrap_or_default())
}
