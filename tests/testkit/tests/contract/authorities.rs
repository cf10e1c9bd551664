//! ACM PCA as [`Authorities`] and [`Issued`] have it.

mod fake;
mod real;

use aws_sdk_acmpca::types::CertificateAuthorityType as Kind;
use testkit::pca::START;
use time::Duration;
use vigil_core::{
    arn::CaArn,
    ca::{Ca, CaStatus, CaType},
    ports::{Attachments, Authorities, Issued, PortError, ServiceStatus},
};

pub(crate) use fake::Fake;
pub(crate) use real::Real;

use crate::sentences;

/// A service on a clock that stands at [`START`], and what others than Vigil do to its CAs.
pub(crate) trait World {
    type Port: Authorities + Attachments + Issued;

    fn port(&self) -> &Self::Port;

    /// A CA that waits for its certificate.
    async fn create(&self, kind: Kind) -> CaArn;

    /// Gives a root its own certificate, for ten years.
    async fn activate(&self, root: &CaArn);

    /// The serial of a new certificate, as certificate ARNs have it.
    async fn issue(&self, ca: &CaArn) -> String;

    /// Deletes a CA that is not ACTIVE, with a restoration window of seven days.
    async fn delete(&self, ca: &CaArn);

    async fn tag(&self, ca: &CaArn, key: &str, value: Option<&str>);

    async fn advance(&self, by: Duration);

    async fn pending(&self) -> CaArn {
        self.create(Kind::Root).await
    }

    async fn active(&self) -> CaArn {
        let ca = self.pending().await;
        self.activate(&ca).await;
        ca
    }

    async fn disabled(&self) -> CaArn {
        let ca = self.active().await;
        self.port().update_status(&ca, ServiceStatus::Disabled).await.unwrap();
        ca
    }

    async fn deleted(&self) -> CaArn {
        let ca = self.disabled().await;
        self.delete(&ca).await;
        ca
    }

    async fn described(&self, ca: &CaArn) -> Ca {
        self.port().describe(ca).await.unwrap().ca
    }
}

sentences!(Fake, Real;
    a_listing_has_all_cas_the_deleted_included
    a_listing_goes_over_all_pages
    a_listing_and_a_description_say_the_same
    a_description_has_the_time_of_the_service
    a_deleted_ca_says_until_when_it_can_be_restored
    a_ca_is_gone_at_the_end_of_its_window
    a_ca_without_a_certificate_has_no_validity
    no_call_finds_an_unknown_ca
    restoring_gives_a_disabled_ca
    restoring_a_ca_without_a_certificate_gives_a_pending_one
    restoring_a_ca_that_is_not_deleted_is_refused
    restoring_takes_the_time_of_the_service
    a_status_is_switched_both_ways
    a_status_that_is_set_already_stays_as_it_was
    a_status_cannot_be_set_outside_of_service
    a_ca_is_expired_after_the_end_of_its_certificate
    restoring_an_expired_ca_gives_an_expired_one
    tags_are_read_with_and_without_values
    tags_of_a_deleted_ca_are_refused
    the_certificate_of_a_ca_is_read_in_pem
    the_certificate_of_a_ca_without_one_is_refused
    the_certificate_of_a_deleted_ca_is_refused
    an_issued_certificate_is_read_by_its_serial
    an_unknown_serial_is_not_found
    certificates_of_a_deleted_ca_are_refused
);

/// An ARN that no CA has.
fn unknown() -> CaArn {
    let id = "ffffffff-ffff-4fff-8fff-ffffffffffff";
    let arn = format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{id}");
    arn.parse().unwrap()
}

/// The refusal is for the state, and names the API's operation and the CA.
pub(crate) fn assert_invalid_state<T: std::fmt::Debug>(
    answer: Result<T, PortError>,
    operation: &str,
    ca: &CaArn,
) {
    let error = answer.unwrap_err();
    assert!(matches!(error, PortError::InvalidState { .. }), "{error}");
    assert_eq!(error.to_string(), format!("{operation} does not fit the state of {ca}"));
}

