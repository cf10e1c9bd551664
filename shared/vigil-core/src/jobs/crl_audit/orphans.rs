//! Which CRLs of a bucket no CA writes any more, by their keys.

use std::collections::BTreeSet;

use super::{Scope, Skip};
use crate::{ca::Ca, rules::bucket::Orphans};

/// `keys` are of objects in the folders in which CAs of the bucket keep their CRLs.
pub(super) fn of(
    bucket: &str,
    keys: impl IntoIterator<Item = String>,
    scopes: &[(&Ca, Result<Scope, Skip>)],
) -> Orphans {
    let known: BTreeSet<&str> = scopes.iter().map(|(ca, _)| ca.arn.id()).collect();
    let used = scopes.iter().filter_map(|(ca, scope)| Some((ca.arn.id(), scope.as_ref().ok()?)));
    let complete: BTreeSet<&str> = used
        .filter(|(_, scope)| scope.bucket == bucket && !scope.partitioned)
        .map(|(id, _)| id)
        .collect();
    let mut orphans = Orphans::default();
    for key in keys {
        let Some(stem) = key.strip_suffix(".crl") else { continue };
        // `<CA id>.crl`, or a partition `<CA id>/<name>.crl`; a partition in a folder of the
        // customer's own names no CA.
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let owner = folder.rsplit('/').next().unwrap_or_default();
        if is_id(owner) {
            if !known.contains(owner) {
                orphans.without_ca.push(key);
            } else if complete.contains(owner) {
                orphans.former_partitions.push(key);
            }
        } else if folder == "crl" && is_id(name) && !known.contains(name) {
            orphans.without_ca.push(key);
        }
    }
    orphans
}

/// A UUID, as CAs have them.
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|octet| octet.is_ascii_hexdigit()))
}
