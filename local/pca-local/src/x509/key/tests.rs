//! Keys of every algorithm, signing with every algorithm.

use super::*;
use crate::x509::signed::algorithm_identifier;
use crate::x509::verify::{VerifyError, verify};

fn algorithms() -> Vec<KeyAlgorithm> {
    KeyAlgorithm::values().iter().map(|name| KeyAlgorithm::from(*name)).collect()
}

fn signing_algorithms() -> Vec<SigningAlgorithm> {
    SigningAlgorithm::values().iter().map(|name| SigningAlgorithm::from(*name)).collect()
}

/// The service's table of signing algorithms by key.
fn allowed(key: &KeyAlgorithm) -> &'static [&'static str] {
    match key {
        KeyAlgorithm::EcPrime256v1 | KeyAlgorithm::EcSecp384r1 => {
            &["SHA256WITHECDSA", "SHA384WITHECDSA", "SHA512WITHECDSA"]
        }
        KeyAlgorithm::EcSecp521r1 => &["SHA512WITHECDSA"],
        KeyAlgorithm::MlDsa44 => &["ML_DSA_44"],
        KeyAlgorithm::MlDsa65 => &["ML_DSA_65"],
        KeyAlgorithm::MlDsa87 => &["ML_DSA_87"],
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => &[
            "SHA256WITHRSA",
            "SHA256WITHRSA_PSS",
            "SHA384WITHRSA",
            "SHA384WITHRSA_PSS",
            "SHA512WITHRSA",
            "SHA512WITHRSA_PSS",
        ],
        _ => &[],
    }
}

/// The algorithms that a refusal names, after the service's words of cert-manager/
/// aws-privateca-issuer#22.
fn valid_after(key: &KeyAlgorithm, signing: &SigningAlgorithm, error: &KeyError) -> Vec<String> {
    let words = format!(
        "Signing algorithm {signing} cannot be used with key type {key}. Valid signing algorithms \
         are: "
    );
    let text = error.to_string();
    let list = text.strip_prefix(&words).and_then(|list| list.strip_suffix('.'));
    list.unwrap_or_else(|| panic!("{text}")).split(", ").map(str::to_owned).collect()
}

/// What is signed on a curve with another curve's hash verifies under the library's own algorithm
/// for that pair, so cutting and filling the hash agrees with FIPS 186-5.
#[test]
fn every_key_signs_with_its_own_algorithms_and_no_others() {
    for algorithm in algorithms().into_iter().filter(|other| *other != KeyAlgorithm::Sm2) {
        let key = CaKey::generate(&algorithm).unwrap();
        for signing in signing_algorithms() {
            let row = format!("{algorithm} {signing}");
            let is_allowed = allowed(&algorithm).contains(&signing.as_str());
            assert_eq!(key.can_sign_with(&signing), is_allowed, "{row}");
            let signature = key.sign(&signing, b"message");
            if !is_allowed {
                let mut valid = valid_after(&algorithm, &signing, &signature.unwrap_err());
                valid.sort_unstable();
                assert_eq!(valid, allowed(&algorithm), "{row}");
                continue;
            }
            let signature = signature.unwrap();
            let identifier = algorithm_identifier(&signing).unwrap();
            let check =
                |message: &[u8]| verify(key.public_key_info(), &identifier, message, &signature);
            check(b"message").unwrap_or_else(|error| panic!("{row}: {error}"));
            assert!(matches!(check(b"massage"), Err(VerifyError::WrongSignature)), "{row}");
        }
    }
}

#[test]
fn a_mismatch_is_refused_in_the_services_words() {
    let error = check_algorithms(&KeyAlgorithm::Rsa2048, &SigningAlgorithm::Sha384Withecdsa);
    let text = error.unwrap_err().to_string();
    // The report ends after SHA512WITHRSA: RSASSA-PSS came later.
    let words = "Signing algorithm SHA384WITHECDSA cannot be used with key type RSA_2048. Valid \
                 signing algorithms are: SHA256WITHRSA, SHA384WITHRSA, SHA512WITHRSA";
    assert!(text.starts_with(words), "{text}");
}

#[test]
fn a_key_survives_being_written_and_read() {
    for algorithm in ["EC_prime256v1", "EC_secp384r1", "EC_secp521r1", "ML_DSA_65", "RSA_2048"] {
        let algorithm = KeyAlgorithm::from(algorithm);
        let key = CaKey::generate(&algorithm).unwrap();
        let written = key.to_pkcs8().unwrap();
        let read = CaKey::from_pkcs8(&algorithm, written.as_bytes()).unwrap();
        assert_eq!(read.public_key_info(), key.public_key_info(), "{algorithm}");
        assert_eq!(read.to_pkcs8().unwrap().as_bytes(), written.as_bytes(), "{algorithm}");

        for other in algorithms().into_iter().filter(|other| *other != algorithm) {
            let refused = CaKey::from_pkcs8(&other, written.as_bytes());
            assert!(refused.is_err(), "{algorithm} was read as {other}");
        }
        assert!(CaKey::from_pkcs8(&algorithm, b"junk").is_err());
    }
}

#[test]
fn sm2_is_refused_by_name() {
    let error = CaKey::generate(&KeyAlgorithm::Sm2).unwrap_err();
    assert_eq!(error.to_string(), "SM2 is not supported by this service's cryptographic library");
}

#[test]
fn nothing_secret_is_in_debug_output() {
    let key = CaKey::generate(&KeyAlgorithm::EcPrime256v1).unwrap();
    assert_eq!(format!("{key:?}"), "CaKey { algorithm: EcPrime256v1, .. }");
    assert_eq!(format!("{:?}", key.to_pkcs8().unwrap()), "Pkcs8(..)");
}

#[test]
fn a_key_identifier_needs_no_readable_key() {
    assert_eq!(key_identifier(b"junk"), key_identifier(b"junk"));
    assert_ne!(key_identifier(b"junk"), key_identifier(b"punk"));
}
