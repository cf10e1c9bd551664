//! The rules put to every CA of the Region.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use time::Duration;

use super::{
    AuditReportError, Ports, RequestFailure, document,
    judging::{Judged, Judging},
    turns::in_turn,
};
use crate::{
    ca::Ca,
    evidence::keys,
    failure::chain,
    inventory::Inventory,
    jobs::{
        finding_store::FindingStore,
        in_order::in_order,
        isolated::isolated,
        stored::{self, Stored},
    },
    rules::audit_report::{ca_quota, serial},
};

/// How many CAs are judged at once. ListTags may be called 20 times a second.
const AT_ONCE: usize = 4;
/// With less time left, the remaining CAs are judged in one of the next hours.
const KEPT: Duration = Duration::seconds(90);
const NO_TIME: &str = "no time was left to judge it by its audit report";
/// More serial numbers are not kept: 200 CAs in each of 30 Regions, each renewed three times.
const MAX_AUTHORITIES: usize = 20_000;

/// Judges every CA, beginning with another one each hour. One that fails hides no other.
pub(super) async fn all(
    ports: &Ports<'_>,
    finding_store: &FindingStore<'_>,
    cas: &[Ca],
    authorities: Result<BTreeSet<String>, String>,
) -> Result<(Judged, Vec<RequestFailure>), AuditReportError> {
    let judging = Judging::begin(ports, finding_store, authorities).await?;
    let cas_in_turn: Vec<&Ca> = in_turn(cas.iter().collect(), finding_store.now);
    let work = cas_in_turn.into_iter().map(async |ca| {
        let of_ca =
            if ports.pace.lasts(KEPT) { Some(isolated(judging.judge(ca)).await) } else { None };
        (ca, of_ca)
    });
    let (mut judged, mut failures) = (Judged::default(), Vec::new());
    for (ca, of_ca) in in_order(AT_ONCE, work).await {
        let failed = |reason: String| RequestFailure { ca: Some(ca.arn.clone()), reason };
        match of_ca {
            Some(Ok(of_ca)) => judged.add(of_ca),
            Some(Err(error)) => {
                failures.push(failed(chain(&error)));
                judged.unjudged.push(failed(chain(&error)));
            }
            None => judged.unjudged.push(failed(NO_TIME.to_owned())),
        }
    }
    if let Some(first) = cas.first() {
        judged.published.add(judging.judge_settings(first).await?);
    }
    if let Some((finding, is_found)) = ca_quota(cas, judging.quota_days(), finding_store.now) {
        let because = "the quota is not near any more";
        judged.published.add(judging.tell(finding, is_found, because).await?);
    }
    let listed: BTreeSet<&str> = cas.iter().map(|ca| ca.arn.id()).collect();
    let known = ports.evidence.list(keys::JUDGED).await.map_err(AuditReportError::EvidenceStore)?;
    for key in known {
        let id = key.strip_prefix(keys::JUDGED).and_then(|name| name.strip_suffix(".json"));
        if let Some(id) = id.filter(|id| !listed.contains(id)) {
            judged.published.add(judging.close(id).await?);
        }
    }
    Ok((judged, failures))
}

/// Serial numbers of CA certificates, with their CAs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Authorities {
    serials: BTreeMap<String, String>,
}

/// The serial numbers of all CAs that were ever listed, here or by auto-restore. A CA that was renewed
/// keeps the certificates before.
pub(super) async fn authorities(
    ports: &Ports<'_>,
    cas: &[Ca],
) -> Result<BTreeSet<String>, AuditReportError> {
    let here = cas.iter().filter_map(|ca| Some((serial(ca.serial.as_ref()?), ca.arn.to_string())));
    let mut listed: BTreeMap<String, String> = here.collect();
    let inventories = ports.evidence.list(keys::INVENTORIES).await;
    for key in inventories.map_err(AuditReportError::EvidenceStore)? {
        let read = stored::read::<Inventory>(ports.evidence, &key).await;
        if let Stored::Known(inventory, _) = read.map_err(AuditReportError::EvidenceStore)? {
            let known = inventory.cas.into_iter();
            listed
                .extend(known.filter_map(|(arn, of)| Some((serial(&of.serial?), arn.to_string()))));
        }
    }
    let known =
        document::update(ports.evidence, keys::KNOWN_AUTHORITIES, |state: &mut Authorities| {
            for (serial, ca) in &listed {
                if state.serials.len() < MAX_AUTHORITIES {
                    state.serials.insert(serial.clone(), ca.clone());
                }
            }
        })
        .await?;
    Ok(known.serials.into_keys().chain(listed.into_keys()).collect())
}
