//! Which CRL answers for a certificate of a CA, and when each CRL is to be written.

use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, CrlType};
use time::OffsetDateTime;

use super::Authority;
use crate::{
    model::crl::{Binding, CrlState, PublishedCrl, Reservation, list::Revoked, location},
    x509::crl::CrlEntry,
};

impl Authority {
    /// The CRL that the next certificate names; `None` if it names none.
    pub(crate) fn reserve_crl(&mut self) -> Option<Reservation> {
        let name_bytes =
            self.certificate.as_ref().map_or(0, |held| held.certificate.subject.as_der().len());
        let Self { arn, revocation, crl: state, .. } = self;
        let crl = revocation.crl_configuration().filter(|crl| crl.enabled())?;
        if location::is_omitted(crl) {
            return None;
        }
        let before = state.partition_count();
        let (binding, url) = state.reserve(arn, crl, name_bytes);
        if state.partition_count() != before {
            self.note_all();
        }
        Some(Reservation { binding, url })
    }

    /// A certificate has been issued that the CRL answers for. Leaving the CRL out of certificates does
    /// not keep it from being published, so those call for it too.
    pub(crate) fn refer_to_crl(&mut self, binding: Binding, now: OffsetDateTime) {
        let Self { arn, revocation, crl: state, .. } = self;
        let Some(crl) = revocation.crl_configuration().filter(|crl| crl.enabled()) else { return };
        let Some((key, _)) = state.place(arn, crl, binding) else { return };
        let list = state.list_mut(binding);
        if list.is_some_and(|list| list.refer(location::bucket(crl), &key, now)) {
            self.note_all();
        }
    }

    /// Whether a certificate can be revoked. The service's page on CRL types: after the change from
    /// partitioned to complete, certificates that are bound to partitions cannot be any more.
    pub(crate) fn accepts_revocation(&self, binding: Binding) -> bool {
        self.crl_configuration().is_none_or(|crl| CrlState::is_published(crl, binding))
    }

    /// How many unexpired certificates a CA with a complete CRL has revoked. Counting stops at `most`.
    pub(crate) fn listed_in_complete(&self, most: usize, now: OffsetDateTime) -> usize {
        let is_complete = self
            .crl_configuration()
            .is_some_and(|crl| crl.crl_type() != Some(&CrlType::Partitioned));
        let Some(list) = self.crl.list(Binding::Complete).filter(|_| is_complete) else {
            return 0;
        };
        let revoked = list.revoked();
        // Counting is for a list that is long enough: expired ones are among it until the next CRL.
        if revoked.len() < most {
            return revoked.len();
        }
        revoked.iter().filter(|revoked| revoked.not_after >= now).take(most).count()
    }

    /// A certificate has been revoked. Its CRL lists it from now on, also if none is published yet.
    pub(crate) fn list_revocation(
        &mut self,
        binding: Binding,
        entry: CrlEntry,
        not_after: OffsetDateTime,
    ) {
        let now = entry.revoked_at;
        let is_published = self.crl_configuration().is_some();
        let Some(list) = self.crl.list_mut(binding) else { return };
        list.add(Revoked { entry, not_after });
        if is_published && list.plan_after_revocation(now) {
            self.note_all();
        }
    }

    /// The CRLs that the CA publishes as it is configured.
    pub(crate) fn published_crls(&self) -> Vec<PublishedCrl> {
        let Some(crl) = self.crl_configuration() else { return Vec::new() };
        let show = |binding: Binding| {
            let list = self.crl.list(binding)?;
            let (key, _) = self.crl.place(&self.arn, crl, binding)?;
            Some(PublishedCrl {
                binding,
                bucket: location::bucket(crl).to_owned(),
                url: location::url(&self.arn, crl, &key),
                key,
                entries: list.revoked().len(),
                due: list.due(),
            })
        };
        self.crl.published(crl).filter_map(show).collect()
    }

    /// The moment of the next CRL: only ACTIVE and DISABLED CAs write any.
    pub(crate) fn next_crl_due(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let crl = self.crl_configuration()?;
        matches!(self.status(now), Status::Active | Status::Disabled)
            .then(|| self.crl.next_due(crl))
            .flatten()
    }
}
