//! The least that issuing a certificate can cost: the same library, with no service around it.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_acmpca::types::{Asn1Subject, KeyAlgorithm, SigningAlgorithm};
use pca_local::x509::certificate::Certificate;
use pca_local::x509::csr::{Request, ca_request};
use pca_local::x509::issue::{Issuance, Issuer, issue};
use pca_local::x509::key::CaKey;
use pca_local::x509::{pem, template};
use time::OffsetDateTime;

use crate::{BenchResult, stopwatch};

const SIGNING: SigningAlgorithm = SigningAlgorithm::Sha256Withecdsa;

/// A request of a P-256 key, as PEM.
pub fn request(name: &str) -> BenchResult<String> {
    let (_, der) = key_and_request(name)?;
    Ok(pem::encode(pem::CERTIFICATE_REQUEST, &der))
}

fn key_and_request(name: &str) -> BenchResult<(CaKey, Vec<u8>)> {
    let key = CaKey::generate(&KeyAlgorithm::EcPrime256v1).map_err(|error| error.to_string())?;
    let subject = Asn1Subject::builder().organization("Bench").common_name(name).build();
    let der = ca_request(&key, &SIGNING, &subject, None).map_err(|error| error.to_string())?;
    Ok((key, der))
}

/// A root, and its certificate in DER.
pub fn root(now: OffsetDateTime) -> BenchResult<(Issuer, Vec<u8>)> {
    let (key, request) = key_and_request("Root")?;
    let key = Arc::new(key);
    let request = Request::parse_der(&request).map_err(|error| error.to_string())?;
    let own = Issuer::self_signing(request.subject.clone(), Arc::clone(&key));
    let years = time::Duration::days(3652);
    let der = sign(&own, &request, "RootCACertificate/V1", [1; 16], now, years)?;
    let certificate = Certificate::parse_der(&der).map_err(|error| error.to_string())?;
    Ok((Issuer::from_certificate(&certificate, key), der))
}

fn sign(
    issuer: &Issuer,
    request: &Request,
    template: &str,
    serial: [u8; 16],
    now: OffsetDateTime,
    validity: time::Duration,
) -> BenchResult<Vec<u8>> {
    let template = template::by_name(template).ok_or_else(|| format!("no template {template}"))?;
    issue(&Issuance {
        issuer,
        request,
        template,
        passthrough: None,
        serial,
        not_before: now - time::Duration::HOUR,
        not_after: now + validity,
        signing_algorithm: &SIGNING,
        crl_distribution_point: Some("http://bench.s3.us-east-1.amazonaws.com/crl/bench.crl"),
        ocsp_responder: None,
    })
    .map_err(|error| error.to_string())
}

/// Certificates a second on `threads` threads: PEM to request, its signature verified, a
/// certificate made and signed, and nothing else.
pub fn certificates_per_second(threads: usize, for_seconds: f64) -> BenchResult<f64> {
    let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(365 * 56);
    let (issuer, _) = root(now)?;
    let csr = request("leaf")?;
    let until = Duration::from_secs_f64(for_seconds);
    let run = || -> BenchResult<u64> {
        let watch = stopwatch();
        let mut count = 0;
        while watch.elapsed() < until {
            let request = Request::parse(csr.as_bytes()).map_err(|error| error.to_string())?;
            let mut serial = [0; 16];
            aws_lc_rs::rand::fill(&mut serial).map_err(|error| error.to_string())?;
            let validity = time::Duration::days(365);
            sign(&issuer, &request, "EndEntityCertificate/V1", serial, now, validity)?;
            count += 1;
        }
        Ok(count)
    };
    let counts: Vec<BenchResult<u64>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let failed = || Err("a thread of the bare loop ended".to_owned());
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| failed())).collect()
    });
    let total: u64 = counts.into_iter().sum::<BenchResult<u64>>()?;
    Ok(total as f64 / for_seconds)
}
