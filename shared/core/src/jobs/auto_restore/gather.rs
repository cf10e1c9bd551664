//! What else is known of a deletion. A fact that cannot be had is unknown, and said to be.

use std::collections::BTreeMap;

use crate::{
    arn::CaArn,
    failure::chain,
    policy::{Approval, Policies},
    ports::{Authorities, Ledger, PortError},
};

pub(super) struct Gathered {
    pub(super) approval: Option<Approval>,
    pub(super) tags: Option<BTreeMap<String, Option<String>>>,
    pub(super) policies: Policies,
    pub(super) policy_files: Vec<String>,
    pub(super) policy_problem: Option<String>,
    pub(super) unknown: Vec<String>,
}

/// Never fails: with nothing known, nothing permits the deletion, and the CA is restored.
pub(super) async fn gather<A: Authorities, L: Ledger>(
    authorities: &A,
    ledger: &L,
    ca: &CaArn,
) -> Gathered {
    let mut unknown = Vec::new();
    let approval = approval(ledger, ca).await.unwrap_or_else(|why| {
        unknown.push(why);
        None
    });
    let tags = match authorities.tags(ca).await {
        Ok(tags) => Some(tags),
        // What the service is expected to answer for every DELETED CA.
        Err(PortError::InvalidState { .. }) => None,
        Err(error) => {
            unknown.push(format!("tags: {}", chain(&error)));
            None
        }
    };
    let (policies, policy_files, policy_problem) = match own_policies(ledger).await {
        Ok(Some((policies, files))) => (policies, files, None),
        Ok(None) => (Policies::built_in(), Vec::new(), None),
        Err(problem) => (Policies::built_in(), Vec::new(), Some(problem)),
    };
    Gathered { approval, tags, policies, policy_files, policy_problem, unknown }
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
