//! Forms inside of extensions that other readers refuse, each with what is said of it.

use time::{OffsetDateTime, macros::datetime};

use super::{
    Crl, CrlFacts, FaultKind,
    fixture::{Draft, Issuer, crl_number, extension, name, seq, tlv, utc},
};
use crate::der::tag;

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];
const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 46];
const ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];

fn facts_with(extensions: &[Vec<u8>]) -> CrlFacts {
    let draft = Draft::good(&Issuer::new("Root"), AT);
    let all = [vec![crl_number(&[7])], extensions.to_vec()].concat();
    let draft = Draft { extensions: Some(all), ..draft };
    Crl::read(&draft.sign(&Issuer::new("Root"))).unwrap().facts
}

fn malformed(facts: &CrlFacts) -> Vec<&'static str> {
    facts.malformed.iter().map(|one| one.part).collect()
}

fn faults(facts: &CrlFacts) -> Vec<(FaultKind, &'static str)> {
    facts.faults.iter().map(|one| (one.kind, one.part)).collect()
}

fn full_name(uris: &[&str]) -> Vec<u8> {
    let names: Vec<_> = uris.iter().map(|uri| tlv(0x86, uri.as_bytes())).collect();
    tlv(0xa0, &tlv(0xa0, &names.concat()))
}

#[test]
fn reasons_are_named_bits_in_one_form() {
    let uri = full_name(&["http://a.example/1.crl"]);
    for (bits, is_right) in [
        (&[6, 0x40][..], true),
        (&[6, 0xc0], true),
        (&[7, 0, 0x80], true),
        (&[6, 0x41], false),
        (&[0, 0x40], false),
        (&[0, 0x40, 0], false),
        // No reason, and the one that is unused.
        (&[0], false),
        (&[7, 0x80], false),
    ] {
        let point = seq(&[uri.clone(), tlv(0x83, bits)]);
        let of_point = facts_with(&[extension(ISSUING_DISTRIBUTION_POINT, true, &point)]);
        let freshest = seq(&[seq(&[uri.clone(), tlv(0x81, bits)])]);
        let of_freshest = facts_with(&[extension(FRESHEST_CRL, false, &freshest)]);
        assert_eq!(malformed(&of_point).is_empty(), is_right, "{bits:02x?}");
        assert_eq!(malformed(&of_freshest).is_empty(), is_right, "{bits:02x?}");
    }
}

#[test]
fn a_point_in_freshest_crl_has_a_name_alone() {
    let uri = full_name(&["http://a.example/delta.crl"]);
    let (reasons, issuer) = (tlv(0x81, &[6, 0x40]), tlv(0xa2, &tlv(0xa4, &name("Root"))));
    let with = |point: &[Vec<u8>]| {
        let points = seq(&[seq(point)]);
        facts_with(&[extension(FRESHEST_CRL, false, &points)])
    };
    let of = |part| (FaultKind::FreshestField, part);
    assert_eq!(faults(&with(std::slice::from_ref(&uri))), []);
    let all = [uri, reasons, issuer.clone()];
    assert_eq!(faults(&with(&all)), [of("reasons"), of("cRLIssuer")]);
    assert_eq!(faults(&with(&[issuer])), [of("cRLIssuer")]);
}

#[test]
fn an_oid_of_an_extension_has_arcs_in_their_shortest_form() {
    let padded = facts_with(&[extension(&[0x2a, 0x80, 4], false, &[tag::NULL, 0])]);
    assert_eq!(malformed(&padded), ["crlExtensions"]);
    let long = facts_with(&[extension(&[0x2a; 64], false, &[tag::NULL, 0])]);
    assert_eq!(malformed(&long), ["another extension"]);
}

/// X.667: 2.25 and a number of 128 bits. pyca refuses 129 bits, and more than 63 octets.
#[test]
fn an_unknown_extension_may_have_the_oid_of_a_uuid() {
    let arc = |first: u8| [&[0x69, first][..], &[0xff; 17], &[0x7f]].concat();
    for (oid, is_right) in
        [(arc(0x83), true), (arc(0x84), false), (vec![0x2a; 63], true), (vec![0x2a; 64], false)]
    {
        let unknown = extension(&oid, true, &[tag::NULL, 0]);
        let entry =
            seq(&[tlv(tag::INTEGER, &[0x11]), utc(AT), seq(std::slice::from_ref(&unknown))]);
        let issuer = Issuer::new("Root");
        let draft = Draft { entries: Some(vec![entry]), ..Draft::good(&issuer, AT) };
        let entries = Crl::read(&draft.sign(&issuer)).unwrap().facts.entries;
        let found = (entries.with_unknown_critical_extension, entries.malformed);
        assert_eq!(found, if is_right { (1, 0) } else { (0, 1) }, "{oid:02x?}");
        let facts = facts_with(&[unknown]);
        let found = (facts.unknown_critical_extensions.len(), facts.malformed.len());
        assert_eq!(found, if is_right { (1, 0) } else { (0, 1) }, "{oid:02x?}");
    }
}

