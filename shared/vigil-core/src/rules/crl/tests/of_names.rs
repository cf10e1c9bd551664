//! Fixtures of the kinds about names, what names are for, and keys that anyone can sign with.

use super::{
    super::{CrlSubject, Profile},
    world::*,
};
use crate::crl::fixture::{Draft, Issuer, algorithm, distribution_point, extension, seq, tlv, utc};
use crate::{der::tag, finding::Severity};

pub(super) type Fixture = (&'static str, &'static str, CrlSubject);

/// A name with one common name.
fn name(of: u8, common_name: &[u8]) -> Vec<u8> {
    let attribute = [tlv(tag::OBJECT_IDENTIFIER, &[0x55, 4, 3]), tlv(of, common_name)];
    seq(&[tlv(tag::SET, &seq(&attribute))])
}

const PRINTABLE_STRING: u8 = 0x13;

pub(super) fn fixtures(issuer: &Issuer) -> Vec<Fixture> {
    let spoilt = |spoil: &dyn Fn(&mut Draft)| {
        let mut draft = Draft::good(issuer, AT);
        spoil(&mut draft);
        read(issuer, &draft.sign(issuer))
    };
    let starred = name(PRINTABLE_STRING, b"Root*");
    let mut form = spoilt(&|d| d.issuer = starred.clone());
    form.issuer.as_mut().unwrap().subject = starred;
    let printable = name(PRINTABLE_STRING, b"Root");
    let access = |method: u8| {
        let method = tlv(tag::OBJECT_IDENTIFIER, &[0x2b, 6, 1, 5, 5, 7, 48, method]);
        seq(&[method, tlv(0x86, b"http://ca.example.com/")])
    };
    let ocsp_too = seq(&[access(2), access(1)]);
    let ocsp_too = extension(&[0x2b, 6, 1, 5, 5, 7, 1, 1], false, &ocsp_too);
    let point = tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://a.example/delta.crl")));
    let freshest = seq(&[seq(&[point, tlv(0x81, &[6, 0x40])])]);
    let freshest = extension(&[0x55, 0x1d, 46], false, &freshest);
    let indirect = distribution_point(true, "http://a.example/1.crl", &[tlv(0x84, &[0xff])]);
    let of_browsers = CrlSubject {
        ca: None,
        profile: Profile::Cabf,
        location: super::super::CrlLocation::File("a.crl".to_owned()),
        ..spoilt(&|d| {
            d.this_update = utc(AT);
            d.extensions.as_mut().unwrap().push(indirect.clone());
        })
    };
    let mut critical = spoilt(&|_| {});
    critical.issuer.as_mut().unwrap().unknown_critical = vec!["1.2.3.4".to_owned()];
    let mut exponent = spoilt(&|_| {});
    exponent.issuer.as_mut().unwrap().spki = rsa_spki_of_exponent(1);
    let mut small_order = spoilt(&|_| {});
    small_order.issuer.as_mut().unwrap().spki = ed25519_spki_of_small_order();
    vec![
        ("crl.encoding", "name-form", form),
        ("crl.issuer-name", "empty", spoilt(&|d| d.issuer = seq(&[]))),
        ("crl.issuer-name", "another-encoding", spoilt(&|d| d.issuer = printable.clone())),
        (
            "crl.uris",
            "access-method",
            spoilt(&|d| d.extensions.as_mut().unwrap().push(ocsp_too.clone())),
        ),
        (
            "crl.delta",
            "freshest-fields",
            spoilt(&|d| d.extensions.as_mut().unwrap().push(freshest.clone())),
        ),
        ("crl.issuing-distribution-point", "beyond-baseline", of_browsers),
        ("crl.issuer-certificate", "unknown-critical-extension", critical),
        ("crl.algorithms", "weak-exponent", exponent),
        ("crl.algorithms", "broken-key", small_order),
    ]
}

#[test]
fn an_empty_issuer_is_found_even_if_the_ca_has_no_name() {
    let issuer = Issuer::new("Root");
    let draft = Draft { issuer: seq(&[]), ..Draft::good(&issuer, AT) };
    let mut subject = read(&issuer, &draft.sign(&issuer));
    let want = of(&[("crl.issuer-name", "empty", Severity::High)]);
    assert_eq!(findings(&subject), want);
    subject.issuer.as_mut().unwrap().subject = seq(&[]);
    assert_eq!(findings(&subject), want);
    subject.issuer = Err("it is not known".to_owned());
    assert_eq!(findings(&subject), want);
}

/// The type of a string makes no other name (RFC 5280 §7.1), and another text does.
#[test]
fn the_certificate_in_aki_is_compared_as_names_are() {
    let another = [("crl.authority-key-identifier", "another-certificate", Severity::High)];
    for (text, want) in [(&b"root"[..], vec![]), (b"Other", of(&another))] {
        let found = spoilt(|issuer, draft| {
            let names = tlv(0xa1, &tlv(0xa4, &name(PRINTABLE_STRING, text)));
            let serial = tlv(0x82, &issuer.certificate().serial);
            let key = seq(&[tlv(0x80, &issuer.key_identifier), names, serial]);
            draft.extensions.as_mut().unwrap()[0] = extension(&[0x55, 0x1d, 35], false, &key);
        });
        assert_eq!(found, want, "{text:?}");
    }
}

