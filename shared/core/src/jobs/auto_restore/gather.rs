//! What else is known of a deletion. A fact that cannot be had is unknown, and said to be.

use futures::future::{join, join4};
use time::OffsetDateTime;

use super::limit;
use crate::{
    arn::CaArn,
    ca::Ca,
    cloudtrail::Deletion,
    failure::chain,
    jobs::stakes::{self, Stakes},
    policy::{Approval, Facts, Policies},
    ports::Ledger,
    snapshot::Snapshot,
};

pub(super) struct Gathered {
    approval: Option<Approval>,
    tag_approval: Option<Approval>,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) stakes: Stakes,
    earlier_restores: Option<u32>,
    pub(super) policies: Policies,
    pub(super) policy_files: Vec<String>,
    pub(super) policy_problem: Option<String>,
    pub(super) unknown: Vec<String>,
    as_of: OffsetDateTime,
}

impl Gathered {
    pub(super) fn facts<'a>(&'a self, deletion: &'a Deletion, ca: &'a Ca) -> Facts<'a> {
        Facts {
            deletion,
            ca,
            approval: self.approval.as_ref(),
            tag_approval: self.tag_approval.as_ref(),
            snapshot: self.snapshot.as_ref(),
            certificates: self.stakes.certificates.as_ref(),
            subordinates: self.stakes.subordinates.as_ref(),
            earlier_restores: self.earlier_restores,
            as_of: self.as_of,
        }
    }
}

/// Never fails: with nothing known, nothing permits the deletion, and the CA is restored. `occasion`
/// is the deletion's own among the restorations.
pub(super) async fn gather<L: Ledger>(
    ledger: &L,
    ca: &CaArn,
    occasion: &str,
    as_of: OffsetDateTime,
) -> Gathered {
    let (approved, attached, stakes, policies) = join4(
        approval(ledger, ca),
        join(snapshot(ledger, ca), limit::earlier(ledger, ca, occasion, as_of)),
        stakes::gather(ledger, ca, as_of),
        own_policies(ledger),
    )
    .await;
    let mut unknown = Vec::new();
    let approval = known(approved, &mut unknown).flatten();
    let snapshot = known(attached.0, &mut unknown).flatten();
    let restorations = |why| format!("earlier restorations: {why}");
    let earlier_restores = known(attached.1.map_err(restorations), &mut unknown);
    if snapshot.is_none() {
        unknown.push("tags, resource policy: no snapshot of the CA has been made".to_owned());
    }
    unknown.extend(stakes.unknown.iter().cloned());
    let tag_approval = snapshot
        .as_ref()
        .and_then(|snapshot| Approval::from_tags(&snapshot.attached.tags, ca))
        .and_then(|read| known(read.map_err(|error| chain(&error)), &mut unknown));
    let (policies, policy_files, policy_problem) = match policies {
        Ok(Some((policies, files))) => (policies, files, None),
        Ok(None) => (Policies::built_in(), Vec::new(), None),
        Err(problem) => (Policies::built_in(), Vec::new(), Some(problem)),
    };
    Gathered {
        approval,
        tag_approval,
        snapshot,
        stakes,
        earlier_restores,
        policies,
        policy_files,
        policy_problem,
        unknown,
        as_of,
    }
}

fn known<T>(fact: Result<T, String>, unknown: &mut Vec<String>) -> Option<T> {
    match fact {
        Ok(fact) => Some(fact),
        Err(why) => {
            unknown.push(why);
            None
        }
    }
}

async fn snapshot<L: Ledger>(ledger: &L, ca: &CaArn) -> Result<Option<Snapshot>, String> {
    let key = Snapshot::key(ca);
    let entry = ledger.read(&key).await.map_err(|error| format!("{key}: {}", chain(&error)))?;
    let Some(entry) = entry else { return Ok(None) };
    serde_json::from_slice(&entry.body).map(Some).map_err(|error| format!("{key}: {error}"))
}

async fn approval<L: Ledger>(ledger: &L, ca: &CaArn) -> Result<Option<Approval>, String> {
    let key = Approval::key(ca);
    let entry = match ledger.read(&key).await {
        Ok(Some(entry)) => entry,
        Ok(None) => return Ok(None),
        Err(error) => return Err(format!("{key}: {}", chain(&error))),
    };
    match Approval::read(&entry.body, ca) {
        Ok(approval) => Ok(Some(approval)),
        Err(error) => Err(format!("{key}: {}", chain(&error))),
    }
}

/// The policies under `policies/` in the evidence bucket, if there are any.
async fn own_policies<L: Ledger>(ledger: &L) -> Result<Option<(Policies, Vec<String>)>, String> {
    let keys = ledger.list("policies/").await.map_err(|error| chain(&error))?;
    let keys: Vec<String> = keys.into_iter().filter(|key| key.ends_with(".cedar")).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let mut files = Vec::new();
    for key in &keys {
        match ledger.read(key).await {
            Ok(Some(entry)) => files.push((key.clone(), entry.body)),
            Ok(None) => return Err(format!("{key} vanished while the policies were read")),
            Err(error) => return Err(chain(&error)),
        }
    }
    match Policies::parse(&files) {
        Ok(policies) => Ok(Some((policies, keys))),
        Err(error) => Err(chain(&error)),
    }
}
