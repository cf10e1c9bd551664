//! CRLs in OpenSSL's and webpki's eyes.

use aws_sdk_acmpca::types::SigningAlgorithm;
use pca_local::x509::crl::{CrlEntry, CrlHeader, Reason, sign_crl};

use crate::world::{Ca, NOW, Wanted, at_now, key, request};
use testkit::openssl::OpenSsl;

const HEADER: CrlHeader<'_> = CrlHeader {
    signing_algorithm: &SigningAlgorithm::Sha256Withecdsa,
    number: 1_519_676_905_984,
    this_update: NOW,
    next_update: NOW.saturating_add(time::Duration::DAY),
    issuing_distribution_point: None,
};

#[test]
fn openssl_refuses_a_revoked_certificate_only() {
    let openssl = OpenSsl::new();
    let ca = Ca::p256_root();
    let leaf = key("EC_prime256v1");
    let request = request(&leaf, &ca.signing, "leaf");
    for (file, serial) in [("revoked.pem", [0x80; 16]), ("good.pem", [0x7f; 16])] {
        let wanted = Wanted { serial, ..Wanted::new("EndEntityCertificate", &request) };
        openssl.write_certificate(file, &ca.issue(&wanted).unwrap());
    }
    let revoked = CrlEntry { serial: [0x80; 16], revoked_at: NOW, reason: Reason::KeyCompromise };
    openssl.write("list.der", sign_crl(&ca.issuer(), &HEADER, [revoked]).unwrap());
    openssl.run("crl -inform DER -in list.der -out list.pem");
    openssl.write_certificate("root.pem", ca.certificate.der());

    let check = |file: &str| {
        let now = at_now();
        openssl
            .attempt(&format!("verify {now} -crl_check -CRLfile list.pem -CAfile root.pem {file}"))
    };
    check("good.pem").unwrap();
    assert!(check("revoked.pem").unwrap_err().contains("certificate revoked"));

    let text = openssl.run("crl -in list.pem -noout -text");
    for want in [
        "Version 2",
        "Issuer: C = DE, O = Vigil, CN = Root",
        "Last Update: Nov 22 05:00:00 2026 GMT",
        "Next Update: Nov 23 05:00:00 2026 GMT",
        "Serial Number: 80808080808080808080808080808080",
        "Key Compromise",
        "1519676905984",
    ] {
        assert!(text.contains(want), "{want} is missing in {text}");
    }
}

#[test]
fn a_partition_s_crl_serves_certificates_that_point_to_it() {
    let openssl = OpenSsl::new();
    let ca = Ca::p256_root();
    let leaf = key("EC_prime256v1");
    let request = request(&leaf, &ca.signing, "leaf");
    let url = "http://crl.example/partition.crl";
    let wanted = Wanted { crl: Some(url), ..Wanted::new("EndEntityCertificate", &request) };
    openssl.write_certificate("leaf.pem", &ca.issue(&wanted).unwrap());
    openssl.write_certificate("root.pem", ca.certificate.der());
    let check = |point| {
        let header = CrlHeader { issuing_distribution_point: Some(point), ..HEADER };
        openssl.write("list.der", sign_crl(&ca.issuer(), &header, []).unwrap());
        openssl.run("crl -inform DER -in list.der -out list.pem");
        let now = at_now();
        openssl.attempt(&format!(
            "verify {now} -crl_check -extended_crl -CRLfile list.pem -CAfile root.pem leaf.pem"
        ))
    };
    check(url).unwrap();
    check("http://crl.example/other.crl").unwrap_err();
}

#[test]
fn a_long_crl_is_verified_by_openssl_and_loses_no_entry() {
    const ENTRIES: u128 = 50_000;
    let openssl = OpenSsl::new();
    let ca = Ca::p256_root();
    openssl.write_certificate("root.pem", ca.certificate.der());
    let entries = (0..ENTRIES).map(|number| CrlEntry {
        serial: (number << 111).to_be_bytes(),
        revoked_at: NOW,
        reason: Reason::KeyCompromise,
    });
    openssl.write("list.der", sign_crl(&ca.issuer(), &HEADER, entries).unwrap());
    let printed = openssl.run("crl -inform DER -in list.der -CAfile root.pem -noout -text");
    assert!(printed.contains("verify OK"));
    assert_eq!(printed.matches("Serial Number: ").count() as u128, ENTRIES);
}
