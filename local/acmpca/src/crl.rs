//! Which CRL answers for a certificate, when each CRL is written, and writing it.

mod list;
mod lists;
mod location;
mod publisher;

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use time::OffsetDateTime;

use self::list::Revoked;
pub(crate) use self::{
    lists::{Binding, CrlState},
    location::canned_acl,
    publisher::Publisher,
};
use crate::{authority::Authority, x509::crl::CrlEntry};

/// What a certificate that is about to be issued says of its CRL.
pub(crate) struct Reservation {
    pub(crate) binding: Binding,
    pub(crate) url: String,
}

/// The CRL that the next certificate names; `None` if it names none.
pub(crate) fn reserve(authority: &mut Authority) -> Option<Reservation> {
    let name_bytes =
        authority.certificate.as_ref().map_or(0, |held| held.certificate.subject.as_der().len());
    let Authority { arn, revocation, crl: state, .. } = authority;
    let crl = revocation.crl_configuration().filter(|crl| crl.enabled())?;
    if location::is_omitted(crl) {
        return None;
    }
    let before = state.partition_count();
    let (binding, url) = state.reserve(arn, crl, name_bytes);
    if state.partition_count() != before {
        authority.note_all();
    }
    Some(Reservation { binding, url })
}

/// A certificate has been issued that the CRL answers for. Leaving the CRL out of certificates does
/// not keep it from being published, so those call for it too.
pub(crate) fn on_issuance(authority: &mut Authority, binding: Binding, now: OffsetDateTime) {
    let Authority { arn, revocation, crl: state, .. } = authority;
    let Some(crl) = revocation.crl_configuration().filter(|crl| crl.enabled()) else { return };
    let Some((key, _)) = state.place(arn, crl, binding) else { return };
    let list = state.list_mut(binding);
    if list.is_some_and(|list| list.refer(location::bucket(crl), &key, now)) {
        authority.note_all();
    }
}

/// Whether a certificate can be revoked. The service's page on CRL types: after the change from
/// partitioned to complete, certificates that are bound to partitions cannot be any more.
pub(crate) fn accepts_revocation(authority: &Authority, binding: Binding) -> bool {
    authority.crl_configuration().is_none_or(|crl| CrlState::is_published(crl, binding))
}

/// A certificate has been revoked. Its CRL lists it from now on, also if none is published yet.
pub(crate) fn on_revocation(
    authority: &mut Authority,
    binding: Binding,
    entry: CrlEntry,
    not_after: OffsetDateTime,
) {
    let now = entry.revoked_at;
    let is_published = authority.crl_configuration().is_some();
    let Some(list) = authority.crl.list_mut(binding) else { return };
    list.add(Revoked { entry, not_after });
    if is_published && list.plan_after_revocation(now) {
        authority.note_all();
    }
}

/// A certificate that was revoked earlier is on its CRL, or will be.
pub(crate) fn restore(
    state: &mut CrlState,
    binding: Binding,
    entry: CrlEntry,
    not_after: OffsetDateTime,
) {
    if let Some(list) = state.list_mut(binding) {
        list.add(Revoked { entry, not_after });
    }
}

/// The moment of the next CRL: only ACTIVE and DISABLED CAs write any.
fn due(authority: &Authority, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let crl = authority.crl_configuration()?;
    matches!(authority.status(now), Status::Active | Status::Disabled)
        .then(|| authority.crl.next_due(crl))
        .flatten()
}
