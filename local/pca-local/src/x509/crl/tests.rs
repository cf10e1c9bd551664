//! CRLs, read back with an independent decoder and at full size.

use std::sync::Arc;

use aws_sdk_acmpca::types::{Asn1Subject, KeyAlgorithm, RevocationReason};
use der::Decode;
use time::macros::datetime;
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::CrlNumber;

use super::*;
use crate::x509::key::CaKey;
use crate::x509::name::subject_from_api;

const NOW: OffsetDateTime = datetime!(2026-11-22 05:00 UTC);
const SIGNING: SigningAlgorithm = SigningAlgorithm::Sha256Withecdsa;
const HEADER: CrlHeader<'_> = CrlHeader {
    signing_algorithm: &SIGNING,
    number: 1_795_323_600_123,
    this_update: datetime!(2026-11-22 04:00 UTC),
    next_update: datetime!(2026-11-29 05:00 UTC),
    issuing_distribution_point: None,
};

fn issuer() -> Issuer {
    let key = CaKey::generate(&KeyAlgorithm::EcPrime256v1).unwrap();
    let subject = Asn1Subject::builder().common_name("CA").build();
    Issuer::self_signing(subject_from_api(&subject).unwrap(), Arc::new(key))
}

fn entry(serial: [u8; 16], reason: Reason) -> CrlEntry {
    CrlEntry { serial, revoked_at: NOW, reason }
}

fn read(crl: &[u8]) -> CertificateList {
    CertificateList::from_der(crl).unwrap()
}

#[test]
fn an_empty_crl_has_no_list_of_entries() {
    let issuer = issuer();
    let crl = sign_crl(&issuer, &HEADER, []).unwrap();
    let list = read(&crl).tbs_cert_list;
    assert!(list.revoked_certificates.is_none());
    assert_eq!(moment::from_time(list.this_update).unwrap(), HEADER.this_update);
    assert_eq!(moment::from_time(list.next_update.unwrap()).unwrap(), HEADER.next_update);
    let extensions = list.crl_extensions.unwrap();
    let ids: Vec<_> = extensions.iter().map(|found| (found.extn_id, found.critical)).collect();
    assert_eq!(ids, [(oid::AUTHORITY_KEY_IDENTIFIER, false), (oid::CRL_NUMBER, false)]);
    let number = CrlNumber::from_der(extensions[1].extn_value.as_bytes()).unwrap();
    assert_eq!(number.0, Uint::try_from(HEADER.number).unwrap());
}

#[test]
fn entries_keep_serial_order_date_and_reason() {
    let issuer = issuer();
    let late = datetime!(2051-01-01 00:00 UTC);
    let entries = [
        entry([0xff; 16], Reason::KeyCompromise),
        entry([0x7f; 16], Reason::Unspecified),
        CrlEntry { revoked_at: late, ..entry([0; 16], Reason::AaCompromise) },
    ];
    let crl = sign_crl(&issuer, &HEADER, entries).unwrap();
    let revoked = read(&crl).tbs_cert_list.revoked_certificates.unwrap();
    let serials: Vec<_> = revoked.iter().map(|entry| entry.serial_number.as_bytes()).collect();
    assert_eq!(serials[0], [&[0], &[0xff; 16][..]].concat());
    assert_eq!(serials[1], [0x7f; 16]);
    assert_eq!(serials[2], [0]);
    let dates: Vec<_> =
        revoked.iter().map(|entry| moment::from_time(entry.revocation_date).unwrap()).collect();
    assert_eq!(dates, [NOW, NOW, late]);
    let reasons: Vec<_> = revoked
        .iter()
        .map(|entry| {
            let extensions = entry.crl_entry_extensions.as_deref()?;
            let reason = extensions[0].extn_value.as_bytes();
            Some((extensions.len(), extensions[0].extn_id.to_string(), reason.to_vec()))
        })
        .collect();
    let reason = |code| Some((1, "2.5.29.21".to_owned(), vec![0x0a, 1, code]));
    assert_eq!(reasons, [reason(1), None, reason(10)]);
}

#[test]
fn a_partition_names_itself_critically() {
    let url = "http://bucket.s3.eu-central-1.amazonaws.com/crl/x/y.crl";
    let header = CrlHeader { issuing_distribution_point: Some(url), ..HEADER };
    let crl = sign_crl(&issuer(), &header, []).unwrap();
    let extensions = read(&crl).tbs_cert_list.crl_extensions.unwrap();
    let point = extensions.last().unwrap();
    assert_eq!((point.extn_id.to_string(), point.critical), ("2.5.29.28".to_owned(), true));
    let value = String::from_utf8_lossy(point.extn_value.as_bytes()).into_owned();
    assert!(value.ends_with(url), "{value}");
}

#[test]
fn every_reason_of_the_api_has_its_rfc_5280_code() {
    let codes: Vec<_> = RevocationReason::values()
        .iter()
        .map(|name| Reason::from_api(&RevocationReason::from(*name)).unwrap() as u8)
        .collect();
    let names = RevocationReason::values();
    let want = names.iter().map(|name| match *name {
        "UNSPECIFIED" => 0,
        "KEY_COMPROMISE" => 1,
        "CERTIFICATE_AUTHORITY_COMPROMISE" => 2,
        "AFFILIATION_CHANGED" => 3,
        "SUPERSEDED" => 4,
        "CESSATION_OF_OPERATION" => 5,
        "PRIVILEGE_WITHDRAWN" => 9,
        "A_A_COMPROMISE" => 10,
        other => panic!("{other} is new"),
    });
    assert_eq!(codes, want.collect::<Vec<u8>>());
    assert_eq!(Reason::from_api(&RevocationReason::from("REMOVED")), None);
}

/// Sizes around the points where DER lengths grow by an octet, and a large one.
#[test]
fn crls_of_any_size_are_well_formed_and_signed() {
    let issuer = issuer();
    for count in [1, 2, 3, 4, 5, 6, 7, 1_300, 1_400, 20_000] {
        let entries = (0..count)
            .map(|number: u128| entry((u128::MAX - number).to_be_bytes(), Reason::Superseded));
        let crl = sign_crl(&issuer, &HEADER, entries).unwrap();
        let list = read(&crl);
        assert_eq!(list.to_der().unwrap(), crl, "{count}");
        assert_eq!(list.tbs_cert_list.revoked_certificates.unwrap().len() as u128, count);
        let signed = crate::x509::signed::Signed::from_der(&crl).unwrap();
        signed.verify(issuer.key().public_key_info()).unwrap();
    }
}

#[test]
fn a_buffer_filled_at_the_front_moves_when_its_room_is_used_up() {
    for room in 0..8 {
        let mut buffer = FrontFilled::with_room(room);
        buffer.tail().extend(b"entries");
        buffer.prepend(b"bc");
        buffer.prepend(b"a");
        buffer.wrap(Tag::Sequence).unwrap();
        assert_eq!(buffer.len(), 12);
        assert_eq!(buffer.into_vec(), b"\x30\x0aabcentries", "{room}");
    }
}