#[test]
fn a_critical_next_crl_publish_is_unknown_to_others() {
    const NEXT_CRL_PUBLISH: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 21, 4];
    let with = |critical| facts_with(&[extension(NEXT_CRL_PUBLISH, critical, &utc(AT))]);
    assert_eq!(with(true).unknown_critical_extensions, ["1.3.6.1.4.1.311.21.4"]);
    assert!(with(true).next_publish.is_some(), "it is read all the same");
    assert!(with(false).unknown_critical_extensions.is_empty());
}

#[test]
fn an_access_method_other_than_ca_issuers_is_a_fault() {
    let access = |method: u8| {
        let oid = tlv(tag::OBJECT_IDENTIFIER, &[0x2b, 6, 1, 5, 5, 7, 48, method]);
        seq(&[oid, tlv(0x86, b"http://ca.example.com/")])
    };
    let with = |all: &[Vec<u8>]| facts_with(&[extension(ACCESS, false, &seq(all))]);
    assert_eq!(faults(&with(&[access(2)])), []);
    let wrong = [(FaultKind::AccessMethod, "authorityInfoAccess")];
    assert_eq!(faults(&with(&[access(1)])), wrong, "OCSP alone");
    assert_eq!(faults(&with(&[access(2), access(1)])), wrong, "OCSP beside it");
}

#[test]
fn a_bad_uri_behind_many_good_ones_is_seen() {
    let good: Vec<_> = (0..20).map(|n| format!("http://a.example/{n}.crl")).collect();
    let long = format!("http://a.example/{}", "x".repeat(3000));
    let bad = ["http://a b/", "https://a.example/", &long];
    let uris: Vec<_> = good.iter().map(String::as_str).chain(bad).collect();
    let point = extension(ISSUING_DISTRIBUTION_POINT, true, &seq(&[full_name(&uris)]));
    let facts = facts_with(&[point]);
    let kept: Vec<_> = facts.uris.iter().map(|named| named.uri.as_str()).collect();
    assert_eq!(kept.len(), 16 + bad.len());
    assert_eq!(kept[16..18], bad[..2]);
    assert_eq!(kept[18].len(), crate::uri::MAX_URI + 1, "cut, and still too long");
}

#[test]
fn good_names_in_one_extension_hide_no_bad_uri_in_another() {
    const ISSUER_ALT_NAME: &[u8] = &[0x55, 0x1d, 18];
    let names = vec![tlv(0x86, b"urn:x"); 80];
    let ldap = std::iter::repeat_n("ldap://a.example/cn=1?x", 70);
    let uris: Vec<_> = ldap.chain(["http://a b/"]).collect();
    let facts = facts_with(&[
        extension(ISSUER_ALT_NAME, false, &seq(&names)),
        extension(ISSUING_DISTRIBUTION_POINT, true, &seq(&[full_name(&uris)])),
    ]);
    assert!(facts.uris.iter().any(|named| named.uri == "http://a b/"));
    assert!(facts.uris.iter().all(|named| named.part == "issuingDistributionPoint"));
}

/// RFC 5280 §4.2.2.1: each of them may name several attributes.
#[test]
fn good_ldap_uris_of_certificates_hide_no_bad_one() {
    let uris = std::iter::repeat_n("ldap://a.example/cn=1?x,y", 90);
    let access = uris.chain(["http://a b/"]).map(|uri| {
        let ca_issuers = tlv(tag::OBJECT_IDENTIFIER, &[0x2b, 6, 1, 5, 5, 7, 48, 2]);
        seq(&[ca_issuers, tlv(0x86, uri.as_bytes())])
    });
    let facts = facts_with(&[extension(ACCESS, false, &seq(&access.collect::<Vec<_>>()))]);
    assert!(facts.uris.iter().any(|named| named.uri == "http://a b/"));
}

#[test]
fn uris_that_name_an_issuer_name_something() {
    let issuer = Issuer::new("Root");
    for (uri, is_right) in [("urn:x", true), ("", false), ("a.example", false), ("urn:a b", false)]
    {
        let names = [tlv(0xa4, &name("Root")), tlv(0x86, uri.as_bytes())];
        let key = seq(&[tlv(0x80, &[9; 20]), tlv(0xa1, &names.concat()), tlv(0x82, &[1])]);
        let by_key = facts_with(&[extension(&[0x55, 0x1d, 35], false, &key)]);
        assert_eq!(by_key.uris.is_empty(), is_right, "{uri}");
        let of = seq(&[extension(CERTIFICATE_ISSUER, true, &seq(&names))]);
        let entry = seq(&[tlv(tag::INTEGER, &[0x11]), utc(AT), of]);
        let draft = Draft { entries: Some(vec![entry]), ..Draft::good(&issuer, AT) };
        let facts = Crl::read(&draft.sign(&issuer)).unwrap().facts;
        let odd = [(FaultKind::Uri, "certificateIssuer")];
        assert_eq!(faults(&facts) == odd, !is_right, "{uri}");
    }
}