/// Certificates are fetched from several attributes (RFC 5280 §4.2.2.1), a CRL from one (§4.2.1.13).
#[test]
fn an_ldap_uri_names_several_attributes_for_certificates() {
    const LDAP: &str =
        "ldap://ldap.example.com/cn=CA,dc=example?cACertificate,crossCertificatePair";
    let issuer = Issuer::new("Root");
    let ca_issuers = tlv(tag::OBJECT_IDENTIFIER, &[0x2b, 6, 1, 5, 5, 7, 48, 2]);
    let access = seq(&[seq(&[ca_issuers, tlv(0x86, LDAP.as_bytes())])]);
    let access = extension(&[0x2b, 6, 1, 5, 5, 7, 1, 1], false, &access);
    let not_valid = [("crl.uris", "not-valid", Severity::High)];
    for (extension, want) in
        [(access, vec![]), (distribution_point(true, LDAP, &[]), of(&not_valid))]
    {
        let mut draft = Draft::of_any_ca(&issuer, AT);
        draft.extensions.as_mut().unwrap().push(extension);
        let read = read(&issuer, &draft.sign(&issuer));
        let location = super::super::CrlLocation::File("a.crl".to_owned());
        let subject = CrlSubject { ca: None, profile: Profile::Rfc5280, location, ..read };
        assert_eq!(findings(&subject), want);
    }
}

/// RFC 5280 §6.3.3 (b) (2) (i).
#[test]
fn a_crl_that_is_fetched_belongs_at_its_url() {
    let issuer = Issuer::new("Root");
    let another = [("crl.issuing-distribution-point", "another-object", Severity::High)];
    for (fetched_from, want) in [
        ("http://a.example/1.crl", vec![]),
        ("https://A.example/1.crl", vec![]),
        ("1.crl", vec![]),
        ("s3://a.example/1.crl", vec![]),
        ("http://a.example/2.crl", of(&another)),
        ("http://b.example/1.crl", of(&another)),
    ] {
        let mut draft = Draft::of_any_ca(&issuer, AT);
        let point = distribution_point(true, "http://a.example/1.crl", &[]);
        draft.extensions.as_mut().unwrap().push(point);
        let read = read(&issuer, &draft.sign(&issuer));
        let location = super::super::CrlLocation::File(fetched_from.to_owned());
        let subject = CrlSubject { ca: None, profile: Profile::Rfc5280, location, ..read };
        assert_eq!(findings(&subject), want, "{fetched_from}");
    }
}

/// RFC 5280 §6.1.4 (k): one of version 1 is trusted as it is.
#[test]
fn a_certificate_of_version_3_has_basic_constraints() {
    let issuer = Issuer::new("Root");
    let not_a_ca = of(&[("crl.issuer-certificate", "not-a-ca", Severity::High)]);
    for (version, want) in [(None, vec![]), (Some(1), not_a_ca.clone()), (Some(2), not_a_ca)] {
        let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
        let certificate = subject.issuer.as_mut().unwrap();
        (certificate.version, certificate.ca) = (version, None);
        assert_eq!(findings(&subject), want, "{version:?}");
    }
}

/// RFC 8017 §3.1, and Baseline Requirements §6.1.6.
#[test]
fn an_rsa_key_has_an_odd_exponent_and_two_large_factors() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.issuer.as_mut().unwrap().spki = rsa_spki_of_exponent(3);
    assert_eq!(findings(&subject), []);
    subject.issuer.as_mut().unwrap().spki = rsa_spki_of_exponent(2);
    assert_eq!(findings(&subject), of(&[("crl.algorithms", "weak-key", Severity::High)]));
    let of_29 = [&[0, 0x80][..], &[1; 255]].concat();
    subject.issuer.as_mut().unwrap().spki = rsa_spki(&of_29, 3);
    assert_eq!(findings(&subject), of(&[("crl.algorithms", "broken-key", Severity::Critical)]));
}

/// RFC 5480 §2.2.
#[test]
fn a_point_is_not_in_the_hybrid_form() {
    let issuer = Issuer::new("Root");
    for (form, want) in
        [(4, vec![]), (3, vec![]), (7, vec![("crl.algorithms", "unusual-curve", Severity::Low)])]
    {
        let p256: Vec<u8> = [&[0x2a, 0x86, 0x48, 0xce, 0x3d][..], &[3, 1, 7]].concat();
        let ec: Vec<u8> = [&[0x2a, 0x86, 0x48, 0xce, 0x3d][..], &[2, 1]].concat();
        let kind = seq(&[ec, p256].map(|oid| tlv(tag::OBJECT_IDENTIFIER, &oid)));
        let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
        subject.issuer.as_mut().unwrap().spki = seq(&[kind, tlv(tag::BIT_STRING, &[0, form])]);
        assert_eq!(findings(&subject), of(&want), "{form}");
    }
}

/// The neutral point.
fn ed25519_spki_of_small_order() -> Vec<u8> {
    let point = [&[0, 1][..], &[0; 31]].concat();
    seq(&[algorithm(&[0x2b, 0x65, 0x70]), tlv(tag::BIT_STRING, &point)])
}

fn rsa_spki_of_exponent(exponent: u8) -> Vec<u8> {
    let modulus = [&[0, 0x80][..], &[23; 255]].concat();
    rsa_spki(&modulus, exponent)
}

fn rsa_spki(modulus: &[u8], exponent: u8) -> Vec<u8> {
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    let key = seq(&[tlv(tag::INTEGER, modulus), tlv(tag::INTEGER, &[exponent])]);
    seq(&[algorithm(RSA), tlv(tag::BIT_STRING, &[&[0], &key[..]].concat())])
}
