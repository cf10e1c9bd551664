//! Agreement with an independent implementation: the OpenSSL command line makes CA and CRL, and
//! verifies what we verify.

use std::{fs, path::Path, process::Command};

use time::Duration;

use super::{
    fixture::{Draft, Issuer},
    *,
};
use crate::certificate::Certificate;

const CONFIG: &str = "
[ca]
default_ca = this
[this]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 7
crl_extensions = crl_ext
[crl_ext]
authorityKeyIdentifier = keyid
[req]
distinguished_name = dn
x509_extensions = ca_ext
prompt = no
[dn]
CN = Agreement CA
O = Vigil
[ca_ext]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
";

fn openssl(directory: &Path, arguments: &[&str]) -> std::process::Output {
    let output = Command::new("openssl").args(arguments).current_dir(directory).output();
    output.expect("the openssl command is needed for this test (apt-get install openssl)")
}

fn succeed(directory: &Path, arguments: &[&str]) {
    let output = openssl(directory, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {stderr}");
}

/// A CA with a key from `genpkey` and a CRL of two entries, one with a serial whose first bit is set.
fn make(directory: &Path, key: &[&str], sign: &[&str]) -> (Certificate, Vec<u8>) {
    fs::write(directory.join("openssl.cnf"), CONFIG).unwrap();
    fs::write(directory.join("crlnumber"), "0123456789ABCDEF01\n").unwrap();
    let index = "R\t351231000000Z\t260101000000Z,keyCompromise\tF0000000000000000000000000000001\tunknown\t/CN=a\n\
                 R\t351231000000Z\t260102030405Z\t01\tunknown\t/CN=b\n";
    fs::write(directory.join("index.txt"), index).unwrap();
    succeed(directory, &[&["genpkey", "-out", "key.pem"], key].concat());
    let request = ["req", "-x509", "-config", "openssl.cnf", "-key", "key.pem", "-days", "30"];
    succeed(directory, &[&request[..], &["-out", "ca.pem"]].concat());
    let gencrl = ["ca", "-gencrl", "-config", "openssl.cnf", "-keyfile", "key.pem"];
    let files = ["-cert", "ca.pem", "-out", "crl.pem"];
    succeed(directory, &[&gencrl[..], &files, sign].concat());
    succeed(directory, &["crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der"]);
    let pem = fs::read_to_string(directory.join("ca.pem")).unwrap();
    (Certificate::from_pem(&pem).unwrap(), fs::read(directory.join("crl.der")).unwrap())
}

fn openssl_verifies(directory: &Path, crl: &[u8]) -> bool {
    fs::write(directory.join("checked.der"), crl).unwrap();
    let check = ["crl", "-inform", "DER", "-in", "checked.der", "-noout", "-CAfile", "ca.pem"];
    let output = openssl(directory, &check);
    String::from_utf8_lossy(&output.stderr).contains("verify OK")
}

#[test]
fn openssl_and_we_agree_on_its_crls_in_every_algorithm() {
    let rsa = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    let ec = |curve| ["-algorithm", "EC", "-pkeyopt", curve];
    let (p256, p384, p521) = (
        ec("ec_paramgen_curve:P-256"),
        ec("ec_paramgen_curve:P-384"),
        ec("ec_paramgen_curve:P-521"),
    );
    let ed25519 = ["-algorithm", "ED25519"];
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
    let mask = ["-sigopt", "rsa_mgf1_md:sha256"];
    let weak_rsa = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1031"];
    // aws-lc-rs takes no exponent of more than 33 bits.
    let large_exponent = [&rsa[..], &["-pkeyopt", "rsa_keygen_pubexp:1099511627791"]].concat();
    let k256 = ec("ec_paramgen_curve:secp256k1");
    let md = |name| ["-md", name];
    let salt = |length: &'static str| {
        let length = match length {
            "0" => "rsa_pss_saltlen:0",
            "17" => "rsa_pss_saltlen:17",
            "20" => "rsa_pss_saltlen:20",
            "24" => "rsa_pss_saltlen:24",
            _ => "rsa_pss_saltlen:max",
        };
        ["-sigopt", "rsa_padding_mode:pss", "-sigopt", length]
    };
    for (name, key, sign) in [
        ("SHA256WITHRSA", &rsa[..], md("sha256").to_vec()),
        ("SHA512WITHRSA", &rsa, md("sha512").to_vec()),
        ("SHA384WITHRSA_PSS", &rsa, [&md("sha384")[..], &pss].concat()),
        ("SHA256WITHRSA_PSS", &rsa, [&md("sha256")[..], &salt("24")].concat()),
        ("SHA256WITHRSA_PSS", &rsa, [&md("sha256")[..], &salt("0")].concat()),
        ("SHA512WITHRSA_PSS", &rsa, [&md("sha512")[..], &salt("max"), &mask].concat()),
        ("SHA1WITHRSA_PSS", &rsa, [&md("sha1")[..], &salt("20")].concat()),
        ("SHA1WITHRSA", &rsa, md("sha1").to_vec()),
        ("SHA224WITHRSA", &rsa, md("sha224").to_vec()),
        ("SHA256WITHRSA", &large_exponent, md("sha256").to_vec()),
        ("SHA256WITHRSA", &weak_rsa, md("sha256").to_vec()),
        ("SHA384WITHRSA_PSS", &weak_rsa, [&md("sha384")[..], &salt("17")].concat()),
        ("SHA256WITHECDSA", &k256, md("sha256").to_vec()),
        ("SHA1WITHECDSA", &p256, md("sha1").to_vec()),
        ("SHA256WITHECDSA", &p256, md("sha256").to_vec()),
        ("SHA384WITHECDSA", &p384, md("sha384").to_vec()),
        ("SHA512WITHECDSA", &p521, md("sha512").to_vec()),
        ("SHA224WITHECDSA", &p256, md("sha224").to_vec()),
        ("SHA1WITHECDSA", &p384, md("sha1").to_vec()),
        ("SHA224WITHECDSA", &p384, md("sha224").to_vec()),
        ("SHA224WITHECDSA", &k256, md("sha224").to_vec()),
        ("SHA512WITHECDSA", &k256, md("sha512").to_vec()),
        ("ED25519", &ed25519, md("null").to_vec()),
    ] {
        agree(name, key, &sign);
    }
}

