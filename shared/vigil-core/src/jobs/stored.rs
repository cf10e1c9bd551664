//! One JSON object of the evidence bucket, in whatever state it is.
//!
//! A principal that can write to the bucket can put something there that is too large, archived,
//! encrypted with another key or no JSON. Such an object counts as absent, and is named in a
//! finding.

use serde::de::DeserializeOwned;

use crate::{
    failure::chain,
    ports::{Etag, EvidenceStore, PortError, StoredObject},
};

/// What is at a key.
pub(in crate::jobs) enum Stored<T> {
    Absent,
    Known(T, Etag),
    /// Something is there that cannot be used. `etag`: of what was read, and can be replaced.
    Unusable {
        etag: Option<Etag>,
        why: String,
    },
}

impl<T> Stored<T> {
    pub(in crate::jobs) fn known(self) -> Option<T> {
        match self {
            Self::Known(of, _) => Some(of),
            Self::Absent | Self::Unusable { .. } => None,
        }
    }
}

/// The object at `key`. What was not written by Vigil is empty, and can be replaced.
pub(in crate::jobs) async fn object(
    evidence: &dyn EvidenceStore,
    key: &str,
) -> Result<Option<StoredObject>, PortError> {
    match evidence.read(key).await {
        Err(PortError::Unauthentic { etag, .. }) => {
            Ok(Some(StoredObject { body: Vec::new(), etag }))
        }
        found => found,
    }
}

/// Reads the object at `key`. An error means that the next attempt may succeed.
pub(in crate::jobs) async fn read<T: DeserializeOwned>(
    evidence: &dyn EvidenceStore,
    key: &str,
) -> Result<Stored<T>, PortError> {
    let object = match evidence.read(key).await {
        Ok(object) => object,
        Err(PortError::Unauthentic { resource, etag }) => {
            let why = PortError::Unauthentic { resource, etag: etag.clone() }.to_string();
            return Ok(Stored::Unusable { etag: Some(etag), why });
        }
        Err(cause) if cause.is_lasting() => {
            return Ok(Stored::Unusable { etag: None, why: format!("{key}: {}", chain(&cause)) });
        }
        Err(cause) => return Err(cause),
    };
    let Some(object) = object else { return Ok(Stored::Absent) };
    Ok(match serde_json::from_slice(&object.body) {
        Ok(of) => Stored::Known(of, object.etag),
        Err(error) => Stored::Unusable { etag: Some(object.etag), why: format!("{key}: {error}") },
    })
}
