//! `FakeAuthorities` as a world.

use std::collections::BTreeMap;

use aws_sdk_acmpca::types::CertificateAuthorityType as Kind;
use testkit::pca::START;
use time::Duration;
use vigil_core::{
    arn::CaArn,
    ca::{Ca, CaStatus, CaType},
    fakes::FakeAuthorities,
};

use super::World;

/// What the fake gives for the certificate of every CA, and for every issued certificate.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n";

pub(crate) struct Fake(FakeAuthorities);

impl Fake {
    pub(crate) async fn start() -> Self {
        Self(FakeAuthorities::new(START, Vec::new()))
    }

    fn change(&self, arn: &CaArn, change: impl FnOnce(&mut Ca)) {
        let mut cas = self.0.cas.lock().unwrap();
        change(cas.iter_mut().find(|ca| ca.arn == *arn).unwrap());
    }
}

impl World for Fake {
    type Port = FakeAuthorities;

    fn port(&self) -> &FakeAuthorities {
        &self.0
    }

    async fn create(&self, kind: Kind) -> CaArn {
        let mut cas = self.0.cas.lock().unwrap();
        let number = cas.len();
        let arn = format!(
            "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/\
             00000000-0000-4000-8000-{number:012}"
        );
        let arn: CaArn = arn.parse().unwrap();
        let now = *self.0.now.lock().unwrap();
        cas.push(Ca {
            arn: arn.clone(),
            ca_type: CaType::from(kind.as_str()),
            status: CaStatus::PendingCertificate,
            common_name: Some("Root".to_owned()),
            key_algorithm: Some("EC_prime256v1".to_owned()),
            signing_algorithm: Some("SHA256WITHECDSA".to_owned()),
            usage_mode: None,
            serial: None,
            not_before: None,
            not_after: None,
            created_at: Some(now),
            last_state_change_at: Some(now),
            restorable_until: None,
            crl: None,
            ocsp_enabled: false,
        });
        arn
    }

    async fn activate(&self, root: &CaArn) {
        let now = *self.0.now.lock().unwrap();
        self.change(root, |ca| {
            ca.status = CaStatus::Active;
            ca.serial = Some("01".to_owned());
            ca.not_before = Some(now - Duration::HOUR);
            ca.not_after = Some(now + Duration::days(3650));
            ca.last_state_change_at = Some(now);
        });
        self.0.certificates.lock().unwrap().insert(root.to_string(), CERTIFICATE.to_owned());
    }

    async fn issue(&self, _: &CaArn) -> String {
        let serial = "a5".repeat(16);
        self.0.issued.lock().unwrap().insert(serial.clone(), CERTIFICATE.to_owned());
        serial
    }

    async fn delete(&self, ca: &CaArn) {
        let now = *self.0.now.lock().unwrap();
        self.change(ca, |ca| {
            ca.status = CaStatus::Deleted;
            ca.restorable_until = Some(now + Duration::days(7));
            ca.last_state_change_at = Some(now);
        });
    }

    async fn tag(&self, ca: &CaArn, key: &str, value: Option<&str>) {
        let mut attached = self.0.attached.lock().unwrap();
        let tags: &mut BTreeMap<_, _> = &mut attached.entry(ca.to_string()).or_default().tags;
        tags.insert(key.to_owned(), value.map(str::to_owned));
    }

    async fn advance(&self, by: Duration) {
        let now = *self.0.now.lock().unwrap();
        self.0.set_now(now + by);
    }
}
