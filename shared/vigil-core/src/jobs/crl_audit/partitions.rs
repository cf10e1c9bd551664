//! The partitions of a CA's CRL: those that lie in its folder, and those that were there before.
//!
//! Their names are random (AWS Private CA User Guide, Set up a CRL), so the folder is listed. An object
//! there is a partition if its key names the CA, if it was known as one, or if the CA has signed it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AT_ONCE, CheckError, Ports, Scope,
    audit_state::{self, AuditState},
};
use crate::{ca::Ca, evidence::keys, jobs::in_order::in_order};

/// Beyond what a page of S3's has; a CA with a hundred million certificates has fewer.
const MAX_KEYS: usize = 4_000;

pub(super) struct Found {
    pub(super) state: AuditState,
    /// Where that is, or will be, in the evidence bucket.
    pub(super) state_key: String,
    /// That it is a partition of this CA.
    pub(super) is_certain: bool,
    /// The folder has it.
    pub(super) is_there: bool,
}

/// Their keys.
pub(super) async fn of(
    ports: &Ports<'_>,
    ca: &Ca,
    scope: &Scope,
    others: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Found>, CheckError> {
    let id = ca.arn.id();
    let listed = ports.objects.list(&scope.bucket, scope.folder(), MAX_KEYS).await;
    let mut keys = BTreeMap::new();
    for key in listed.map_err(CheckError::Objects)? {
        if let Some(is_certain) = is_partition(&key, id, scope, others) {
            let state_key = keys::audited_partition(id, &scope.bucket, &key);
            let state = AuditState::default();
            keys.insert(key, Found { state, state_key, is_certain, is_there: true });
        }
    }
    let prefix = keys::audited_partitions(id, &scope.bucket);
    let known = ports.evidence.list(&prefix).await.map_err(CheckError::AuditState)?;
    let memories = known.into_iter().map(async |state_key| {
        let (state, _) = audit_state::read(ports.evidence, &state_key).await?;
        Ok::<_, CheckError>((state_key, state))
    });
    let of_bucket = format!(":::{}/", scope.bucket);
    for read in in_order(AT_ONCE, memories).await {
        let (state_key, state) = read?;
        let Some((_, key)) = state.resource.split_once(&of_bucket) else { continue };
        // Where the path was changed, what certificates name is crl.distribution-points's to say.
        if key.starts_with(scope.folder()) {
            let key = key.to_owned();
            let is_there = keys.contains_key(&key);
            keys.insert(key, Found { state, state_key, is_certain: true, is_there });
        }
    }
    Ok(keys)
}

/// `None` if it is none; else whether its key says so.
fn is_partition(key: &str, id: &str, scope: &Scope, others: &BTreeSet<&str>) -> Option<bool> {
    let name = key.strip_prefix(scope.folder())?.strip_suffix(".crl")?;
    match name.split_once('/') {
        Some((folder, continuation)) => {
            (folder == id && !continuation.contains('/')).then_some(true)
        }
        // The CA's own complete CRL is judged as such, and that of another CA in the other's turn.
        None => (name != id && !others.contains(name)).then_some(false),
    }
}
