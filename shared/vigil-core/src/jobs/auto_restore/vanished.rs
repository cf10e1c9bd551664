//! CAs that the last sweep listed, that are no longer listed, and that were never seen as DELETED.
//!
//! A window has seven days at least: so if neither an event nor a sweep showed the deletion, Vigil
//! did not run for all of that time. Where restore-deadline has seen the CA DELETED, it publishes
//! the end itself.

use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    ca::CaStatus,
    evidence::keys,
    finding::{Finding, Names, Observation},
    instant::rfc3339,
    inventory::{Inventory, Known},
    jobs::case::{AutoRestoreError, RegionRun},
    ports::{Listing, PortError},
    rules::auto_restore::{HAD_CERTIFICATE, NEVER_CERTIFIED, VANISHED},
};

impl RegionRun<'_> {
    pub(super) async fn publish_vanished(
        &self,
        old: &Inventory,
        listing: &Listing,
    ) -> Result<(), AutoRestoreError> {
        let is_listed = |arn: &CaArn| listing.cas.iter().any(|ca| ca.arn == *arn);
        let mut findings = Vec::new();
        for (arn, known) in old.cas.iter().filter(|(arn, _)| !is_listed(arn)) {
            // Without a window, a deletion is the end at once.
            if matches!(known.status, CaStatus::Creating | CaStatus::Failed) {
                continue;
            }
            let window = match self.evidence.read(&keys::window(arn)).await {
                // A window that another principal wrote does not suppress the finding of the loss.
                Err(PortError::Unauthentic { .. }) => None,
                window => window.map_err(AutoRestoreError::EvidenceStore)?,
            };
            if window.is_none() {
                findings.push(finding(arn, known, old.as_of, listing.as_of));
            }
        }
        if findings.is_empty() {
            return Ok(());
        }
        self.bus.publish(&findings).await.map_err(AutoRestoreError::Publish)
    }
}

fn finding(ca: &CaArn, known: &Known, last_seen: OffsetDateTime, now: OffsetDateTime) -> Finding {
    // Only a CA with a certificate can have signed something that is missed now.
    let kind = if known.serial.is_some() { HAD_CERTIFICATE } else { NEVER_CERTIFIED };
    let seen = Observation::new(kind)
        .discriminator("")
        .with("last_status", known.status.as_str())
        .with("last_seen", rfc3339(last_seen))
        .with("ca_not_after", known.not_after.map(rfc3339));
    let inventory = format!("{} in the evidence bucket", keys::inventory(ca.region()));
    let names = Names::new(inventory).of_ca(ca, known.common_name.as_deref());
    seen.finding(&VANISHED, &names, ca.as_str(), now)
}

#[cfg(test)]
pub(in crate::jobs) mod tests {
    use time::Duration;

    use super::*;
    use crate::fakes;

    /// Of a CA that had a certificate, and of one that had none.
    pub(in crate::jobs) fn both_kinds(at: OffsetDateTime) -> Vec<Finding> {
        let ca = fakes::deleted_ca(at);
        let known = |serial: Option<String>| Known {
            status: CaStatus::Active,
            common_name: ca.common_name.clone(),
            not_after: ca.not_after,
            serial,
            identity: None,
            snapshot_at: None,
            disabled_since: None,
        };
        let of = |serial| finding(&ca.arn, &known(serial), at, at + Duration::days(9));
        vec![of(ca.serial.clone()), of(None)]
    }
}
