//! Records, while CAs exist, what cannot be read once they are DELETED: whose certificates they
//! have, and what is attached to them.
//!
//! One object for the Region's inventory and one for each CA's snapshot. A sweep refreshes a few:
//! GetPolicy and ListPermissions may be called five times a second, and there may be 200 CAs.

use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    certificate::Certificate,
    evidence::keys,
    inventory::{Identity, Inventory, Known},
    jobs::{
        case::{AutoRestoreError, CaFailure, Outcome, RegionRun},
        conditional,
        isolated::isolated,
        stored::{self, Stored},
    },
    ports::{Listing, PortError},
    snapshot::Snapshot,
};

/// How many snapshots a sweep makes.
const MAX_SNAPSHOTS: usize = 10;
/// How old a snapshot gets before it is made anew, though nothing is known to have changed.
const REFRESHED_AFTER: Duration = Duration::DAY;
/// How old an inventory gets in which nothing has changed.
const REWRITTEN_AFTER: Duration = Duration::hours(6);

impl RegionRun<'_> {
    pub(super) async fn keep_inventory(
        &self,
        region: &str,
        listing: &Listing,
        failures: &mut Vec<CaFailure>,
    ) {
        let key = keys::inventory(region);
        let object = match stored::object(self.evidence, &key).await {
            Ok(object) => object,
            Err(cause) => {
                return failures
                    .push(CaFailure::of_all(region, AutoRestoreError::EvidenceStore(cause)));
            }
        };
        let old: Option<Inventory> =
            object.as_ref().and_then(|object| serde_json::from_slice(&object.body).ok());
        let before = |ca: &Ca| old.as_ref().and_then(|old| old.cas.get(&ca.arn));
        if let Some(old) = &old
            && let Err(error) = self.publish_vanished(old, listing).await
        {
            // The inventory stays as it is, and the next sweep publishes.
            return failures.push(CaFailure::of_all(region, error));
        }
        let seen = listing.cas.iter().map(|ca| (ca.arn.clone(), Known::seen(ca, before(ca))));
        let mut inventory = Inventory { as_of: listing.as_of, cas: seen.collect() };
        self.refresh_snapshots(listing, &mut inventory, failures).await;
        let is_current = old.as_ref().is_some_and(|old| {
            old.cas == inventory.cas && listing.as_of - old.as_of < REWRITTEN_AFTER
        });
        if is_current {
            return;
        }
        let over = object.as_ref().map(|object| &object.etag);
        let written = match serde_json::to_vec(&inventory) {
            Ok(body) => conditional::write(self.evidence, &key, body, over)
                .await
                .map_err(AutoRestoreError::EvidenceStore),
            Err(error) => Err(AutoRestoreError::Write(error)),
        };
        // If another sweep was faster, it has seen the same.
        if let Err(error) = written {
            failures.push(CaFailure::of_all(region, error));
        }
    }

    /// The CAs of which least is known first. Ends when ACM PCA throttles.
    async fn refresh_snapshots(
        &self,
        listing: &Listing,
        inventory: &mut Inventory,
        failures: &mut Vec<CaFailure>,
    ) {
        let mut wanted: Vec<(Option<OffsetDateTime>, &Ca)> = Vec::new();
        for ca in &listing.cas {
            let known = inventory.cas.get(&ca.arn);
            if needs_refresh(ca, known, listing.as_of) {
                wanted.push((known.and_then(|known| known.snapshot_at), ca));
            }
        }
        wanted.sort_by_key(|(snapshot_at, ca)| (*snapshot_at, &ca.arn));
        for (_, ca) in wanted.into_iter().take(MAX_SNAPSHOTS) {
            let refreshed = isolated(self.refresh_snapshot(ca, listing.as_of, inventory)).await;
            match refreshed {
                Ok(()) => {}
                Err(AutoRestoreError::ReadAttributes(PortError::Throttled { .. })) => return,
                // Deleted, or gone, since it was listed.
                Err(AutoRestoreError::ReadAttributes(
                    PortError::InvalidState { .. } | PortError::NotFound { .. },
                )) => {}
                Err(error) => failures.push(CaFailure::new(&ca.arn, error)),
            }
        }
    }

    async fn refresh_snapshot(
        &self,
        ca: &Ca,
        as_of: OffsetDateTime,
        inventory: &mut Inventory,
    ) -> Result<(), AutoRestoreError> {
        self.take_snapshot(ca, as_of).await?;
        if let Some(known) = inventory.cas.get_mut(&ca.arn) {
            known.snapshot_at = Some(as_of);
        }
        let lacks_identity =
            inventory.cas.get(&ca.arn).is_some_and(|known| known.identity.is_none());
        if lacks_identity && ca.serial.is_some() {
            let own = self.authorities.certificate(&ca.arn).await;
            let own = own.map_err(AutoRestoreError::ReadAttributes)?;
            // What cannot be read as a certificate leaves the CA without an identity: unknown.
            let read = Certificate::from_pem(&own.certificate).ok();
            if let Some(known) = inventory.cas.get_mut(&ca.arn) {
                known.identity = read.as_ref().map(Identity::of);
            }
        }
        Ok(())
    }

    /// The owner has changed the CA's policy, permissions or tags: the snapshot follows. Of a CA that is DELETED
    /// meanwhile they cannot be read, so the snapshot is marked, and is not put back.
    pub(super) async fn follow_attachments(
        &self,
        arn: &CaArn,
        at: OffsetDateTime,
    ) -> Result<Outcome, AutoRestoreError> {
        let changed = |recorded| {
            let (ca, changed_at) = (arn.clone(), at);
            Ok(Outcome::AttachmentsFollowed { ca, changed_at, recorded })
        };
        let seen = match self.authorities.describe(arn).await {
            Ok(seen) => seen,
            Err(PortError::NotFound { .. }) => return changed(false),
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        };
        match self.take_snapshot(&seen.ca, seen.as_of).await {
            Ok(()) => return changed(true),
            Err(AutoRestoreError::ReadAttributes(
                PortError::InvalidState { .. } | PortError::NotFound { .. },
            )) => {}
            Err(error) => return Err(error),
        }
        let key = keys::snapshot(arn);
        let stored = stored::read::<Snapshot>(self.evidence, &key).await;
        let Stored::Known(snapshot, etag) = stored.map_err(AutoRestoreError::EvidenceStore)? else {
            return changed(false);
        };
        if at <= snapshot.as_of || snapshot.changed_at.is_some_and(|known| at <= known) {
            return changed(false);
        }
        let marked = Snapshot { changed_at: Some(at), ..snapshot };
        let body = serde_json::to_vec_pretty(&marked).map_err(AutoRestoreError::Write)?;
        let written = conditional::write(self.evidence, &key, body, Some(&etag)).await;
        match written.map_err(AutoRestoreError::EvidenceStore)? {
            Some(_) => changed(true),
            None => Err(AutoRestoreError::Contended { key }),
        }
    }

    pub(super) async fn take_snapshot(
        &self,
        ca: &Ca,
        as_of: OffsetDateTime,
    ) -> Result<(), AutoRestoreError> {
        let attached =
            self.attachments.attached(&ca.arn).await.map_err(AutoRestoreError::ReadAttributes)?;
        let key = keys::snapshot(&ca.arn);
        let object = stored::object(self.evidence, &key).await;
        let object = object.map_err(AutoRestoreError::EvidenceStore)?;
        let snapshot = Snapshot { ca: ca.arn.clone(), as_of, attached, changed_at: None };
        let body = serde_json::to_vec_pretty(&snapshot).map_err(AutoRestoreError::Write)?;
        let over = object.as_ref().map(|object| &object.etag);
        let written = conditional::write(self.evidence, &key, body, over).await;
        // If another sweep was faster, it has seen the same.
        written.map_err(AutoRestoreError::EvidenceStore)?;
        Ok(())
    }
}