/// ACM PCA has none of these curves: only programs with the feature verify signatures on them.
#[cfg(feature = "brainpool")]
#[test]
fn openssl_and_we_agree_on_its_crls_on_brainpool_curves() {
    for (name, curve, md) in [
        ("SHA256WITHECDSA", "ec_paramgen_curve:brainpoolP256r1", "sha256"),
        ("SHA1WITHECDSA", "ec_paramgen_curve:brainpoolP256r1", "sha1"),
        ("SHA224WITHECDSA", "ec_paramgen_curve:brainpoolP256t1", "sha224"),
        ("SHA384WITHECDSA", "ec_paramgen_curve:brainpoolP384r1", "sha384"),
        ("SHA512WITHECDSA", "ec_paramgen_curve:brainpoolP384t1", "sha512"),
    ] {
        agree(name, &["-algorithm", "EC", "-pkeyopt", curve], &["-md", md]);
    }
}

/// A CRL that OpenSSL signs verifies there and here, and nowhere once an octet has changed.
fn agree(name: &str, key: &[&str], sign: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let (certificate, der) = make(directory.path(), key, sign);
    let crl = Crl::read(&der).unwrap();
    let facts = crl.facts.clone();
    assert_eq!(facts.inner_algorithm.to_string(), name);
    assert_eq!(facts.issuer, certificate.subject, "{name}");
    assert_eq!(facts.authority_key_identifier, certificate.subject_key_identifier, "{name}");
    assert_eq!(facts.number, Some(vec![1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 1]), "{name}");
    assert_eq!((facts.entries.count, facts.entries.reasons[1]), (2, 1), "{name}");
    let validity = facts.next_update.zip(facts.this_update).map(|(next, this)| next - this);
    assert_eq!(validity, Some(Duration::days(7)), "{name}");
    assert!(openssl_verifies(directory.path(), &der), "{name}: OpenSSL");
    assert_eq!(crl.verify(&certificate), Ok(()), "{name}: we");

    let mut spoilt = der;
    let serial = spoilt.windows(3).position(|bytes| bytes == [0x02, 0x01, 0x01]).unwrap();
    spoilt[serial + 2] = 0x02;
    // The first match may be the version; either way a signed byte changed.
    assert!(!openssl_verifies(directory.path(), &spoilt), "{name}: OpenSSL, spoilt");
    let ours = Crl::read(&spoilt).unwrap().verify(&certificate);
    assert_eq!(ours, Err(SignatureError::Mismatch), "{name}: we, spoilt");
}

#[test]
fn what_we_cannot_verify_is_not_called_forged() {
    let brainpool = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP512r1"];
    for (name, key, sign) in [
        ("ED448", &["-algorithm", "ED448"][..], ["-md", "null"]),
        ("SHA256WITHECDSA", &brainpool, ["-md", "sha256"]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, der) = make(directory.path(), key, &sign);
        let ours = Crl::read(&der).unwrap().verify(&certificate);
        let Err(SignatureError::Unsupported { algorithm, .. }) = ours else { panic!("{ours:?}") };
        assert_eq!(algorithm, name);
        let other = Issuer::new("Agreement CA").certificate();
        let ours = Crl::read(&der).unwrap().verify(&other);
        let is_fitting = name == "SHA256WITHECDSA";
        let error = if is_fitting { "Mismatch" } else { "WrongKey" };
        assert!(format!("{ours:?}").contains(error), "{name}: {ours:?}");
    }
}

#[test]
fn openssl_accepts_what_our_fixture_signs() {
    let directory = tempfile::tempdir().unwrap();
    let issuer = Issuer::new("Root");
    fs::write(directory.path().join("ca.pem"), issuer.certificate_pem()).unwrap();
    let der = Draft::good(&issuer, time::macros::datetime!(2026-03-01 12:00 UTC)).sign(&issuer);
    assert!(openssl_verifies(directory.path(), &der));
}
