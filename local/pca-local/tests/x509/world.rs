//! A CA, requests, and the shortest way to a certificate.

use std::sync::Arc;

use aws_sdk_acmpca::types::{ApiPassthrough, Asn1Subject, KeyAlgorithm, SigningAlgorithm};
use pca_local::x509::certificate::Certificate;
use pca_local::x509::csr::{Request, ca_request};
use pca_local::x509::issue::{Issuance, IssueError, Issuer, issue};
use pca_local::x509::key::CaKey;
use pca_local::x509::template;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 05:00 UTC);

pub(crate) struct Ca {
    pub(crate) key: Arc<CaKey>,
    pub(crate) signing: SigningAlgorithm,
    pub(crate) request: Request,
    pub(crate) certificate: Certificate,
}

pub(crate) fn key(algorithm: &str) -> Arc<CaKey> {
    Arc::new(CaKey::generate(&KeyAlgorithm::from(algorithm)).unwrap())
}

pub(crate) fn request(key: &CaKey, signing: &SigningAlgorithm, name: &str) -> Request {
    let subject = Asn1Subject::builder().country("DE").organization("Vigil").common_name(name);
    let der = ca_request(key, signing, &subject.build(), None).unwrap();
    Request::parse_der(&der).unwrap()
}

impl Ca {
    /// A root that certified itself.
    pub(crate) fn root(key: Arc<CaKey>, signing: SigningAlgorithm) -> Self {
        let request = request(&key, &signing, "Root");
        let issuer = Issuer::self_signing(request.subject.clone(), key.clone());
        let certificate = Wanted::new("RootCACertificate", &request).issue(&issuer, &signing);
        let certificate = Certificate::parse_der(&certificate.unwrap()).unwrap();
        Self { key, signing, request, certificate }
    }

    pub(crate) fn p256_root() -> Self {
        Self::root(key("EC_prime256v1"), SigningAlgorithm::Sha256Withecdsa)
    }

    /// A CA below this one.
    pub(crate) fn subordinate(&self, name: &str, template: &str) -> Self {
        let key = key("EC_prime256v1");
        let signing = SigningAlgorithm::Sha256Withecdsa;
        let request = request(&key, &signing, name);
        let certificate = self.issue(&Wanted::new(template, &request)).unwrap();
        let certificate = Certificate::parse_der(&certificate).unwrap();
        Self { key, signing, request, certificate }
    }

    pub(crate) fn issuer(&self) -> Issuer {
        Issuer::from_certificate(&self.certificate, self.key.clone())
    }

    pub(crate) fn issue(&self, wanted: &Wanted<'_>) -> Result<Vec<u8>, IssueError> {
        wanted.issue(&self.issuer(), &self.signing)
    }
}

pub(crate) struct Wanted<'a> {
    pub(crate) template: &'a str,
    pub(crate) request: &'a Request,
    pub(crate) passthrough: Option<&'a ApiPassthrough>,
    pub(crate) not_after: OffsetDateTime,
    pub(crate) serial: [u8; 16],
    pub(crate) crl: Option<&'a str>,
    pub(crate) ocsp: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// `template` is a template's name without its version.
    pub(crate) fn new(template: &'a str, request: &'a Request) -> Self {
        Self {
            template,
            request,
            passthrough: None,
            not_after: NOW + Duration::days(365),
            serial: [0xa5; 16],
            crl: None,
            ocsp: None,
        }
    }

    pub(crate) fn issue(
        &self,
        issuer: &Issuer,
        signing: &SigningAlgorithm,
    ) -> Result<Vec<u8>, IssueError> {
        issue(&Issuance {
            issuer,
            request: self.request,
            template: template::by_name(&format!("{}/V1", self.template)).unwrap(),
            passthrough: self.passthrough,
            serial: self.serial,
            not_before: NOW - Duration::HOUR,
            not_after: self.not_after,
            signing_algorithm: signing,
            crl_distribution_point: self.crl,
            ocsp_responder: self.ocsp,
        })
    }
}

/// The name on the command line of what [`NOW`] is.
pub(crate) fn at_now() -> String {
    format!("-attime {}", NOW.unix_timestamp())
}
