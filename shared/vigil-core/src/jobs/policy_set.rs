//! The set of policies in the evidence bucket, and the newest one that a sweep has seen.
//!
//! A good signature stays good. So a principal that can write to the bucket can put an older set back, whose
//! policies a publisher has replaced since. The newest version that was seen is kept as sealed state.

use serde::{Deserialize, Serialize};

use super::{
    authentic::{self, Gap},
    stored::{self, Stored},
};
use crate::{
    evidence::keys,
    failure::chain,
    policy::{Policies, Publication},
    ports::{EvidenceStore, Signatures, StoredObject},
    signed::{self, Signed, SignedError, Signers},
};

/// A set of policies that a publisher has signed.
pub(in crate::jobs) struct SignedSet {
    pub(in crate::jobs) set: Publication,
    /// The keys that signed it.
    pub(in crate::jobs) keys: Vec<String>,
    /// The SHA-256 that they signed, in hexadecimal.
    pub(in crate::jobs) digest: String,
}

/// What is remembered of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct SeenSet {
    pub(in crate::jobs) version: u64,
    pub(in crate::jobs) digest: String,
    pub(in crate::jobs) author: String,
}

/// `state/permits/policies.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jobs) struct SeenSets {
    /// Of the highest version.
    pub(in crate::jobs) newest: Option<SeenSet>,
    /// What was said last of a set that does not count.
    pub(in crate::jobs) problem: Option<String>,
}

impl SignedSet {
    /// Why the set does not count beside the newest that was seen.
    pub(in crate::jobs) fn outdated(&self, newest: Option<&SeenSet>) -> Option<String> {
        let (newest, version) = (newest?, self.set.version);
        let key = keys::POLICY_SET;
        if version < newest.version {
            let seen = newest.version;
            return Some(format!(
                "{key}: version {version} is older than version {seen}, which was there before"
            ));
        }
        (version == newest.version && self.digest != newest.digest).then(|| {
            format!("{key}: version {version} is not the version {version} that was there before")
        })
    }

    pub(in crate::jobs) fn seen(&self) -> SeenSet {
        let Publication { version, author, .. } = &self.set;
        SeenSet { version: *version, digest: self.digest.clone(), author: author.clone() }
    }
}

/// The set in the bucket, if its signatures count.
pub(in crate::jobs) async fn read(
    evidence: &dyn EvidenceStore,
    signatures: &dyn Signatures,
    publishers: &Signers,
) -> Result<Option<SignedSet>, Gap> {
    let key = keys::POLICY_SET;
    let Some(StoredObject { body, .. }) = evidence.read(key).await? else {
        return unsigned_policies(evidence).await.map(|()| None);
    };
    let signed = Signed::<Publication>::read(&body);
    let signed = signed.map_err(|error| Gap::Lasting(format!("{key}: {}", chain(&error))))?;
    let keys = authentic::prove(signatures, publishers, &signed).await;
    let keys = keys.map_err(|why| Gap::of_signed(key, why))?;
    let digest = signed::digest(&signed.statement);
    let digest = digest.map_err(|error| Gap::Lasting(format!("{key}: {error}")))?;
    Ok(Some(SignedSet { set: signed.statement, keys, digest: hex::encode(digest) }))
}

/// The policies that decide in place of the built-in ones, and their files.
pub(in crate::jobs) async fn deciding(
    evidence: &dyn EvidenceStore,
    signatures: &dyn Signatures,
    publishers: &Signers,
) -> Result<Option<(Policies, Vec<String>)>, Gap> {
    let (set, seen) = futures::future::join(
        read(evidence, signatures, publishers),
        stored::read::<SeenSets>(evidence, keys::SEEN_POLICIES),
    )
    .await;
    let newest = match seen.map_err(Gap::from)? {
        Stored::Known(seen, _) => seen.newest,
        // The watch of the sweep names what is there and cannot be used.
        Stored::Absent | Stored::Unusable { .. } => None,
    };
    let Some(signed) = set? else {
        return match newest {
            None => Ok(None),
            Some(seen) => Err(Gap::Lasting(gone(&seen))),
        };
    };
    if let Some(why) = signed.outdated(newest.as_ref()) {
        return Err(Gap::Lasting(why));
    }
    let set = signed.set;
    match set.policies() {
        Ok(policies) => Ok(Some((policies, set.names()))),
        Err(error) => {
            let (key, version) = (keys::POLICY_SET, set.version);
            Err(Gap::Lasting(format!("{key}, version {version}: {}", chain(&error))))
        }
    }
}

/// What is said of a set that was there before.
pub(in crate::jobs) fn gone(newest: &SeenSet) -> String {
    format!("{}: it is gone, and version {} was there before", keys::POLICY_SET, newest.version)
}

/// Files of policies were read once. They show an intent to decide, and nothing shows whose.
async fn unsigned_policies(evidence: &dyn EvidenceStore) -> Result<(), Gap> {
    let keys = evidence.list(keys::POLICIES).await?;
    match keys.into_iter().find(|key| key.ends_with(".cedar")) {
        Some(key) => Err(Gap::Lasting(format!("{key}: {}", SignedError::Unsigned))),
        None => Ok(()),
    }
}
