//! The partitions of a CA's CRL: those that lie in its folder, and those that were there before.
//!
//! Their names are random (AWS Private CA User Guide, Set up a CRL), so the folder is listed. An object
//! there is a partition if its key names the CA, if it was known as one, or if the CA has signed it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ports, Scope, Step, memory};
use crate::{
    ca::Ca,
    ports::{Ledger, Objects},
};

/// Beyond what a page of S3's has; a CA with a hundred million certificates has fewer.
const MOST: usize = 4_000;

/// Their keys, and whether it is certain that they are partitions of this CA.
pub(super) async fn of<A, O: Objects, K, L: Ledger, B, P, D>(
    ports: &Ports<'_, A, O, K, L, B, P, D>,
    ca: &Ca,
    scope: &Scope,
    others: &BTreeSet<&str>,
) -> Result<BTreeMap<String, bool>, Step> {
    let id = ca.arn.id();
    let listed = ports.objects.list(&scope.bucket, scope.folder(), MOST).await;
    let mut keys = BTreeMap::new();
    for key in listed.map_err(Step::Objects)? {
        if let Some(is_certain) = is_partition(&key, id, scope, others) {
            keys.insert(key, is_certain);
        }
    }
    let prefix = memory::partitions_prefix(id, &scope.bucket);
    let known = ports.ledger.list(&prefix).await.map_err(Step::Memory)?;
    keys.extend(known.iter().filter_map(|known| {
        let key = memory::partition_of(&prefix, known)?;
        // Where the path was changed, what certificates name is crl.distribution-points's to say.
        key.starts_with(scope.folder()).then_some((key, true))
    }));
    Ok(keys)
}

/// `None` if it is none; else whether its key says so.
fn is_partition(key: &str, id: &str, scope: &Scope, others: &BTreeSet<&str>) -> Option<bool> {
    let name = key.strip_prefix(scope.folder())?.strip_suffix(".crl")?;
    match name.split_once('/') {
        Some((folder, rest)) => (folder == id && !rest.contains('/')).then_some(true),
        // The CA's own complete CRL is judged as such, and that of another CA in the other's turn.
        None => (name != id && !others.contains(name)).then_some(false),
    }
}