pub(crate) fn assert_not_found<T: std::fmt::Debug>(
    answer: Result<T, PortError>,
    operation: &str,
    resource: &str,
) {
    let error = answer.unwrap_err();
    assert!(matches!(error, PortError::NotFound { .. }), "{error}");
    assert_eq!(error.to_string(), format!("{operation} did not find {resource}"));
}

async fn a_listing_has_all_cas_the_deleted_included(world: &impl World) {
    assert!(world.port().list().await.unwrap().cas.is_empty());
    let want = [
        (world.active().await, CaStatus::Active),
        (world.disabled().await, CaStatus::Disabled),
        (world.deleted().await, CaStatus::Deleted),
        (world.pending().await, CaStatus::PendingCertificate),
    ];
    let listing = world.port().list().await.unwrap();
    assert_eq!(listing.as_of, START);
    let mut listed: Vec<_> = listing.cas.into_iter().map(|ca| (ca.arn, ca.status)).collect();
    listed.sort_by(|one, other| one.0.cmp(&other.0));
    let mut want = Vec::from(want);
    want.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(listed, want);
}

/// ListCertificateAuthorities: "at most 100 items are returned" by one call.
async fn a_listing_goes_over_all_pages(world: &impl World) {
    for _ in 0..101 {
        world.create(Kind::Subordinate).await;
    }
    let cas = world.port().list().await.unwrap().cas;
    let distinct: std::collections::BTreeSet<_> = cas.iter().map(|ca| &ca.arn).collect();
    assert_eq!((cas.len(), distinct.len()), (101, 101));
}

async fn a_listing_and_a_description_say_the_same(world: &impl World) {
    for ca in [world.active().await, world.deleted().await, world.pending().await] {
        let listing = world.port().list().await.unwrap();
        let listed = listing.cas.into_iter().find(|one| one.arn == ca).unwrap();
        assert_eq!(listed, world.described(&ca).await);
    }
}

async fn a_description_has_the_time_of_the_service(world: &impl World) {
    let ca = world.active().await;
    assert_eq!(world.port().describe(&ca).await.unwrap().as_of, START);
    world.advance(Duration::days(3)).await;
    assert_eq!(world.port().describe(&ca).await.unwrap().as_of, START + Duration::days(3));
    assert_eq!(world.port().list().await.unwrap().as_of, START + Duration::days(3));
}

async fn a_deleted_ca_says_until_when_it_can_be_restored(world: &impl World) {
    let ca = world.disabled().await;
    assert_eq!(world.described(&ca).await.restorable_until, None);
    world.advance(Duration::HOUR).await;
    world.delete(&ca).await;
    let deleted = world.described(&ca).await;
    let at = START + Duration::HOUR;
    assert_eq!(deleted.status, CaStatus::Deleted);
    assert_eq!(deleted.restorable_until, Some(at + Duration::days(7)));
    assert_eq!(deleted.last_state_change_at, Some(at));
    world.port().restore(&ca).await.unwrap();
    assert_eq!(world.described(&ca).await.restorable_until, None);
}

async fn a_ca_is_gone_at_the_end_of_its_window(world: &impl World) {
    let ca = world.deleted().await;
    world.advance(Duration::days(7) - Duration::SECOND).await;
    assert_eq!(world.described(&ca).await.status, CaStatus::Deleted);
    world.advance(Duration::SECOND).await;
    assert!(world.port().list().await.unwrap().cas.is_empty());
    let describing = world.port().describe(&ca).await;
    assert_not_found(describing, "DescribeCertificateAuthority", ca.as_str());
    let restoring = world.port().restore(&ca).await;
    assert_not_found(restoring, "RestoreCertificateAuthority", ca.as_str());
}

async fn a_ca_without_a_certificate_has_no_validity(world: &impl World) {
    let ca = world.pending().await;
    let pending = world.described(&ca).await;
    assert_eq!((pending.status, pending.ca_type), (CaStatus::PendingCertificate, CaType::Root));
    assert_eq!((pending.serial, pending.not_before, pending.not_after), (None, None, None));
    world.activate(&ca).await;
    let active = world.described(&ca).await;
    assert!(active.serial.is_some() && active.not_before.is_some() && active.not_after.is_some());
    assert_eq!(active.common_name.as_deref(), Some("Root"));
}

