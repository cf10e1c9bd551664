//! What is at stake with a CA: certificates that are still valid, and CAs below it that live. Of
//! what cannot be had, it is said that it is unknown, and why.

use futures::{
    future::join,
    stream::{self, StreamExt as _, TryStreamExt as _},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    audit_report::Newest,
    failure::chain,
    inventory::{self, Inventory, Subordinates},
    ports::Ledger,
};

/// How many objects of the ledger are read at once.
const AT_ONCE: usize = 8;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stakes {
    pub certificates: Option<Certificates>,
    pub subordinates: Option<Subordinates>,
    /// What is not known, and why.
    pub unknown: Vec<String>,
}

/// From the newest audit report of the CA that was summarised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificates {
    /// Neither revoked nor expired.
    pub valid: u64,
    #[serde(rename = "latest_not_after", with = "time::serde::rfc3339::option")]
    pub last_not_after: Option<OffsetDateTime>,
    /// What was issued after this is not counted.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

impl Certificates {
    /// Reads a summary as audit-report keeps it, `summaries/<CA id>/<report>.json`.
    pub fn of_summary(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<Document>(body).map(|document| document.summary)
    }

    /// Whether one may still be valid. The report counts at its time; only the last expiry tells of
    /// ours.
    pub fn live(&self, now: OffsetDateTime) -> u64 {
        match self.last_not_after {
            Some(last) if last < now => 0,
            _ => self.valid,
        }
    }
}

/// Never fails: what cannot be had is unknown.
pub(super) async fn gather<L: Ledger>(ledger: &L, ca: &CaArn, now: OffsetDateTime) -> Stakes {
    let (certificates, inventories) = join(certificates(ledger, ca), inventories(ledger)).await;
    let mut stakes = Stakes::default();
    match certificates {
        Ok(certificates) => stakes.certificates = Some(certificates),
        Err(why) => stakes.unknown.push(format!("certificates: {why}")),
    }
    match inventories {
        Ok(inventories) => match inventory::below(&inventories, ca, now) {
            Some(subordinates) => stakes.subordinates = Some(subordinates),
            None => {
                let why = "subordinates: the CA's own certificate has not been read by a sweep";
                stakes.unknown.push(why.to_owned());
            }
        },
        Err(why) => stakes.unknown.push(format!("subordinates: {why}")),
    }
    stakes
}

#[derive(Deserialize)]
struct Document {
    summary: Certificates,
}

async fn certificates<L: Ledger>(ledger: &L, ca: &CaArn) -> Result<Certificates, String> {
    let newest = read(ledger, &Newest::key_of(ca.id())).await?;
    let newest: Newest = newest.ok_or("no audit report has been summarised")?;
    let key = format!("summaries/{}/{}.json", ca.id(), newest.report);
    let document: Document =
        read(ledger, &key).await?.ok_or_else(|| format!("{key} is missing"))?;
    Ok(document.summary)
}

/// One that cannot be read hides what may live below a CA: then nothing is known of it.
async fn inventories<L: Ledger>(ledger: &L) -> Result<Vec<Inventory>, String> {
    let keys = ledger.list(inventory::PREFIX).await.map_err(|error| chain(&error))?;
    let all: Vec<Option<Inventory>> =
        stream::iter(&keys).map(|key| read(ledger, key)).buffered(AT_ONCE).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

async fn read<L: Ledger, T: for<'de> Deserialize<'de>>(
    ledger: &L,
    key: &str,
) -> Result<Option<T>, String> {
    let Some(entry) = ledger.read(key).await.map_err(|error| chain(&error))? else {
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
    use crate::fakes::{self, FakeLedger};

    const NOW: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    fn gathered(ledger: &FakeLedger) -> Stakes {
        fakes::run(gather(ledger, &fakes::ARN.parse().unwrap(), NOW))
    }

    #[test]
    fn what_nobody_has_looked_at_is_unknown_and_said_to_be() {
        let stakes = gathered(&FakeLedger::default());
        assert_eq!((&stakes.certificates, &stakes.subordinates), (&None, &None));
        assert_eq!(stakes.unknown.len(), 2, "{:?}", stakes.unknown);
        assert!(stakes.unknown[0].contains("no audit report"), "{:?}", stakes.unknown);
    }

    #[test]
    fn the_newest_report_counts() {
        let ledger = FakeLedger::default();
        fakes::put_summary(&ledger, fakes::ARN, 3, NOW + Duration::DAY, NOW - Duration::HOUR);
        let certificates = gathered(&ledger).certificates.unwrap();
        assert_eq!(certificates.live(NOW), 3);
        assert_eq!(certificates.live(NOW + Duration::DAY), 3, "through its last second");
        assert_eq!(certificates.live(NOW + Duration::DAY + Duration::SECOND), 0);
    }

    #[test]
    fn garbage_is_unknown_and_named() {
        let ledger = FakeLedger::default();
        ledger.put(&inventory::key("us-east-1"), "garbage");
        let newest =
            json!({"report": "r", "bucket": "b", "key": "k", "created_at": "2026-11-20T09:00:00Z"});
        let id = fakes::ARN.rsplit('/').next().unwrap();
        ledger.put(&Newest::key_of(id), &newest.to_string());
        let unknown = gathered(&ledger).unknown;
        assert!(unknown[0].contains(&format!("summaries/{id}/r.json is missing")), "{unknown:?}");
        assert!(unknown[1].contains("state/inventory/us-east-1.json"), "{unknown:?}");
    }
}