/// Whether something is not known of a CA that can be asked, or may have changed.
fn needs_refresh(ca: &Ca, known: Option<&Known>, now: OffsetDateTime) -> bool {
    if !matches!(
        ca.status,
        CaStatus::Active | CaStatus::Disabled | CaStatus::Expired | CaStatus::PendingCertificate
    ) {
        return false;
    }
    let Some(known) = known else { return true };
    let Some(snapshot_at) = known.snapshot_at else { return true };
    (ca.serial.is_some() && known.identity.is_none())
        || now - snapshot_at >= REFRESHED_AFTER
        || ca.last_state_change_at.is_some_and(|changed| changed > snapshot_at)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::fakes;

    const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

    #[test]
    fn a_ca_is_read_when_new_changed_or_not_read_for_a_day() {
        let ca = Ca { status: CaStatus::Active, ..fakes::deleted_ca(AT - Duration::days(9)) };
        let known = |snapshot_at| Known {
            identity: Some(Identity {
                subject: String::new(),
                issuer: String::new(),
                key: None,
                authority_key: None,
            }),
            snapshot_at,
            ..Known::seen(&ca, None)
        };
        let second = Duration::SECOND;
        let day_ago = AT - Duration::DAY;
        let refreshes = |known: Option<Known>| needs_refresh(&ca, known.as_ref(), AT);
        assert!(refreshes(None) && refreshes(Some(known(None))));
        assert!(
            refreshes(Some(known(Some(day_ago))))
                && !refreshes(Some(known(Some(day_ago + second))))
        );
        let changed = Some(known(Some(AT - Duration::days(9) - second)));
        assert!(refreshes(changed));
        let unread = Known { identity: None, ..known(Some(AT)) };
        assert!(refreshes(Some(unread)));
        let deleted = Ca { status: CaStatus::Deleted, ..ca.clone() };
        assert!(!needs_refresh(&deleted, None, AT));
    }
}