async fn no_call_finds_an_unknown_ca(world: &impl World) {
    world.active().await;
    let (port, ca) = (world.port(), unknown());
    let resource = ca.as_str();
    assert_not_found(port.describe(&ca).await, "DescribeCertificateAuthority", resource);
    assert_not_found(port.restore(&ca).await, "RestoreCertificateAuthority", resource);
    let update = port.update_status(&ca, ServiceStatus::Active).await;
    assert_not_found(update, "UpdateCertificateAuthority", resource);
    assert_not_found(port.tags(&ca).await, "ListTags", resource);
    let certificate = port.certificate(&ca).await;
    assert_not_found(certificate, "GetCertificateAuthorityCertificate", resource);
    let error = port.issued(&ca, &"00".repeat(16)).await.unwrap_err();
    assert!(matches!(error, PortError::NotFound { .. }), "{error}");
}

async fn restoring_gives_a_disabled_ca(world: &impl World) {
    let ca = world.deleted().await;
    let before = world.described(&ca).await;
    world.advance(Duration::days(1)).await;
    world.port().restore(&ca).await.unwrap();
    let want = Ca {
        status: CaStatus::Disabled,
        restorable_until: None,
        last_state_change_at: Some(START + Duration::days(1)),
        ..before
    };
    assert_eq!(world.described(&ca).await, want);
}

async fn restoring_a_ca_without_a_certificate_gives_a_pending_one(world: &impl World) {
    let ca = world.pending().await;
    world.delete(&ca).await;
    world.port().restore(&ca).await.unwrap();
    assert_eq!(world.described(&ca).await.status, CaStatus::PendingCertificate);
}

async fn restoring_a_ca_that_is_not_deleted_is_refused(world: &impl World) {
    let restored = world.deleted().await;
    world.port().restore(&restored).await.unwrap();
    let others = [world.active().await, world.disabled().await, world.pending().await, restored];
    for ca in others {
        let before = world.described(&ca).await;
        let refused = world.port().restore(&ca).await;
        assert_invalid_state(refused, "RestoreCertificateAuthority", &ca);
        assert_eq!(world.described(&ca).await, before);
    }
}

async fn restoring_takes_the_time_of_the_service(world: &impl World) {
    let ca = world.deleted().await;
    world.advance(Duration::days(2)).await;
    let receipt = world.port().restore(&ca).await.unwrap();
    assert_eq!(receipt.at, START + Duration::days(2));
    assert!(receipt.request_id.is_some_and(|id| !id.is_empty()));
}

async fn a_status_is_switched_both_ways(world: &impl World) {
    let ca = world.active().await;
    for (hours, set, shown) in [
        (1, ServiceStatus::Disabled, CaStatus::Disabled),
        (2, ServiceStatus::Active, CaStatus::Active),
    ] {
        world.advance(Duration::HOUR).await;
        let receipt = world.port().update_status(&ca, set).await.unwrap();
        let at = START + Duration::hours(hours);
        assert_eq!(receipt.at, at);
        assert!(receipt.request_id.is_some_and(|id| !id.is_empty()));
        let ca = world.described(&ca).await;
        assert_eq!((ca.status, ca.last_state_change_at), (shown, Some(at)));
    }
}

async fn a_status_that_is_set_already_stays_as_it_was(world: &impl World) {
    for (ca, status) in [
        (world.active().await, ServiceStatus::Active),
        (world.disabled().await, ServiceStatus::Disabled),
    ] {
        let before = world.described(&ca).await;
        world.advance(Duration::HOUR).await;
        world.port().update_status(&ca, status).await.unwrap();
        assert_eq!(world.described(&ca).await, before);
    }
}

async fn a_status_cannot_be_set_outside_of_service(world: &impl World) {
    for ca in [world.deleted().await, world.pending().await] {
        for status in [ServiceStatus::Active, ServiceStatus::Disabled] {
            let refused = world.port().update_status(&ca, status).await;
            assert_invalid_state(refused, "UpdateCertificateAuthority", &ca);
        }
    }
}

