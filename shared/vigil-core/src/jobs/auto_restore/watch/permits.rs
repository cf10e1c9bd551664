//! Approvals and acknowledgements. One that enough of the approvers' keys have signed is reported with what it
//! says. Of any other, nothing that is in it is shown: its author may be any principal that can write there.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{before, keep, publish};
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    failure::chain,
    finding::{Finding, Names, Observation},
    instant::in_utc,
    jobs::{
        acknowledgement::Ack,
        authentic::{self, Unproven},
        case::{AutoRestoreError, RegionRun},
        listed::Listed,
    },
    policy::Approval,
    ports::{Listing, PortError},
    rules::permits as rules,
};

/// `state/permits/<Region>.json`: what the sweep before saw, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SeenPermits {
    /// The digests of what counts.
    permits: BTreeMap<String, String>,
    /// What does not.
    #[serde(default)]
    not_counted: BTreeMap<String, NotCounted>,
}

/// An object that does not count, and the day of its finding: there is at most one each day for a key, however
/// often the object changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NotCounted {
    digest: String,
    day: String,
}

/// Who stands up for an object.
enum Standing {
    Counts { by: String, keys: Vec<String> },
    Not(&'static str),
}

const UNREADABLE: &str = "it is not a signed approval or acknowledgement of this CA";

impl RegionRun<'_> {
    /// Publishes approvals and acknowledgements that are new, or not as they were.
    pub(in crate::jobs::auto_restore) async fn watch_permits(
        &self,
        region: &str,
        listing: &Listing,
    ) -> Result<(), AutoRestoreError> {
        let state = keys::seen_permits(region);
        let (old, over) = before::<SeenPermits>(self.evidence, &state).await?;
        let approvals = Listed::below(self.evidence, keys::APPROVALS).await;
        let approvals = approvals.map_err(AutoRestoreError::EvidenceStore)?;
        let acks = Listed::below(self.evidence, keys::ACKNOWLEDGEMENTS).await;
        let acks = acks.map_err(AutoRestoreError::EvidenceStore)?;
        let (mut new, mut findings, mut unasked) = (SeenPermits::default(), Vec::new(), None);
        let (as_of, today) = (listing.as_of, in_utc(listing.as_of).date().to_string());
        for ca in &listing.cas {
            let of_ca = [
                (keys::approval(&ca.arn), &approvals),
                (keys::acknowledgement(&ca.arn), &acks),
            ];
            for (key, listed) in of_ca {
                let noted = old.not_counted.get(&key);
                if let Some(noted) = noted.filter(|noted| noted.day == today) {
                    new.not_counted.insert(key.clone(), noted.clone());
                }
                if !listed.may_have(&key) {
                    continue;
                }
                let Some((digest, body)) = self.content_of(&key).await? else { continue };
                if old.permits.get(&key) == Some(&digest) {
                    new.permits.insert(key, digest);
                    continue;
                }
                match self.standing(&ca.arn, &key, body.as_deref()).await {
                    Ok(Standing::Counts { by, keys }) => {
                        findings.push(added(ca, &key, &digest, (by.as_str(), keys), as_of));
                        new.permits.insert(key, digest);
                    }
                    Ok(Standing::Not(why)) => {
                        let known =
                            noted.filter(|noted| noted.day == today || noted.digest == digest);
                        if known.is_none() {
                            findings.push(not_counted(ca, &key, why, as_of));
                        }
                        let day = known.map_or_else(|| today.clone(), |noted| noted.day.clone());
                        new.not_counted.insert(key, NotCounted { digest, day });
                    }
                    // The next sweep asks again. The others have their turn now.
                    Err(cause) => {
                        if let Some(noted) = noted {
                            new.not_counted.insert(key, noted.clone());
                        }
                        unasked = Some(cause);
                    }
                }
            }
        }
        publish(self.bus, &findings).await?;
        keep(self.evidence, (&old, &new), (&state, over)).await?;
        // Everything was read all the same; the sweep's failure shows that a prefix is full.
        let problem = unasked.or(approvals.problem()).or(acks.problem());
        problem.map_or(Ok(()), |cause| Err(AutoRestoreError::EvidenceStore(cause)))
    }

