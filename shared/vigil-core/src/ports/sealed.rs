//! The evidence bucket as the functions see it that keep their state there: what they write for
//! themselves is sealed, and what is not sealed was not written by them.
//!
//! A seal is an HMAC over key and body, in the object's last member. A principal that can write to the
//! bucket cannot make one. It can put back an older version of the same object, or remove it: records
//! carry times, and what is absent permits nothing.

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{Creation, Etag, EvidenceStore, PortError, Replacement, Sealing, Secret, StoredObject};
use crate::evidence::keys;

/// Seals what is written under [`keys::SEALED`], and passes on everything else.
#[derive(Clone, Copy)]
pub struct Sealed<'a> {
    store: &'a dyn EvidenceStore,
    sealing: &'a dyn Sealing,
}

impl<'a> Sealed<'a> {
    /// The bucket behind a seal.
    pub fn new(store: &'a dyn EvidenceStore, sealing: &'a dyn Sealing) -> Self {
        Self { store, sealing }
    }

    /// Without the secret the record is kept all the same: it does not count later, and a restoration does
    /// not wait for KMS.
    async fn with_seal(&self, key: &str, body: Vec<u8>) -> Vec<u8> {
        if !is_sealed(key) {
            return body;
        }
        match self.sealing.secret().await {
            Ok(secret) => seal(&secret, key, body),
            Err(_) => body,
        }
    }
}

fn is_sealed(key: &str) -> bool {
    keys::SEALED.iter().any(|prefix| key.starts_with(prefix))
}

/// The object with its seal as the last member. `body` is a JSON object with members.
pub fn seal(secret: &Secret, key: &str, body: Vec<u8>) -> Vec<u8> {
    let mut sealed = body;
    let tag = BASE64_STANDARD.encode(tag(secret, key, &sealed));
    if sealed.last() == Some(&b'}') {
        sealed.pop();
        sealed.extend_from_slice(BEFORE);
        sealed.extend_from_slice(tag.as_bytes());
        sealed.extend_from_slice(AFTER);
    }
    sealed
}

const BEFORE: &[u8] = b",\"seal\":\"";
const AFTER: &[u8] = b"\"}";
/// Base64 of 32 octets.
const TAG: usize = 44;

/// The object without its seal; `None` if that is not the secret's for this key and body.
fn unseal(secret: &Secret, key: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (body, found) = split(sealed)?;
    hmac::verify(&hmac_key(secret), &message(key, &body), &found).ok()?;
    Some(body)
}

/// The object without what has the form of a seal, whether that is good or not.
pub fn without_seal(sealed: &[u8]) -> Option<Vec<u8>> {
    split(sealed).map(|(body, _)| body)
}

/// The object and its seal.
fn split(sealed: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (body, end) = sealed.split_at_checked(sealed.len().checked_sub(BEFORE.len() + TAG + 2)?)?;
    let found = end.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    let found = BASE64_STANDARD.decode(found).ok()?;
    let mut body = body.to_vec();
    body.push(b'}');
    Some((body, found))
}

fn tag(secret: &Secret, key: &str, body: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac_key(secret), &message(key, body))
}

fn hmac_key(Secret(octets): &Secret) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, octets)
}

fn message(key: &str, body: &[u8]) -> Vec<u8> {
    [b"vigil/seal/1\n", key.as_bytes(), b"\n", body].concat()
}

fn unauthentic(key: &str, cause: super::Cause) -> PortError {
    PortError::InvalidState { operation: "GetObject", resource: key.to_owned(), cause }
}

#[async_trait]
impl EvidenceStore for Sealed<'_> {
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError> {
        let body = self.with_seal(key, body).await;
        self.store.create(key, body).await
    }

    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError> {
        let Some(StoredObject { body, etag }) = self.store.read(key).await? else {
            return Ok(None);
        };
        if !is_sealed(key) {
            return Ok(Some(StoredObject { body, etag }));
        }
        // What cannot be checked does not count: waiting for KMS could cost the CA.
        let secret = self.sealing.secret().await;
        let secret = secret.map_err(|error| unauthentic(key, Box::new(error)))?;
        match unseal(&secret, key, &body) {
            Some(body) => Ok(Some(StoredObject { body, etag })),
            None => Err(PortError::Unauthentic { resource: key.to_owned(), etag }),
        }
    }

    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError> {
        let body = self.with_seal(key, body).await;
        self.store.replace(key, body, seen).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError> {
        self.store.list(prefix).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_for_one_secret_one_key_and_one_body() {
        let (secret, other) = (Secret([1; 32]), Secret([2; 32]));
        for body in [r#"{"a":1}"#, "{\n  \"a\": 1\n}"] {
            let sealed = seal(&secret, "cases/a", body.into());
            assert!(serde_json::from_slice::<serde_json::Value>(&sealed).is_ok());
            assert_eq!(unseal(&secret, "cases/a", &sealed).as_deref(), Some(body.as_bytes()));
            assert_eq!(unseal(&secret, "cases/b", &sealed), None);
            assert_eq!(unseal(&other, "cases/a", &sealed), None);
            let changed = String::from_utf8(sealed.clone()).unwrap().replace('1', "2");
            assert_eq!(unseal(&secret, "cases/a", changed.as_bytes()), None);
            assert_eq!(unseal(&secret, "cases/a", body.as_bytes()), None);
            for end in 0..sealed.len() {
                assert_eq!(unseal(&secret, "cases/a", &sealed[..end]), None);
            }
        }
    }
}
