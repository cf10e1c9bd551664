//! CAs that were there when a sweep looked last, and are not any more, though nobody saw them DELETED.
//!
//! A window has seven days at least: that neither its event nor any sweep told of the deletion means
//! that nobody was looking for all of that time. Where restore-deadline has seen the CA DELETED, it
//! tells of the end itself.

use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    ca::CaStatus,
    evidence::keys,
    finding::{Finding, Severity},
    instant::rfc3339,
    inventory::{Inventory, Known},
    jobs::case::{AutoRestoreError, RegionRun},
    ports::Listing,
};

impl RegionRun<'_> {
    pub(super) async fn tell_vanished(
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
            let window_tracker = self
                .evidence
                .read(&keys::window(arn))
                .await
                .map_err(AutoRestoreError::EvidenceStore)?;
            if window_tracker.is_none() {
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
    let name = match &known.common_name {
        Some(common_name) => format!("CA '{common_name}' ({})", ca.id()),
        None => format!("CA {}", ca.id()),
    };
    let (status, last_seen) = (&known.status, rfc3339(last_seen));
    let title = format!("{name} is gone: it was {status} at {last_seen}, and nobody told of more");
    // Only who has a certificate can have signed something that is missed now.
    let (severity, remediation) = if known.serial.is_some() {
        let remediation = "Nothing brings it back. Replace what it signed; CloudTrail says who \
                           called DeleteCertificateAuthority, a week or more ago. Then find out why \
                           neither auto-restore nor restore-deadline ran for all of that time.";
        (Severity::Critical, remediation)
    } else {
        (Severity::Informational, "Nothing: it never had a certificate of its own.")
    };
    Finding::new("auto-restore.vanished", severity, ca.as_str(), "", title, now)
        .with_evidence("last_status", status.as_str())
        .with_evidence("last_seen", last_seen)
        .with_evidence("ca_not_after", known.not_after.map(rfc3339))
        .with_remediation(remediation)
}
