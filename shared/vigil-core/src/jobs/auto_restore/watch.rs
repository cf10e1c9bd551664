//! What is new among the objects that permit and decide: the set of policies, approvals and
//! acknowledgements. Each sweep compares them with what the sweep before saw, and publishes what is new.

use serde::{Serialize, de::DeserializeOwned};
use time::OffsetDateTime;

use crate::{
    evidence::keys,
    finding::{Finding, Names, Observation},
    jobs::{
        authentic::Gap,
        case::{AutoRestoreError, Ports, Settings},
        conditional,
        policy_set::{self, SeenSets, SignedSet},
        stored::{self, Stored},
    },
    ports::{Bus, Etag, EvidenceStore},
    rules::permits as rules,
};

mod permits;

/// A text that a signer has chosen is shown up to this length.
const MAX_SHOWN: usize = 120;

/// Publishes a change of the set of policies.
pub(super) async fn policies(
    ports: &Ports<'_>,
    settings: &Settings,
    as_of: OffsetDateTime,
) -> Result<(), AutoRestoreError> {
    let (old, over) = before::<SeenSets>(ports.evidence, keys::SEEN_POLICIES).await?;
    let read = policy_set::read(ports.evidence, ports.signatures, &settings.publishers).await;
    let (new, finding) = match read {
        Ok(Some(signed)) => match signed.outdated(old.newest.as_ref()) {
            Some(why) => unusable(&old, why, as_of),
            None => changed(&old, &signed, as_of),
        },
        Ok(None) => match &old.newest {
            Some(newest) => unusable(&old, policy_set::gone(newest), as_of),
            None => (SeenSets::default(), None),
        },
        Err(Gap::Lasting(why)) => unusable(&old, why, as_of),
        Err(Gap::Passing(cause)) => return Err(AutoRestoreError::EvidenceStore(cause)),
    };
    let findings: Vec<Finding> = finding.into_iter().collect();
    publish(ports.bus, &findings).await?;
    keep(ports.evidence, (&old, &new), (keys::SEEN_POLICIES, over)).await
}

/// What the sweep before saw. An object that is not sealed counts as absent: everything is published anew.
async fn before<T: DeserializeOwned + Default>(
    evidence: &dyn EvidenceStore,
    key: &str,
) -> Result<(T, Over), AutoRestoreError> {
    let stored = stored::read(evidence, key).await.map_err(AutoRestoreError::EvidenceStore)?;
    Ok(match stored {
        Stored::Known(old, etag) => (old, Over(Some(etag))),
        Stored::Absent => (T::default(), Over(None)),
        Stored::Unusable { etag, .. } => (T::default(), Over(etag)),
    })
}

/// The version that is replaced.
struct Over(Option<Etag>);

async fn publish(bus: &dyn Bus, findings: &[Finding]) -> Result<(), AutoRestoreError> {
    if findings.is_empty() {
        return Ok(());
    }
    bus.publish(findings).await.map_err(AutoRestoreError::Publish)
}

/// After the publication: a crash in between publishes the same findings again.
async fn keep<T: Serialize + PartialEq>(
    evidence: &dyn EvidenceStore,
    (old, new): (&T, &T),
    (key, over): (&str, Over),
) -> Result<(), AutoRestoreError> {
    if old == new {
        return Ok(());
    }
    let body = serde_json::to_vec_pretty(new).map_err(AutoRestoreError::Write)?;
    // If another sweep was faster, the next one sees to the rest.
    let written = conditional::write(evidence, key, body, over.0.as_ref()).await;
    written.map(drop).map_err(AutoRestoreError::EvidenceStore)
}

fn changed(old: &SeenSets, new: &SignedSet, as_of: OffsetDateTime) -> (SeenSets, Option<Finding>) {
    let newest = new.seen();
    let seen = SeenSets { newest: Some(newest.clone()), problem: None };
    if old.newest.as_ref() == Some(&newest) {
        return (seen, None);
    }
    let from = old.newest.as_ref().map_or_else(
        || "the built-in policies".to_owned(),
        |old| format!("version {} by {}", old.version, shown(&old.author)),
    );
    let observed = Observation::new(rules::POLICIES_REPLACED)
        .discriminator(newest.digest.clone())
        .name("version", newest.version.to_string())
        .name("author", shown(&newest.author))
        .name("keys", new.keys.join(", "))
        .name("from", from.as_str())
        .name("files", new.set.names().join(", "))
        .with("version", newest.version)
        .with("digest", newest.digest.as_str())
        .with("signers", new.keys.clone())
        .with("from", from);
    (seen, Some(of_policies(observed, as_of)))
}

/// Once for each reason.
fn unusable(old: &SeenSets, why: String, as_of: OffsetDateTime) -> (SeenSets, Option<Finding>) {
    let is_known = old.problem.as_ref() == Some(&why);
    let observed = Observation::new(rules::POLICIES_NOT_COUNTED)
        .discriminator(why.as_str())
        .name("why", why.as_str())
        .with("why", why.as_str());
    let finding = (!is_known).then(|| of_policies(observed, as_of));
    (SeenSets { problem: Some(why), ..old.clone() }, finding)
}

fn of_policies(observed: Observation, as_of: OffsetDateTime) -> Finding {
    let names = Names::new(format!("{} in the evidence bucket", keys::POLICY_SET));
    let names = names.with("key", keys::POLICY_SET);
    observed.finding(&rules::POLICIES_CHANGED, &names, keys::POLICY_SET, as_of)
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}
