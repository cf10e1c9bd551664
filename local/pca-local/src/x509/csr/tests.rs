//! Requests as they should not be, each wrong in one way and otherwise signed as it should be.

use aws_sdk_acmpca::types::{Asn1Subject, CsrExtensions, KeyAlgorithm, KeyUsage, SigningAlgorithm};
use der::Encode;
use der::asn1::{BitStringRef, OctetString};

use super::*;
use crate::x509::extension::extension;
use crate::x509::key::CaKey;
use crate::x509::signed::algorithm_identifier;

const SIGNING: SigningAlgorithm = SigningAlgorithm::Sha256Withecdsa;

fn key() -> CaKey {
    CaKey::generate(&KeyAlgorithm::EcPrime256v1).unwrap()
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let mut octets = vec![tag];
    Length::try_from(contents.len()).unwrap().encode_to_vec(&mut octets).unwrap();
    [octets, contents].concat()
}

use der::Length;

/// A request with these parts, signed over them whatever they are.
fn signed(key: &CaKey, parts: &[&[u8]]) -> Vec<u8> {
    let info = tlv(0x30, parts);
    let signature = key.sign(&SIGNING, &info).unwrap();
    let signature = BitStringRef::from_bytes(&signature).unwrap().to_der().unwrap();
    tlv(0x30, &[&info, &algorithm_identifier(&SIGNING).unwrap(), &signature])
}

/// `[0]` with one extensionRequest.
fn asking_for(extensions: &[Extension]) -> Vec<u8> {
    let list = extensions.to_vec().to_der().unwrap();
    let attribute = tlv(0x30, &[&oid::EXTENSION_REQUEST.to_der().unwrap(), &tlv(0x31, &[&list])]);
    tlv(0xa0, &[&attribute])
}

fn subject() -> Vec<u8> {
    let subject = Asn1Subject::builder().common_name("host.example").build();
    crate::x509::name::subject_from_api(&subject).unwrap().as_der().to_vec()
}

fn alternative_name(critical: bool) -> Extension {
    let names = vec![crate::x509::general_name::uri("u:v").unwrap()];
    extension(oid::SUBJECT_ALT_NAME, critical, &names).unwrap()
}

const V1: &[u8] = &[2, 1, 0];
const NO_NAME: &[u8] = &[0x30, 0];
const NO_ATTRIBUTES: &[u8] = &[0xa0, 0];

#[test]
fn a_ca_s_own_request_is_read_back() {
    let key = key();
    let subject = Asn1Subject::builder().country("DE").common_name("Root").build();
    let usage = KeyUsage::builder().key_cert_sign(true).crl_sign(true).build();
    let extensions = CsrExtensions::builder().key_usage(usage).build();
    let der = ca_request(&key, &SIGNING, &subject, Some(&extensions)).unwrap();
    let request = Request::parse(to_pem(&der).as_bytes()).unwrap();
    assert_eq!(request.public_key_info, key.public_key_info());
    assert_eq!(crate::x509::name::rfc2253(&request.subject), "CN=Root,C=DE");
    let asked: Vec<_> =
        request.extensions.iter().map(|asked| (asked.extn_id, asked.critical)).collect();
    assert_eq!(asked, [(oid::BASIC_CONSTRAINTS, true), (oid::KEY_USAGE, true)]);
}

#[test]
fn a_name_may_be_a_subject_or_an_alternative_one() {
    let key = key();
    let (public, subject) = (key.public_key_info(), subject());
    let critical = asking_for(&[alternative_name(true)]);
    let plain = asking_for(&[alternative_name(false)]);
    for parts in [
        vec![V1, &subject, public, NO_ATTRIBUTES],
        vec![V1, &subject, public, &plain],
        vec![V1, &subject, public, &critical],
        vec![V1, NO_NAME, public, &critical],
    ] {
        Request::parse_der(&signed(&key, &parts)).unwrap();
    }
    let nameless = Request::parse_der(&signed(&key, &[V1, NO_NAME, public, NO_ATTRIBUTES]));
    assert!(matches!(nameless, Err(RequestError::Nameless)));
    let plain = Request::parse_der(&signed(&key, &[V1, NO_NAME, public, &plain])).unwrap_err();
    // cert-manager/aws-privateca-issuer#6.
    assert_eq!(
        plain.to_string(),
        "CSR must mark the SAN extension critical when it has an empty subject"
    );
}

#[test]
fn each_defect_has_its_own_error() {
    let key = key();
    let (public, subject) = (key.public_key_info(), subject());
    let twice = asking_for(&[alternative_name(false), alternative_name(false)]);
    let not_extensions = {
        let id = oid::EXTENSION_REQUEST.to_der().unwrap();
        tlv(0xa0, &[&tlv(0x30, &[&id, &tlv(0x31, &[&[5, 0]])])])
    };
    for (name, parts, want) in [
        ("version", vec![&[2, 1, 1], &*subject, public, NO_ATTRIBUTES], "version 1, of which"),
        ("subject", vec![V1, &[0x31, 0], public, NO_ATTRIBUTES], "subject cannot be read"),
        ("public_key", vec![V1, &subject, &[0x30, 0], NO_ATTRIBUTES], "signature was not"),
        ("attributes", vec![V1, &subject, public, &[0x30, 0]], "not a PKCS #10"),
        // The words of aws/aws-sdk-net#1261; some generators leave an empty field out.
        ("none", vec![V1, &subject, public], "CSR is missing required element 'attributes'."),
        ("extensions", vec![V1, &subject, public, &not_extensions], "cannot be read"),
        ("twice", vec![V1, &subject, public, &twice], "2.5.29.17 more than once"),
        ("more", vec![V1, &subject, public, NO_ATTRIBUTES, &[5, 0]], "not a PKCS #10"),
    ] {
        let error = Request::parse_der(&signed(&key, &parts)).unwrap_err();
        assert!(error.to_string().contains(want), "{name}: {error}");
    }
}

#[test]
fn another_key_s_signature_is_refused() {
    let (mine, yours) = (key(), key());
    let parts: [&[u8]; 4] = [V1, &subject(), yours.public_key_info(), NO_ATTRIBUTES];
    let error = Request::parse_der(&signed(&mine, &parts)).unwrap_err();
    assert!(matches!(error, RequestError::Signature(VerifyError::WrongSignature)));
}

#[test]
fn a_certificate_is_no_request() {
    let text = pem::encode(pem::CERTIFICATE, &[0x30, 0]);
    let error = Request::parse(text.as_bytes()).unwrap_err();
    assert!(matches!(error, RequestError::Format));
    let error = Request::parse(to_pem(&OctetString::new([]).unwrap().to_der().unwrap()).as_bytes());
    assert!(matches!(error, Err(RequestError::Asn1(_))));
}
