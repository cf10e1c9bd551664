//! Once a day: the heads of all case records, and their digest by the bus.

use time::{Duration, OffsetDateTime};

use super::CaError;
use crate::{
    anchor::{Anchor, Anchored, Head},
    evidence::keys,
    jobs::{
        case::{Case, Ports, lookup},
        conditional,
        stored::{self, Stored},
    },
    ports::{EvidenceStore, PortError},
};

/// Of records whose window ended longer ago, the anchors before have the heads.
const KEPT: Duration = Duration::days(35);

/// Writes the day's anchor if there is none. A run that is cut short after the object and before the event
/// leaves the digest to the next day's anchor, which has it as `previous`.
pub(super) async fn anchor(ports: &Ports<'_>, now: OffsetDateTime) -> Result<(), CaError> {
    let evidence = ports.evidence;
    let (today, yesterday) = (keys::anchor(now), keys::anchor(now - Duration::DAY));
    let over =
        match stored::read::<Anchor>(evidence, &today).await.map_err(CaError::EvidenceStore)? {
            Stored::Known(..) | Stored::Unusable { etag: None, .. } => return Ok(()),
            Stored::Absent => None,
            Stored::Unusable { etag, .. } => etag,
        };
    let before = stored::read::<Anchor>(evidence, &yesterday).await;
    let before = before.map_err(CaError::EvidenceStore)?.known();
    let mut anchor = Anchor {
        as_of: now,
        heads: std::collections::BTreeMap::new(),
        unusable: Vec::new(),
        previous: before.as_ref().map(Anchor::digest),
    };
    for key in evidence.list(keys::CASES).await.map_err(CaError::EvidenceStore)? {
        if lookup::until_in(&key).is_none_or(|until| until < now - KEPT) {
            continue;
        }
        match head(evidence, &key).await.map_err(CaError::EvidenceStore)? {
            Some(head) => drop(anchor.heads.insert(key, head)),
            None => anchor.unusable.push(key),
        }
    }
    let body = serde_json::to_vec_pretty(&anchor).map_err(CaError::Write)?;
    let written = conditional::write(evidence, &today, body, over.as_ref()).await;
    // If another run was faster, its anchor counts, and it publishes.
    if written.map_err(CaError::EvidenceStore)?.is_none() {
        return Ok(());
    }
    let (digest, heads) = (anchor.digest(), anchor.heads.len());
    ports.bus.anchor(&Anchored { key: today, digest, heads }).await.map_err(CaError::Anchor)
}

async fn head(evidence: &dyn EvidenceStore, key: &str) -> Result<Option<Head>, PortError> {
    let object = match evidence.read(key).await {
        Ok(object) => object,
        Err(cause) if cause.is_lasting() => return Ok(None),
        Err(cause) => return Err(cause),
    };
    let case = object.and_then(|object| Case::read(&object.body).ok());
    Ok(case.map(|case| Head { head: case.head().to_owned(), acts: case.entries().len() }))
}
