//! Who signs: a CA's name, key and limits, as its own certificate gives them.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::x509::certificate::Certificate;
use crate::x509::key::{CaKey, key_identifier};
use crate::x509::name::Name;

/// Who signs certificates and CRLs: a name, a key, and the limits that its own certificate sets.
#[derive(Clone, Debug)]
pub struct Issuer {
    name: Name,
    key_identifier: Vec<u8>,
    key: Arc<CaKey>,
    not_after: Option<OffsetDateTime>,
    path_len: Option<u8>,
}

impl Issuer {
    /// An issuer that has a certificate. Its subject key identifier is what certificates and CRLs
    /// point to; without one it is the SHA-1 of the key.
    pub fn from_certificate(certificate: &Certificate, key: Arc<CaKey>) -> Self {
        let key_identifier = match &certificate.subject_key_identifier {
            Some(identifier) => identifier.clone(),
            None => key_identifier(&certificate.public_key_info).to_vec(),
        };
        Self {
            name: certificate.subject.clone(),
            key_identifier,
            key,
            not_after: Some(certificate.not_after),
            path_len: certificate.basic_constraints.and_then(|constraints| constraints.path_len),
        }
    }

    /// A root CA that is about to certify itself and has no certificate yet.
    pub fn self_signing(subject: Name, key: Arc<CaKey>) -> Self {
        let key_identifier = key_identifier(key.public_key_info()).to_vec();
        Self { name: subject, key_identifier, key, not_after: None, path_len: None }
    }

    /// The name that is written as the issuer's.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The octets that name the key.
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    /// The key that signs.
    pub fn key(&self) -> &CaKey {
        &self.key
    }

    /// The end of the issuer's own certificate; `None` if it signs its own.
    pub fn not_after(&self) -> Option<OffsetDateTime> {
        self.not_after
    }

    /// How many CA certificates may follow the issuer; `None` is no limit.
    pub fn path_len(&self) -> Option<u8> {
        self.path_len
    }
}
