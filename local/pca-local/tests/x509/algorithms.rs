//! Every key with every signing algorithm: request, root, leaf and CRL, read by others.

use std::time::Duration;

use aws_sdk_acmpca::types::SigningAlgorithm;
use pca_local::x509::crl::{CrlEntry, CrlHeader, Reason, sign_crl};
use pca_local::x509::csr::{Request, ca_request, to_pem};
use pca_local::x509::key::CaKey;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::world::{Ca, NOW, Wanted, at_now, key, request};
use testkit::openssl::OpenSsl;

fn signing_algorithms(key: &CaKey) -> Vec<SigningAlgorithm> {
    let all = SigningAlgorithm::values().iter().map(|name| SigningAlgorithm::from(*name));
    all.filter(|signing| key.can_sign_with(signing)).collect()
}

fn leaf_request() -> Request {
    let leaf = key("EC_prime256v1");
    request(&leaf, &SigningAlgorithm::Sha256Withecdsa, "leaf")
}

fn verify_with_webpki(root: &[u8], leaf: &[u8]) -> Result<(), webpki::Error> {
    let (root, leaf) = (CertificateDer::from(root), CertificateDer::from(leaf));
    let anchors = [anchor_from_trusted_cert(&root)?];
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW.unix_timestamp() as u64));
    let usage = KeyUsage::server_auth();
    EndEntityCert::try_from(&leaf)?
        .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &[], now, usage, None, None)
        .map(|_| ())
}

fn crl(ca: &Ca) -> Vec<u8> {
    let header = CrlHeader {
        signing_algorithm: &ca.signing,
        number: 7,
        this_update: NOW,
        next_update: NOW + time::Duration::DAY,
        issuing_distribution_point: None,
    };
    let entry = CrlEntry { serial: [0xfe; 16], revoked_at: NOW, reason: Reason::Superseded };
    sign_crl(&ca.issuer(), &header, [entry]).unwrap()
}

/// OpenSSL 3.0 knows everything but ML-DSA.
fn verify_with_openssl(openssl: &OpenSsl, ca: &Ca, leaf: &[u8]) {
    let subject = aws_sdk_acmpca::types::Asn1Subject::builder().common_name("Root").build();
    let request = ca_request(&ca.key, &ca.signing, &subject, None).unwrap();
    openssl.write("request.pem", to_pem(&request));
    openssl.run("req -in request.pem -noout -verify");
    openssl.write_certificate("root.pem", ca.certificate.der());
    openssl.write_certificate("leaf.pem", leaf);
    openssl.run(&format!("verify -x509_strict {} -CAfile root.pem leaf.pem", at_now()));
    openssl.write("list.crl", crl(ca));
    let verified = openssl.run("crl -inform DER -in list.crl -CAfile root.pem -noout");
    assert!(verified.contains("verify OK"), "{verified}");
}

fn round_trip(algorithm: &str) {
    let openssl = OpenSsl::new();
    let key = key(algorithm);
    let leaf_request = leaf_request();
    for signing in signing_algorithms(&key) {
        let row = format!("{algorithm} {signing}");
        let ca = Ca::root(key.clone(), signing);
        assert!(ca.certificate.is_self_signed(), "{row}");
        let leaf = ca.issue(&Wanted::new("EndEntityCertificate", &leaf_request)).unwrap();
        if algorithm.starts_with("ML_DSA") {
            continue;
        }
        verify_with_openssl(&openssl, &ca, &leaf);
        verify_with_webpki(ca.certificate.der(), &leaf)
            .unwrap_or_else(|error| panic!("{row}: {error}"));
    }
}

#[test]
fn rsa_2048_is_read_by_others() {
    round_trip("RSA_2048");
}

#[test]
fn rsa_3072_is_read_by_others() {
    round_trip("RSA_3072");
}

#[test]
fn rsa_4096_is_read_by_others() {
    round_trip("RSA_4096");
}

#[test]
fn elliptic_curves_are_read_by_others() {
    for algorithm in ["EC_prime256v1", "EC_secp384r1", "EC_secp521r1"] {
        round_trip(algorithm);
    }
}

/// No other reader of these is at hand; the signatures are checked by `is_self_signed`.
#[test]
fn ml_dsa_certifies_itself() {
    for algorithm in ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"] {
        round_trip(algorithm);
    }
}
