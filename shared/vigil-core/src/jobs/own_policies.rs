//! The policies of the evidence bucket, as far as they count.

use super::authentic::{self, Gap};
use crate::{
    evidence::keys,
    failure::chain,
    policy::{Policies, Publication},
    ports::{EvidenceStore, Signatures},
    signed::{Signed, SignedError, Signers},
};

/// The set of policies that a publisher has signed, if there is one, and the names of its files.
pub(in crate::jobs) async fn read(
    evidence: &dyn EvidenceStore,
    signatures: &dyn Signatures,
    publishers: &Signers,
) -> Result<Option<(Policies, Vec<String>)>, Gap> {
    let key = keys::POLICY_SET;
    let Some(entry) = evidence.read(key).await? else {
        return unsigned(evidence).await.map(|()| None);
    };
    let signed = Signed::<Publication>::read(&entry.body);
    let signed = signed.map_err(|error| Gap::Lasting(format!("{key}: {}", chain(&error))))?;
    authentic::prove(signatures, publishers, &signed)
        .await
        .map_err(|why| Gap::of_signed(key, why))?;
    let set = signed.statement;
    match set.policies() {
        Ok(policies) => Ok(Some((policies, set.names()))),
        Err(error) => {
            Err(Gap::Lasting(format!("{key}, version {}: {}", set.version, chain(&error))))
        }
    }
}

/// Files of policies were read once. They show an intent to decide, and nothing shows whose.
async fn unsigned(evidence: &dyn EvidenceStore) -> Result<(), Gap> {
    let keys = evidence.list(keys::POLICIES).await?;
    match keys.into_iter().find(|key| key.ends_with(".cedar")) {
        Some(key) => Err(Gap::Lasting(format!("{key}: {}", SignedError::Unsigned))),
        None => Ok(()),
    }
}
