//! Which CRL answers for a certificate, when each CRL is written, and writing it.

mod list;
mod lists;
mod location;
mod publisher;

use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, CrlType};
use time::OffsetDateTime;

use self::list::Revoked;
pub(crate) use self::{
    lists::{Binding, CrlState},
    location::canned_acl,
    publisher::{Content, Publisher},
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

/// How many certificates that have not expired a CA with a complete CRL has revoked; no more than
/// `most` are told from more.
pub(crate) fn listed_in_complete(authority: &Authority, most: usize, now: OffsetDateTime) -> usize {
    let is_complete = authority
        .crl_configuration()
        .is_some_and(|crl| crl.crl_type() != Some(&CrlType::Partitioned));
    let Some(list) = authority.crl.list(Binding::Complete).filter(|_| is_complete) else {
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

/// One of the CRLs that a CA publishes, as a person wants to see it.
pub(crate) struct Published {
    pub(crate) binding: Binding,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) url: String,
    pub(crate) entries: usize,
    pub(crate) due: Option<OffsetDateTime>,
}

pub(crate) fn published(authority: &Authority) -> Vec<Published> {
    let Some(crl) = authority.crl_configuration() else { return Vec::new() };
    let show = |binding: Binding| {
        let list = authority.crl.list(binding)?;
        let (key, _) = authority.crl.place(&authority.arn, crl, binding)?;
        Some(Published {
            binding,
            bucket: location::bucket(crl).to_owned(),
            url: location::url(&authority.arn, crl, &key),
            key,
            entries: list.revoked().len(),
            due: list.due(),
        })
    };
    authority.crl.published(crl).filter_map(show).collect()
}

/// The moment of the next CRL: only ACTIVE and DISABLED CAs write any.
fn due(authority: &Authority, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let crl = authority.crl_configuration()?;
    matches!(authority.status(now), Status::Active | Status::Disabled)
        .then(|| authority.crl.next_due(crl))
        .flatten()
}
