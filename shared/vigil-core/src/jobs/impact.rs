//! What is at stake with a CA: certificates that are still valid, and CAs below it that live. Of
//! what cannot be had, it is said that it is unknown, and why.

use futures::{
    future::join,
    stream::{self, StreamExt as _, TryStreamExt as _},
};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    audit_report::Newest,
    evidence::keys,
    failure::chain,
    impact::{Certificates, Impact},
    inventory::{self, Inventory},
    ports::EvidenceStore,
};

/// How many objects of the ledger are read at once.
const AT_ONCE: usize = 8;

/// Never fails: what cannot be had is unknown.
pub(super) async fn gather(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    now: OffsetDateTime,
) -> Impact {
    let (certificates, inventories) = join(certificates(evidence, ca), inventories(evidence)).await;
    let mut impact = Impact::default();
    match certificates {
        Ok(certificates) => impact.certificates = Some(certificates),
        Err(why) => impact.unknown.push(format!("certificates: {why}")),
    }
    match inventories {
        Ok(inventories) => match inventory::below(&inventories, ca, now) {
            Some(subordinates) => impact.subordinates = Some(subordinates),
            None => {
                let why = "subordinates: the CA's own certificate has not been read by a sweep";
                impact.unknown.push(why.to_owned());
            }
        },
        Err(why) => impact.unknown.push(format!("subordinates: {why}")),
    }
    impact
}

async fn certificates(evidence: &dyn EvidenceStore, ca: &CaArn) -> Result<Certificates, String> {
    let newest = read(evidence, &keys::newest_report(ca.id())).await?;
    let newest: Newest = newest.ok_or("no audit report has been summarised")?;
    let key = keys::summary(ca, &newest.report);
    let object = evidence.read(&key).await.map_err(|error| chain(&error))?;
    let object = object.ok_or_else(|| format!("{key} is missing"))?;
    Certificates::of_summary(&object.body).map_err(|error| format!("{key}: {error}"))
}

/// One that cannot be read hides what may live below a CA: then nothing is known of it.
async fn inventories(evidence: &dyn EvidenceStore) -> Result<Vec<Inventory>, String> {
    let keys = evidence.list(keys::INVENTORIES).await.map_err(|error| chain(&error))?;
    let all: Vec<Option<Inventory>> =
        stream::iter(&keys).map(|key| read(evidence, key)).buffered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

async fn read<T: for<'de> Deserialize<'de>>(
    evidence: &dyn EvidenceStore,
    key: &str,
) -> Result<Option<T>, String> {
    let Some(entry) = evidence.read(key).await.map_err(|error| chain(&error))? else {
        return Ok(None);
    };
    let read = serde_json::from_slice(&entry.body);
    read.map(Some).map_err(|error| format!("{key}: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::fakes::{self, FakeEvidenceStore};

    const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    fn gathered(evidence: &FakeEvidenceStore) -> Impact {
        fakes::run(gather(evidence, &fakes::ARN.parse().unwrap(), NOW))
    }

    #[test]
    fn what_was_not_read_is_unknown_and_said_to_be() {
        let impact = gathered(&FakeEvidenceStore::default());
        assert_eq!((&impact.certificates, &impact.subordinates), (&None, &None));
        assert_eq!(impact.unknown.len(), 2, "{:?}", impact.unknown);
        assert!(impact.unknown[0].contains("no audit report"), "{:?}", impact.unknown);
    }

    #[test]
    fn the_newest_report_counts() {
        let evidence = FakeEvidenceStore::default();
        fakes::put_summary(&evidence, fakes::ARN, 3, NOW + Duration::DAY, NOW - Duration::HOUR);
        let certificates = gathered(&evidence).certificates.unwrap();
        assert_eq!(certificates.live(NOW), 3);
        assert_eq!(certificates.live(NOW + Duration::DAY), 3, "through its last second");
        assert_eq!(certificates.live(NOW + Duration::DAY + Duration::SECOND), 0);
    }

    #[test]
    fn garbage_is_unknown_and_named() {
        let evidence = FakeEvidenceStore::default();
        evidence.put(&keys::inventory("us-east-1"), "garbage");
        let newest =
            json!({"report": "r", "bucket": "b", "key": "k", "created_at": "2026-11-20T09:00:00Z"});
        let id = fakes::ARN.rsplit('/').next().unwrap();
        evidence.put(&keys::newest_report(id), &newest.to_string());
        let unknown = gathered(&evidence).unknown;
        assert!(unknown[0].contains(&format!("summaries/{id}/r.json is missing")), "{unknown:?}");
        assert!(unknown[1].contains("state/inventory/us-east-1.json"), "{unknown:?}");
    }
}
