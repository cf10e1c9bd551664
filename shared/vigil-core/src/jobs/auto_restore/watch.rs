//! What is new among the objects that permit and decide: the set of policies, approvals and
//! acknowledgements. Each sweep compares them with what the sweep before saw, and publishes what is new.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    failure::chain,
    finding::{Finding, Names, Observation},
    jobs::{
        authentic::Gap,
        case::{AutoRestoreError, Ports, RegionRun, Settings},
        conditional,
        listed::Listed,
        policy_set::{self, SeenSets, SignedSet},
        stored::{self, Stored},
    },
    ports::{Bus, Etag, EvidenceStore, Listing},
    rules::permits as rules,
};

/// Texts of an object that any principal may have written are shown up to this length.
const MAX_SHOWN: usize = 120;

/// The objects about one CA that permit: below which prefix, at which key.
const KEYS: [(&str, fn(&CaArn) -> String); 2] =
    [(keys::APPROVALS, keys::approval), (keys::ACKNOWLEDGEMENTS, keys::acknowledgement)];

/// `state/permits/<Region>.json`: digests of approvals and acknowledgements, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SeenPermits {
    permits: BTreeMap<String, String>,
}

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

impl RegionRun<'_> {
    /// Publishes approvals and acknowledgements that are new, or not as they were.
    pub(super) async fn watch_permits(
        &self,
        region: &str,
        listing: &Listing,
    ) -> Result<(), AutoRestoreError> {
        let state = keys::seen_permits(region);
        let (old, over) = before::<SeenPermits>(self.evidence, &state).await?;
        let (mut there, mut unlisted) = (Vec::new(), None);
        for (prefix, key) in KEYS {
            let listed = Listed::below(self.evidence, prefix).await;
            let listed = listed.map_err(AutoRestoreError::EvidenceStore)?;
            let keys = listing.cas.iter().map(|ca| key(&ca.arn));
            there.extend(keys.filter(|key| listed.may_have(key)));
            unlisted = unlisted.or(listed.problem());
        }
        let (mut new, mut findings) = (SeenPermits::default(), Vec::new());
        for ca in &listing.cas {
            for (_, key) in KEYS {
                let key = key(&ca.arn);
                if !there.contains(&key) {
                    continue;
                }
                let Some((digest, body)) = self.digest_of(&key).await? else { continue };
                if old.permits.get(&key) != Some(&digest) {
                    findings.push(added(ca, &key, &digest, body.as_ref(), listing.as_of));
                }
                new.permits.insert(key, digest);
            }
        }
        publish(self.bus, &findings).await?;
        keep(self.evidence, (&old, &new), (&state, over)).await?;
        match unlisted {
            None => Ok(()),
            // Everything was read all the same; the sweep's failure shows that the prefix is full.
            Some(cause) => Err(AutoRestoreError::EvidenceStore(cause)),
        }
    }

    /// `None`: there is no such object.
    async fn digest_of(
        &self,
        key: &str,
    ) -> Result<Option<(String, Option<Value>)>, AutoRestoreError> {
        match self.evidence.read(key).await {
            Ok(Some(object)) => {
                let digest = digest::digest(&digest::SHA256, &object.body);
                Ok(Some((hex::encode(digest), serde_json::from_slice(&object.body).ok())))
            }
            Ok(None) => Ok(None),
            Err(cause) if cause.is_lasting() => Ok(Some((chain(&cause), None))),
            Err(cause) => Err(AutoRestoreError::EvidenceStore(cause)),
        }
    }
}

/// Nothing is verified here: it is reported before it is relied on.
fn added(ca: &Ca, key: &str, digest: &str, body: Option<&Value>, as_of: OffsetDateTime) -> Finding {
    let text = |pointer: &str| body.and_then(|body| body.pointer(pointer)).and_then(Value::as_str);
    let by =
        text("/statement/approved_by").or(text("/statement/by")).unwrap_or("an unnamed principal");
    let signatures = body.and_then(|body| body["signatures"].as_array());
    let keys = signatures.into_iter().flatten().filter_map(|one| one["key"].as_str());
    let signers: Vec<String> = keys.take(8).map(shown).collect();
    let signed = match signers.is_empty() {
        true => "is not signed, so it permits nothing".to_owned(),
        false => format!("is signed with {}", signers.join(", ")),
    };
    let is_approval = key.starts_with(keys::APPROVALS);
    let kind = if is_approval { rules::APPROVAL_ADDED } else { rules::ACKNOWLEDGEMENT_ADDED };
    let observed = Observation::new(kind)
        .discriminator(digest)
        .name("by", shown(by))
        .name("signed", signed)
        .with("digest", digest)
        .with("keys", signers);
    let arn: &CaArn = &ca.arn;
    let names = Names::new(format!("{key} in the evidence bucket"))
        .of_ca(arn, ca.common_name.as_deref())
        .with("key", key);
    observed.finding(&rules::PERMIT_ADDED, &names, arn.as_str(), as_of)
}

fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_SHOWN).collect()
}