#[test]
fn a_certificate_issuer_has_a_distinguished_name() {
    let entry = |names: &[Vec<u8>]| {
        let issuer = extension(CERTIFICATE_ISSUER, true, &seq(names));
        seq(&[tlv(tag::INTEGER, &[0x11]), utc(AT), seq(&[issuer])])
    };
    let with = |names: &[Vec<u8>]| {
        let issuer = Issuer::new("Root");
        let draft = Draft { entries: Some(vec![entry(names)]), ..Draft::good(&issuer, AT) };
        Crl::read(&draft.sign(&issuer)).unwrap().facts
    };
    let directory = tlv(0xa4, &name("Other"));
    let uri = tlv(0x86, b"http://a.example/");
    let missing = [(FaultKind::EmptyList, "directoryName in certificateIssuer")];
    assert_eq!(faults(&with(std::slice::from_ref(&directory))), []);
    assert_eq!(faults(&with(&[uri.clone(), directory])), []);
    assert_eq!(faults(&with(&[uri])), missing);
    assert_eq!(faults(&with(&[])), missing);
    let without_a_set = tlv(0xa4, &seq(&[tlv(tag::SET, &[])]));
    assert_eq!(with(&[without_a_set]).entries.malformed, 1);
}

#[test]
fn the_issuer_is_a_name_in_the_form_of_der() {
    let with = |issuer: Vec<u8>| {
        let draft = Draft { issuer, ..Draft::good(&Issuer::new("Root"), AT) };
        Crl::read(&draft.sign(&Issuer::new("Root"))).unwrap().facts
    };
    let of_string = |tag, text: &[u8]| {
        let pair = seq(&[tlv(tag::OBJECT_IDENTIFIER, &[0x55, 4, 3]), tlv(tag, text)]);
        seq(&[tlv(tag::SET, &pair)])
    };
    assert_eq!(faults(&with(name("Root"))), []);
    let form = [(FaultKind::NameForm, "issuer")];
    assert_eq!(faults(&with(of_string(0x13, b"Root*"))), form);
    assert_eq!(faults(&with(of_string(0x0c, &[0xff]))), form);
    assert_eq!(malformed(&with(seq(&[tlv(tag::SET, &[])]))), ["issuer"]);
}

#[test]
fn a_default_in_the_parameters_of_pss_is_not_encoded() {
    const PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
    const SHA1: &[u8] = &[0x2b, 14, 3, 2, 26];
    const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    let oid = |content: &[u8]| tlv(tag::OBJECT_IDENTIFIER, content);
    let hash = |of: &[u8]| seq(&[oid(of), vec![tag::NULL, 0]]);
    let field = |number: u8, content: &[u8]| tlv(0xa0 | number, content);
    let mask = |of: &[u8]| field(1, &seq(&[oid(MGF1), hash(of)]));
    let salt = |of: u8| field(2, &tlv(tag::INTEGER, &[of]));
    let (sha1, sha256) = (field(0, &hash(SHA1)), field(0, &hash(SHA256)));
    let trailer = field(3, &tlv(tag::INTEGER, &[1]));
    for (fields, is_encoded) in [
        (vec![], false),
        (vec![sha256.clone(), mask(SHA256), salt(32)], false),
        (vec![sha1, mask(SHA256), salt(32)], true),
        (vec![sha256.clone(), mask(SHA1), salt(32)], true),
        (vec![sha256.clone(), mask(SHA256), salt(20)], true),
        (vec![sha256, mask(SHA256), salt(32), trailer], true),
    ] {
        let algorithm = seq(&[oid(PSS), seq(&fields)]);
        let draft = Draft {
            inner_algorithm: algorithm.clone(),
            outer_algorithm: algorithm,
            ..Draft::good(&Issuer::new("Root"), AT)
        };
        let facts = Crl::read(&draft.sign(&Issuer::new("Root"))).unwrap().facts;
        let is_fault = faults(&facts).iter().any(|(kind, _)| *kind == FaultKind::DefaultEncoded);
        assert_eq!(is_fault, is_encoded, "{fields:02x?}");
        assert!(facts.inner_algorithm.algorithm.is_some(), "{fields:02x?}");
    }
}
