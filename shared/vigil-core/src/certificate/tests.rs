//! Certificates that are right, odd, or none.

use super::*;
use crate::crl::fixture::Issuer;

#[test]
fn a_ca_certificate_gives_the_facts_that_its_crls_are_judged_by() {
    let issuer = Issuer::new("Root");
    let certificate = Certificate::from_pem(&issuer.certificate_pem()).unwrap();
    assert_eq!(certificate.subject, issuer.name);
    assert_eq!(certificate.issuer, issuer.name, "it signed itself");
    assert_eq!(certificate.serial, [0x42]);
    assert_eq!(certificate.subject_key_identifier, Some(issuer.key_identifier.clone()));
    assert_eq!((certificate.ca, certificate.crl_sign), (Some(true), Some(true)));
    let leaf = Certificate::from_pem(&issuer.leaf_pem("http://a/crl/1.crl")).unwrap();
    assert_eq!(leaf.distribution_points, ["http://a/crl/1.crl"]);
    let without = |bits| Certificate::from_der(&issuer.certificate_der(bits)).unwrap().crl_sign;
    assert_eq!(without(None), None);
    assert_eq!(without(Some([2, 0x04])), Some(false), "keyCertSign alone");
}

/// RFC 5280 §4.1.2.1, §4.2: what other readers refuse, or read in another way.
#[test]
fn odd_extensions_of_a_certificate_are_named() {
    use crate::crl::fixture::{extension, seq, tlv};
    let issuer = Issuer::new("Root");
    let ca = |content: &[Vec<u8>]| extension(&[0x55, 0x1d, 19], true, &seq(content));
    let yes = tlv(tag::BOOLEAN, &[0xff]);
    let good = ca(std::slice::from_ref(&yes));
    let number = |octet: u8| tlv(tag::INTEGER, &[octet]);
    let key = |tag| extension(&[0x55, 0x1d, 14], false, &tlv(tag, &[1; 20]));
    for (extensions, want) in [
        (vec![good.clone(), key(tag::OCTET_STRING)], None),
        (vec![ca(&[yes.clone(), number(0)])], None),
        (vec![ca(&[yes.clone(), number(0xff)])], Some("basicConstraints: ")),
        (vec![ca(&[yes, tlv(tag::OCTET_STRING, b"x")])], Some("basicConstraints: ")),
        (vec![ca(&[]), good.clone()], Some("basicConstraints twice")),
        (vec![good.clone(), key(tag::INTEGER)], Some("subjectKeyIdentifier: ")),
        (vec![extension(&[0x2a; 64], true, &number(1))], Some("another extension: ")),
    ] {
        let read = Certificate::from_der(&issuer.certificate_with(&extensions)).unwrap();
        assert_eq!((read.version, read.is_whole()), (Some(2), want.is_none()), "{want:?}");
        let is_named =
            read.ill_formed.first().is_some_and(|one| one.starts_with(want.unwrap_or("?")));
        assert_eq!(is_named, want.is_some(), "{:?}", read.ill_formed);
    }
    let purposes = |all: &[&[u8]]| {
        let oid = |of: &&[u8]| tlv(tag::OBJECT_IDENTIFIER, of);
        let all = seq(&all.iter().map(oid).collect::<Vec<_>>());
        let der = issuer.certificate_with(&[extension(&[0x55, 0x1d, 37], false, &all)]);
        Certificate::from_der(&der).unwrap().has_other_purposes
    };
    let server: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
    assert!(purposes(&[server]) && !purposes(&[server, &[0x55, 0x1d, 37, 0]]));
    // A distribution point without a name that can be read.
    let points = seq(&[seq(&[tlv(0xa0, &tlv(0xa0, &tlv(0x86, &[0xfc])))])]);
    let extensions = [good, extension(&[0x55, 0x1d, 31], false, &points)];
    let read = Certificate::from_der(&issuer.certificate_with(&extensions)).unwrap();
    assert!(read.ill_formed.is_empty() && !read.is_whole() && read.ca == Some(true));
}

#[test]
fn what_is_not_a_certificate_is_named_and_never_panics() {
    assert_eq!(Certificate::from_pem("hello"), Err(CertificateError::NoPem));
    let open = "-----BEGIN CERTIFICATE-----\nAAAA";
    assert_eq!(Certificate::from_pem(open), Err(CertificateError::UnterminatedPem));
    let noise = format!("{BEGIN}\n!!!!\n{END}\n");
    assert_eq!(Certificate::from_pem(&noise), Err(CertificateError::Base64));
    let der = Issuer::new("Root").certificate_der(Some([1, 0x06]));
    for size in 0..der.len() {
        assert!(Certificate::from_der(&der[..size]).is_err(), "{size}");
    }
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut changed = der.clone();
            changed[at] ^= 1 << bit;
            let _ = Certificate::from_der(&changed);
        }
    }
}