    /// What cannot be read is known by the reason. `None`: there is no such object.
    async fn content_of(
        &self,
        key: &str,
    ) -> Result<Option<(String, Option<Vec<u8>>)>, AutoRestoreError> {
        match self.evidence.read(key).await {
            Ok(Some(object)) => {
                let digest = digest::digest(&digest::SHA256, &object.body);
                Ok(Some((hex::encode(digest), Some(object.body))))
            }
            Ok(None) => Ok(None),
            Err(cause) if cause.is_lasting() => Ok(Some((chain(&cause), None))),
            Err(cause) => Err(AutoRestoreError::EvidenceStore(cause)),
        }
    }

    /// By its signatures alone: for which deletion it counts is judged when there is one.
    async fn standing(
        &self,
        ca: &CaArn,
        key: &str,
        body: Option<&[u8]>,
    ) -> Result<Standing, PortError> {
        let Some(body) = body else { return Ok(Standing::Not(UNREADABLE)) };
        let (signatures, approvers) = (self.signatures, &self.settings.approvers);
        let (by, proof) = if key.starts_with(keys::APPROVALS) {
            let Ok(signed) = Approval::read(body, ca) else {
                return Ok(Standing::Not(UNREADABLE));
            };
            let proof = authentic::prove(signatures, approvers, &signed).await;
            (signed.statement.approved_by, proof)
        } else {
            let Ok(signed) = Ack::read(body, ca) else {
                return Ok(Standing::Not(UNREADABLE));
            };
            let proof = authentic::prove(signatures, approvers, &signed).await;
            (signed.statement.by, proof)
        };
        match proof {
            Ok(keys) => Ok(Standing::Counts { by, keys }),
            Err(Unproven::Unasked(cause)) => Err(cause),
            Err(why) => Ok(Standing::Not(reason(&why))),
        }
    }
}

/// Without a word from the object.
fn reason(why: &Unproven) -> &'static str {
    match why {
        Unproven::Foreign(_) => "it is signed with a key that the stack does not name",
        Unproven::Invalid(_) => "a signature is not for what it says",
        Unproven::NoKeys => "the stack names no key whose signatures count",
        Unproven::Retired { .. } => "it is signed with a key that was retired",
        Unproven::TooFew { .. } => "fewer keys than are needed have signed it",
        Unproven::WithoutHolder(_) => {
            "it is signed with a key, and the stack does not say who may sign with it (ApproverKeyHolders)"
        }
        Unproven::Unusable(_) | Unproven::Unasked(_) => "AWS KMS does not verify with its key",
    }
}

fn added(
    ca: &Ca,
    key: &str,
    digest: &str,
    (by, keys): (&str, Vec<String>),
    as_of: OffsetDateTime,
) -> Finding {
    let is_approval = key.starts_with(keys::APPROVALS);
    let kind = if is_approval { rules::APPROVAL_ADDED } else { rules::ACKNOWLEDGEMENT_ADDED };
    let observed = Observation::new(kind)
        .discriminator(digest)
        .name("by", super::shown(by))
        .name("signers", keys.join(", "))
        .with("digest", digest)
        .with("keys", keys);
    of_permit(observed, ca, key, as_of)
}

fn not_counted(ca: &Ca, key: &str, why: &str, as_of: OffsetDateTime) -> Finding {
    let observed = Observation::new(rules::PERMIT_NOT_COUNTED).about(key).with("why", why);
    of_permit(observed, ca, key, as_of)
}

fn of_permit(observed: Observation, ca: &Ca, key: &str, as_of: OffsetDateTime) -> Finding {
    let names = Names::new(format!("{key} in the evidence bucket"))
        .of_ca(&ca.arn, ca.common_name.as_deref())
        .with("key", key);
    observed.finding(&rules::PERMIT_ADDED, &names, ca.arn.as_str(), as_of)
}