async fn a_ca_is_expired_after_the_end_of_its_certificate(world: &impl World) {
    let cas = [world.active().await, world.disabled().await];
    let before = [world.described(&cas[0]).await, world.described(&cas[1]).await];
    let end = before[0].not_after.unwrap();
    assert_eq!(before[1].not_after, Some(end));
    world.advance(end - START).await;
    assert_eq!(world.described(&cas[0]).await.status, CaStatus::Active);
    assert_eq!(world.described(&cas[1]).await.status, CaStatus::Disabled);
    world.advance(Duration::SECOND).await;
    for (ca, before) in cas.iter().zip(before) {
        assert_eq!(world.described(ca).await, Ca { status: CaStatus::Expired, ..before });
        let refused = world.port().update_status(ca, ServiceStatus::Active).await;
        assert_invalid_state(refused, "UpdateCertificateAuthority", ca);
        world.port().tags(ca).await.unwrap();
        world.port().certificate(ca).await.unwrap();
    }
}

async fn restoring_an_expired_ca_gives_an_expired_one(world: &impl World) {
    let ca = world.disabled().await;
    let end = world.described(&ca).await.not_after.unwrap();
    world.advance(end - START + Duration::SECOND).await;
    world.delete(&ca).await;
    assert_eq!(world.described(&ca).await.status, CaStatus::Deleted);
    world.port().restore(&ca).await.unwrap();
    assert_eq!(world.described(&ca).await.status, CaStatus::Expired);
}

async fn tags_are_read_with_and_without_values(world: &impl World) {
    let ca = world.active().await;
    assert!(world.port().tags(&ca).await.unwrap().is_empty());
    world.tag(&ca, "owner", Some("pki")).await;
    world.tag(&ca, "kept", None).await;
    let tags = world.port().tags(&ca).await.unwrap();
    let tags: Vec<_> = tags.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
    assert_eq!(tags, [("kept", None), ("owner", Some("pki"))]);
}

async fn tags_of_a_deleted_ca_are_refused(world: &impl World) {
    let ca = world.disabled().await;
    world.tag(&ca, "owner", Some("pki")).await;
    world.delete(&ca).await;
    assert_invalid_state(world.port().tags(&ca).await, "ListTags", &ca);
    world.port().restore(&ca).await.unwrap();
    assert_eq!(world.port().tags(&ca).await.unwrap().len(), 1, "they survive the deletion");
}

async fn the_certificate_of_a_ca_is_read_in_pem(world: &impl World) {
    for ca in [world.active().await, world.disabled().await] {
        let certificate = world.port().certificate(&ca).await.unwrap();
        assert!(certificate.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
        assert_eq!(certificate.chain, None, "a root has none");
    }
}

async fn the_certificate_of_a_ca_without_one_is_refused(world: &impl World) {
    let ca = world.pending().await;
    let refused = world.port().certificate(&ca).await;
    assert_invalid_state(refused, "GetCertificateAuthorityCertificate", &ca);
}

async fn the_certificate_of_a_deleted_ca_is_refused(world: &impl World) {
    let ca = world.deleted().await;
    let refused = world.port().certificate(&ca).await;
    assert_invalid_state(refused, "GetCertificateAuthorityCertificate", &ca);
}

async fn an_issued_certificate_is_read_by_its_serial(world: &impl World) {
    let ca = world.active().await;
    let serial = world.issue(&ca).await;
    let certificate = world.port().issued(&ca, &serial).await.unwrap();
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"), "{certificate}");
}

async fn an_unknown_serial_is_not_found(world: &impl World) {
    let ca = world.active().await;
    let serial = "00".repeat(16);
    let issued = world.port().issued(&ca, &serial).await;
    assert_not_found(issued, "GetCertificate", &format!("{ca}/certificate/{serial}"));
}

async fn certificates_of_a_deleted_ca_are_refused(world: &impl World) {
    let ca = world.active().await;
    let serial = world.issue(&ca).await;
    world.port().update_status(&ca, ServiceStatus::Disabled).await.unwrap();
    world.port().issued(&ca, &serial).await.unwrap();
    world.delete(&ca).await;
    let error = world.port().issued(&ca, &serial).await.unwrap_err();
    assert!(matches!(error, PortError::InvalidState { .. }), "{error}");
}
