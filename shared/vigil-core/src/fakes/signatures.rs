//! Signatures that are digests of key and message, and a secret that is always the same.

use std::sync::LazyLock;

use async_trait::async_trait;
use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use time::OffsetDateTime;

use super::{calls::Calls, evidence_store::FakeEvidenceStore};
use crate::{
    evidence::keys,
    policy::{PolicyFile, Publication},
    ports::{PortError, Sealing, Secret, Signatures},
    signed::{self, Signature, Signed, Signers, Statement},
};

/// The key of the approvers in the tests.
pub const APPROVERS: &str = "arn:aws:kms:us-east-1:111122223333:key/approvers";

/// KMS without keys: every key signs, and fails on demand.
#[derive(Default)]
pub struct FakeSignatures {
    /// The calls that were made.
    pub calls: Calls,
}

fn sign(key: &str, digest: &[u8; 32]) -> Vec<u8> {
    digest::digest(&digest::SHA256, &[key.as_bytes(), digest].concat()).as_ref().to_vec()
}

/// The statement, signed with these keys.
pub fn signed<T: Statement>(statement: T, keys: &[&str]) -> Signed<T> {
    let digest = signed::digest(&statement).unwrap();
    let of = |key: &&str| Signature {
        key: (*key).to_owned(),
        signature: BASE64_STANDARD.encode(sign(key, &digest)),
    };
    Signed { signatures: keys.iter().map(of).collect(), statement }
}

/// Whose signatures count: those of [`APPROVERS`].
pub fn signers() -> Signers {
    Signers::read(APPROVERS, "", 1)
}

#[async_trait]
impl Signatures for FakeSignatures {
    async fn is_signed(
        &self,
        key: &str,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, PortError> {
        self.calls.make("is_signed").await?;
        Ok(sign(key, digest) == signature)
    }
}

/// The secret is there unless it is made to fail.
#[derive(Default)]
pub struct FakeSealing {
    /// The calls that were made.
    pub calls: Calls,
}

/// The secret of [`FakeSealing`].
pub const SECRET: Secret = Secret([7; 32]);

#[async_trait]
impl Sealing for FakeSealing {
    async fn secret(&self) -> Result<Secret, PortError> {
        self.calls.make("secret").await?;
        Ok(SECRET)
    }
}

/// KMS, for tests that let nothing of it fail.
pub static KMS: LazyLock<FakeSignatures> = LazyLock::new(FakeSignatures::default);

/// Publishes files of policies, signed.
pub fn put_policies(evidence: &FakeEvidenceStore, files: &[(&str, &str)]) {
    let file = |(name, text): &(&str, &str)| PolicyFile {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    let set = Publication {
        version: 1,
        author: "carol".to_owned(),
        published_at: OffsetDateTime::UNIX_EPOCH,
        files: files.iter().map(file).collect(),
    };
    put_signed(evidence, keys::POLICY_SET, set);
}

/// Puts a statement, signed by the approvers.
pub fn put_signed<T: Statement>(evidence: &FakeEvidenceStore, key: &str, statement: T) {
    let body = signed(statement, &[APPROVERS]).to_json().unwrap();
    evidence.put(key, &String::from_utf8(body).unwrap());
}
