//! A CA's description, with the JSON that lists repeat.

use std::sync::OnceLock;

use aws_sdk_acmpca::types::CertificateAuthority;
use aws_smithy_schema::serde::SerdeError;

use crate::model::shape_json;

/// A CA as it is shown, which many answers share.
pub(crate) struct Shown {
    pub(crate) shape: CertificateAuthority,
    /// Written when it is first listed.
    json: OnceLock<Vec<u8>>,
}

impl Shown {
    pub(crate) fn new(shape: CertificateAuthority) -> Self {
        Self { shape, json: OnceLock::new() }
    }

    /// The description in AWS JSON.
    pub(crate) fn json(&self) -> Result<&[u8], SerdeError> {
        if let Some(json) = self.json.get() {
            return Ok(json);
        }
        let json = shape_json::write(&self.shape)?;
        Ok(self.json.get_or_init(|| json))
    }
}
