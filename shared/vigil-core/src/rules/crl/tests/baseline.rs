//! What the CA/Browser Forum's Baseline Requirements demand of a CRL, beyond RFC 5280.

use time::Duration;

use super::{
    super::{CrlLocation, CrlState, CrlSubject, Profile, RULES},
    world::*,
};
use crate::{
    crl::fixture::{
        Draft, Issuer, algorithm, distribution_point, entry, extension, name, rsa_spki, seq, tlv,
        utc,
    },
    der::Reader,
    finding::Severity,
    rules::{JudgementResult, judge},
    signature::AlgorithmIdentifier,
};

type Fixture = (&'static str, &'static str, CrlSubject);

/// onlyContainsUserCerts and onlyContainsCACerts.
const USERS: u8 = 0x81;
const CAS: u8 = 0x82;

/// A CRL for certificates of one kind, with an entry of this reason.
fn with_reason(issuer: &Issuer, only: u8, reason: Option<u8>) -> CrlSubject {
    let mut draft = Draft::good(issuer, AT);
    draft.entries = Some(vec![entry(&[1], AT - Duration::DAY, reason)]);
    let point = distribution_point(true, "http://a.example.com/1.crl", &[tlv(only, &[0xff])]);
    draft.extensions.as_mut().unwrap().push(point);
    of_browsers(read(issuer, &draft.sign(issuer)))
}

fn of_browsers(subject: CrlSubject) -> CrlSubject {
    let location = CrlLocation::File("a.crl".to_owned());
    CrlSubject { ca: None, profile: Profile::Cabf, location, ..subject }
}

/// A CRL that names this algorithm, of a CA with an RSA key.
fn with_algorithm(issuer: &Issuer, algorithm: &[u8]) -> CrlSubject {
    let draft = Draft { entries: None, ..Draft::good(issuer, AT) };
    let mut subject = of_browsers(read(issuer, &draft.sign(issuer)));
    subject.issuer.as_mut().unwrap().spki = rsa_spki(2048);
    let CrlState::Read { facts, .. } = &mut subject.crl else { panic!("it was read") };
    let read = AlgorithmIdentifier::read(Reader::new(algorithm).element().unwrap()).unwrap();
    (facts.inner_algorithm, facts.outer_algorithm) = (read.clone(), read);
    subject
}

const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

pub(super) fn fixtures(issuer: &Issuer) -> Vec<Fixture> {
    vec![
        ("crl.reasons", "absent", with_reason(issuer, CAS, None)),
        ("crl.algorithms", "not-allowed", with_algorithm(issuer, &algorithm(ED25519))),
    ]
}

#[test]
fn reasons_are_those_of_the_kind_of_certificates() {
    let issuer = Issuer::new("Root");
    let absent = of(&[("crl.reasons", "absent", Severity::Medium)]);
    let other = of(&[("crl.reasons", "not-allowed", Severity::Medium)]);
    for (only, reason, want) in [
        (CAS, None, absent),
        (CAS, Some(0), Vec::new()),
        (CAS, Some(2), Vec::new()),
        (CAS, Some(10), other.clone()),
        (USERS, None, Vec::new()),
        (USERS, Some(0), other.clone()),
        (USERS, Some(2), other.clone()),
        (USERS, Some(9), Vec::new()),
        (USERS, Some(10), other),
    ] {
        assert_eq!(findings(&with_reason(&issuer, only, reason)), want, "{only:x} {reason:?}");
    }
}

#[test]
fn a_finding_names_the_rules_that_forbid_a_reason() {
    let subject = with_reason(&Issuer::new("Root"), USERS, Some(6));
    let judged = judge(RULES, &subject, ARN, subject.as_of);
    let one = judged.into_iter().find(|one| one.rule == "crl.reasons").unwrap();
    let JudgementResult::Findings { findings } = one.result else { panic!("it has one") };
    let said = findings[0].to_string();
    assert!(said.contains("Baseline Requirements §7.2.2.1 and RFC 5280 do not allow"), "{said}");
    assert!(!findings[0].impact.contains("another party"), "{said}");
}

/// Baseline Requirements §7.2: 10 days where subscribers' certificates are, else 12 months. A root issues none.
#[test]
fn a_crl_of_a_root_is_one_of_ca_certificates() {
    let issuer = Issuer::new("Root");
    let cas = extension(&[0x55, 0x1d, 28], true, &seq(&[tlv(CAS, &[0xff])]));
    let far = ("crl.next-update", "far-away", Severity::Medium);
    let no_uri = ("crl.issuing-distribution-point", "beyond-baseline", Severity::Medium);
    for (days, point, is_root, want) in [
        (180, None, true, vec![]),
        (367, None, true, vec![far]),
        (180, None, false, vec![far]),
        (7, Some(cas.clone()), true, vec![]),
        (7, Some(cas), false, vec![no_uri]),
    ] {
        let mut draft = Draft { entries: None, ..Draft::of_any_ca(&issuer, AT) };
        draft.next_update = Some(utc(AT + Duration::days(days)));
        draft.extensions.as_mut().unwrap().extend(point);
        let mut subject = of_browsers(read(&issuer, &draft.sign(&issuer)));
        if !is_root {
            subject.issuer.as_mut().unwrap().issuer = name("Another");
        }
        assert_eq!(findings(&subject), of(&want), "{days} {is_root}");
    }
}

/// As `openssl dgst -sigopt` writes the parameters of RSASSA-PSS, with SHA-256 and a salt of so many octets.
fn pss(salt: u8) -> Vec<u8> {
    let encoded = "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886\
                   f70d010108300d06096086480165030402010500a2030201";
    let mut octets = hex::decode(encoded).unwrap();
    octets.push(salt);
    octets
}

#[test]
fn algorithms_are_those_that_browsers_allow() {
    let issuer = Issuer::new("Root");
    // SHA-224 and SHA-256 with RSA, whose parameters are NULL.
    let rsa = |last: u8| vec![0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last, 5, 0];
    const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 18];
    for (name, encoded, is_allowed) in [
        ("RSA with SHA-256", rsa(11), true),
        ("RSA with SHA-224", rsa(14), false),
        ("PSS", pss(32), true),
        ("PSS with a salt of 24 octets", pss(24), false),
        ("Ed25519", algorithm(ED25519), false),
        ("ML-DSA", algorithm(ML_DSA_65), false),
    ] {
        let found = findings(&with_algorithm(&issuer, &encoded));
        let not_allowed = of(&[("crl.algorithms", "not-allowed", Severity::Medium)]);
        assert_eq!(found, if is_allowed { Vec::new() } else { not_allowed }, "{name}");
    }
}
