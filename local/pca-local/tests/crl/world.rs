//! A CA whose CRLs go to an S3 in this process, along a clock that stands still.

use std::sync::{Arc, Mutex};

use aws_sdk_acmpca::{
    Client,
    error::ProvideErrorMetadata as _,
    primitives::Blob,
    types::{
        CertificateAuthorityType, CrlConfiguration, CrlType, RevocationConfiguration,
        RevocationReason, ValidityPeriodType,
    },
};
use der::Decode as _;
use pca_local::{PcaLocal, Quotas, x509::pem};
use serde_json::json;
use time::OffsetDateTime;
use x509_cert::{
    crl::CertificateList,
    ext::pkix::{
        CrlDistributionPoints, IssuingDistributionPoint,
        name::{DistributionPointName, GeneralName},
    },
};

use testkit::{pca::*, s3::S3};

pub(super) const GENERATION: &str = "ACM Private CA CRL Generation";
pub(super) const DAYS: i32 = 8;

/// Keeps the service's events.
#[derive(Default)]
pub(super) struct Events(Mutex<Vec<serde_json::Value>>);

impl pca_local::EventSink for Events {
    fn deliver(&self, event: serde_json::Value) {
        self.0.lock().unwrap().push(event);
    }
}

impl Events {
    /// The details of the events of one type since the last call.
    pub(super) fn take(&self, detail_type: &str) -> Vec<serde_json::Value> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        let wanted = events.into_iter().filter(|event| event["detail-type"] == detail_type);
        wanted.map(|event| event["detail"].clone()).collect()
    }
}

pub(super) struct World {
    pub(super) service: PcaLocal,
    pub(super) client: Client,
    pub(super) s3: S3,
    pub(super) events: Arc<Events>,
    pub(super) ca: String,
    /// The request of every leaf.
    csr: Blob,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with_quotas(Quotas::default()).await
    }

    pub(super) async fn with_quotas(quotas: Quotas) -> Self {
        let s3 = S3::default();
        let events = Arc::new(Events::default());
        let service = builder().s3(s3.client()).events(events.clone()).quotas(quotas).build();
        let client = client(&service, "alice");
        let ca = active_root(&client).await;
        let leaf = create(&client, CertificateAuthorityType::Subordinate, "Leaf").await;
        let csr = csr(&client, &leaf).await;
        Self { service, client, s3, events, ca, csr }
    }

    pub(super) async fn with_crl(crl: CrlConfiguration) -> Self {
        let world = Self::new().await;
        world.configure(crl).await.unwrap();
        assert_eq!(world.s3.take_writes(), ["bucket/acm-pca-permission-test-key"]);
        world
    }

    pub(super) async fn configure(&self, crl: CrlConfiguration) -> Result<(), String> {
        let revocation = RevocationConfiguration::builder().crl_configuration(crl).build();
        self.client
            .update_certificate_authority()
            .certificate_authority_arn(&self.ca)
            .revocation_configuration(revocation)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| format!("{}: {}", error.code().unwrap(), error.message().unwrap()))
    }

    /// A leaf for a number of days; its ARN.
    pub(super) async fn issue(&self, days: i64) -> String {
        let days = validity(ValidityPeriodType::Days, days);
        issue(&self.client, &self.ca, self.csr.clone(), "EndEntityCertificate", days).await
    }

    pub(super) async fn revoke(&self, certificate: &str) -> Result<(), String> {
        self.client
            .revoke_certificate()
            .certificate_authority_arn(&self.ca)
            .certificate_serial(serial(certificate))
            .revocation_reason(RevocationReason::Superseded)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| format!("{}: {}", error.code().unwrap(), error.message().unwrap()))
    }

    pub(super) async fn at(&self, moment: OffsetDateTime) {
        self.service.timeline().advance_to(moment).await;
    }

    pub(super) fn complete_key(&self) -> String {
        format!("crl/{}.crl", self.ca.rsplit('/').next().unwrap())
    }

    pub(super) fn crl(&self, path: &str) -> CertificateList {
        CertificateList::from_der(&self.s3.object(path).expect("the CRL is there")).unwrap()
    }

    pub(super) fn listed(&self, path: &str) -> Vec<String> {
        let crl = self.crl(path);
        let entries = crl.tbs_cert_list.revoked_certificates.unwrap_or_default();
        let padded = |hex: String| format!("{hex:0>32}");
        let serials = entries.iter().map(|entry| hex::encode(entry.serial_number.as_bytes()));
        serials
            .map(|hex: String| padded(hex.get(hex.len().saturating_sub(32)..).unwrap().into()))
            .collect()
    }

    /// The URL in the certificate's CDP, if it has one.
    pub(super) async fn distribution_point(&self, certificate_arn: &str) -> Option<String> {
        let (text, _) = certificate(&self.client, &self.ca, certificate_arn).await;
        let der = pem::decode_one(text.as_bytes(), &[pem::CERTIFICATE]).unwrap();
        let parsed = x509_cert::Certificate::from_der(&der).unwrap();
        let (_, points) =
            parsed.tbs_certificate().get_extension::<CrlDistributionPoints>().unwrap()?;
        let [point] = points.0.as_slice() else { panic!("one point") };
        Some(url(point.distribution_point.as_ref().unwrap()))
    }
}

fn url(name: &DistributionPointName) -> String {
    let DistributionPointName::FullName(names) = name else { panic!("a full name") };
    let [GeneralName::UniformResourceIdentifier(url)] = names.as_slice() else { panic!("one URL") };
    url.to_string()
}

pub(super) fn names_itself(crl: &CertificateList) -> Option<String> {
    let extensions = crl.tbs_cert_list.crl_extensions.iter().flatten();
    let found = extensions.into_iter().find(|one| one.extn_id.to_string() == "2.5.29.28")?;
    assert!(found.critical, "RFC 5280 §5.2.5");
    let point = IssuingDistributionPoint::from_der(found.extn_value.as_bytes()).unwrap();
    assert!(!point.only_contains_user_certs && !point.only_contains_ca_certs);
    assert!(!point.indirect_crl && point.only_some_reasons.is_none());
    Some(url(&point.distribution_point.unwrap()))
}

pub(super) fn serial(certificate_arn: &str) -> &str {
    certificate_arn.rsplit('/').next().unwrap()
}

pub(super) fn crl_of(kind: CrlType) -> CrlConfiguration {
    CrlConfiguration::builder()
        .enabled(true)
        .s3_bucket_name("bucket")
        .expiration_in_days(DAYS)
        .crl_type(kind)
        .build()
        .unwrap()
}

pub(super) fn success() -> serde_json::Value {
    json!({"result": "success"})
}
