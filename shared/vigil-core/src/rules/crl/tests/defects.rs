//! What is wrong with a CRL in itself, and by whom it is signed.

use time::Duration;

use super::{
    super::{CrlLocation, CrlState, CrlSubject, Profile, RULES},
    world::*,
};
use crate::{
    ca::CrlType,
    crl::fixture::{
        self, Draft, ECDSA_SHA384, Issuer, algorithm, authority_key_identifier, crl_number,
        distribution_point, entry, extension, tlv, utc,
    },
    der::tag,
    finding::Severity,
    rules::{JudgementResult, judge},
    signature::SignatureError,
};

#[test]
fn a_clean_world_has_no_findings_and_every_rule_passes() {
    let issuer = Issuer::new("Root");
    let subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    for judgement in judge(RULES, &subject, ARN, subject.as_of) {
        assert_eq!(judgement.result, JudgementResult::Pass, "{}", judgement.rule);
    }
}

#[test]
fn each_defect_of_the_crl_is_found_by_its_own_rule_alone() {
    use Severity::{High, Low, Medium};
    type Spoil = fn(&Issuer, &mut Draft);
    let table: &[(&str, Spoil, &'static str, &str, Severity)] = &[
        ("v1", |_, d| d.version = None, "crl.version", "not-v2", High),
        (
            "another algorithm outside",
            |_, d| d.outer_algorithm = algorithm(ECDSA_SHA384),
            "crl.algorithms",
            "inner-outer-mismatch",
            High,
        ),
        ("no nextUpdate", |_, d| d.next_update = None, "crl.next-update", "missing", High),
        (
            "another issuer",
            |_, d| d.issuer = fixture::name("Mallory"),
            "crl.issuer-name",
            "another-name",
            High,
        ),
        ("trailing bytes", |_, d| d.trailing = vec![0], "crl.parses", "trailing-bytes", High),
        (
            "no AKI",
            |_, d| drop(d.extensions.as_mut().unwrap().remove(0)),
            "crl.authority-key-identifier",
            "absent",
            High,
        ),
        (
            "another AKI",
            |_, d| d.extensions.as_mut().unwrap()[0] = authority_key_identifier(&[9; 20]),
            "crl.authority-key-identifier",
            "another-key",
            High,
        ),
        (
            "no number",
            |_, d| drop(d.extensions.as_mut().unwrap().remove(1)),
            "crl.crl-number",
            "absent",
            High,
        ),
        (
            "a number of 21 octets",
            |_, d| d.extensions.as_mut().unwrap()[1] = crl_number(&[1; 21]),
            "crl.crl-number",
            "too-long",
            High,
        ),
        (
            "delta",
            |_, d| {
                let base = extension(&[0x55, 0x1d, 27], true, &tlv(tag::INTEGER, &[1]));
                d.extensions.as_mut().unwrap().push(base);
            },
            "crl.delta",
            "delta",
            High,
        ),
        (
            "unknown critical extension",
            |_, d| {
                let unknown = extension(&[0x2a, 3, 4], true, &[tag::NULL, 0]);
                d.extensions.as_mut().unwrap().push(unknown);
            },
            "crl.unknown-critical-extension",
            "in-crl",
            High,
        ),
        (
            "a hold",
            |_, d| d.entries = Some(vec![entry(&[1], AT, Some(6))]),
            "crl.reasons",
            "not-allowed",
            Medium,
        ),
        (
            "a serial twice",
            |_, d| d.entries = Some(vec![entry(&[1], AT, None), entry(&[1], AT, None)]),
            "crl.serials",
            "duplicate",
            Medium,
        ),
        (
            "serial zero",
            |_, d| d.entries = Some(vec![entry(&[0], AT, None)]),
            "crl.serials",
            "zero",
            Medium,
        ),
        (
            "an entry of garbage",
            |_, d| d.entries = Some(vec![tlv(tag::SEQUENCE, &[tag::NULL, 0])]),
            "crl.parses",
            "malformed",
            High,
        ),
        (
            "an entry of tomorrow",
            |_, d| d.entries = Some(vec![entry(&[1], AT + Duration::days(2), None)]),
            "crl.entry-dates",
            "future",
            Medium,
        ),
        (
            "valid for eight days",
            |_, d| d.next_update = Some(utc(AT + Duration::days(8))),
            "crl.validity",
            "differs-from-configuration",
            Low,
        ),
    ];
    for (name, spoil, rule, kind, severity) in table {
        assert_eq!(spoilt(spoil), of(&[(rule, kind, *severity)]), "{name}");
    }
}

#[test]
fn a_crl_by_another_key_is_critical_whoever_it_names() {
    let (issuer, mallory) = (Issuer::new("Root"), Issuer::new("Root"));
    let forged = read(&issuer, &Draft::good(&mallory, AT).sign(&mallory));
    assert_eq!(findings(&forged), of(&[("crl.signature", "not-the-cas", Severity::Critical)]));
}

/// Anyone can write another key's identifier: it excuses only a signature that such a key can make.
#[test]
fn what_no_key_of_the_cas_kind_made_is_critical() {
    use SignatureError::{IllFormed, Mismatch, UnusedBits, WrongKey};
    let issuer = Issuer::new("Root");
    let mut draft = Draft::good(&issuer, AT);
    draft.extensions.as_mut().unwrap()[0] = authority_key_identifier(&[9; 20]);
    let read = read(&issuer, &draft.sign(&issuer));
    let location = CrlLocation::File("a.crl".to_owned());
    let mut subject = CrlSubject { ca: None, location, profile: Profile::Rfc5280, ..read };
    let wrong_key = WrongKey { algorithm: "1.2.3".to_owned(), key: "P-256".to_owned() };
    for (error, kind, severity) in [
        (Mismatch, "another-key", Severity::High),
        (wrong_key, "not-the-cas", Severity::Critical),
        (UnusedBits(3), "not-the-cas", Severity::Critical),
        (IllFormed("ED448".to_owned()), "not-the-cas", Severity::Critical),
    ] {
        let CrlState::Read { signature, .. } = &mut subject.crl else { panic!("it was read") };
        *signature = Some(Err(error));
        let want = of(&[("crl.signature", kind, severity)]);
        assert!(findings(&subject).contains(&want[0]), "{:?}", subject.crl);
    }
}

#[test]
fn a_ca_whose_certificate_forbids_crls_is_found() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.issuer.as_mut().unwrap().crl_sign = Some(false);
    assert_eq!(findings(&subject), of(&[("crl.signature", "key-usage", Severity::High)]));
}

#[test]
fn an_algorithm_other_than_the_configured_one_is_found() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    subject.ca.as_mut().unwrap().signing_algorithm = Some("SHA512WITHECDSA".to_owned());
    assert_eq!(
        findings(&subject),
        of(&[("crl.algorithms", "differs-from-configuration", Severity::Medium)])
    );
}

#[test]
fn what_is_not_a_crl_is_one_finding_and_no_other_rule_guesses() {
    let issuer = Issuer::new("Root");
    let der = Draft::good(&issuer, AT).sign(&issuer);
    for (bytes, kind) in [
        (&b""[..], "unreadable"),
        (b"-----BEGIN X509 CRL-----", "another-format"),
        (&der[..der.len() - 1], "unreadable"),
    ] {
        let unreadable = [("crl.parses", kind, Severity::Critical)];
        assert_eq!(findings(&read(&issuer, bytes)), of(&unreadable));
    }
    let large = subject(&issuer, CrlState::TooLarge { limit: 10 });
    assert_eq!(findings(&large), of(&[("crl.parses", "too-large", Severity::High)]));
}

/// OpenSSL verifies a CRL whose length is indefinite, which BER allows.
#[test]
fn of_a_crl_in_ber_no_more_is_said_than_that_it_is_not_der() {
    let issuer = Issuer::new("Root");
    let der = Draft::good(&issuer, AT).sign(&issuer);
    let inside = 2 + usize::from(der[1] & 0x7f);
    let ber = [&[tag::SEQUENCE, 0x80][..], &der[inside..], &[0, 0]].concat();
    let subject = read(&issuer, &ber);
    let judgements = judge(RULES, &subject, ARN, subject.as_of);
    let parses = judgements.into_iter().find(|one| one.rule == "crl.parses").unwrap();
    let JudgementResult::Findings { findings } = parses.result else { panic!("it was found") };
    assert!(findings[0].title.ends_with("cannot be read as a CRL in DER"), "{}", findings[0]);
    assert!(findings[0].impact.starts_with("Relying parties that read nothing but DER"));
}

#[test]
fn an_issuing_distribution_point_must_fit_the_crl_s_purpose() {
    let uri = |key: &str| format!("http://crls.s3.us-east-1.amazonaws.com/{key}");
    let key = "crl/11223344-1234-1122-2233-112233445566.crl";
    let with =
        |point: Vec<u8>| spoilt(move |_, draft| draft.extensions.as_mut().unwrap().push(point));
    let rule = "crl.issuing-distribution-point";
    assert_eq!(with(distribution_point(true, &uri(key), &[])), []);
    let not_critical = with(distribution_point(false, &uri(key), &[]));
    assert_eq!(not_critical, of(&[(rule, "not-critical", Severity::High)]));
    let elsewhere = with(distribution_point(true, &uri("crl/other.crl"), &[]));
    assert_eq!(elsewhere, of(&[(rule, "another-object", Severity::High)]));
    let narrowed = with(distribution_point(true, &uri(key), &[tlv(0x82, &[0xff])]));
    assert_eq!(narrowed, of(&[(rule, "narrowed", Severity::High)]));
    let empty = with(extension(&[0x55, 0x1d, 28], true, &fixture::seq(&[])));
    assert_eq!(empty, of(&[(rule, "names-nothing", Severity::High)]));

    let issuer = Issuer::new("Root");
    let mut partition = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    partition.ca.as_mut().unwrap().crl.as_mut().unwrap().crl_type = Some(CrlType::Partitioned);
    assert_eq!(findings(&partition), of(&[(rule, "absent-from-partition", Severity::High)]));
}

#[test]
fn a_uri_that_names_an_issuer_and_nothing_is_found() {
    let names = [tlv(0xa4, &fixture::name("Root")), tlv(0x86, b"a b")].concat();
    let of_key = spoilt(|issuer, draft| {
        let of = tlv(0xa1, &tlv(0x86, b"a b"));
        let serial = tlv(0x82, &issuer.certificate().serial);
        let key = fixture::seq(&[tlv(0x80, &issuer.key_identifier), of, serial]);
        draft.extensions.as_mut().unwrap()[0] = extension(&[0x55, 0x1d, 35], false, &key);
    });
    assert_eq!(of_key, of(&[("crl.uris", "not-valid", Severity::High)]));
    let of_entry = spoilt(|_, draft| {
        let of = extension(&[0x55, 0x1d, 29], true, &tlv(tag::SEQUENCE, &names));
        let entry = [tlv(tag::INTEGER, &[1]), utc(AT), fixture::seq(&[of])];
        draft.entries = Some(vec![fixture::seq(&entry)]);
    });
    let want =
        [("crl.uris", "not-valid", Severity::High), ("crl.serials", "indirect", Severity::High)];
    assert_eq!(of_entry, of(&want));
}

#[test]
fn a_crl_of_some_reasons_has_no_entry_of_another() {
    let issuer = Issuer::new("Root");
    let key_compromise: [u8; 2] = [6, 0x40];
    let privilege_withdrawn: [u8; 2] = [0, 0x01];
    let rule = [("crl.reasons", "out-of-scope", Severity::Medium)];
    for (flags, reason, is_found) in [
        (key_compromise, Some(1), false),
        (key_compromise, None, false),
        (key_compromise, Some(4), true),
        (privilege_withdrawn, Some(9), false),
        (privilege_withdrawn, Some(7), false),
        (privilege_withdrawn, Some(10), true),
    ] {
        let mut draft = Draft::of_any_ca(&issuer, AT);
        draft.entries = Some(vec![entry(&[1], AT, reason)]);
        let point = distribution_point(true, "http://a.example/1.crl", &[tlv(0x83, &flags)]);
        draft.extensions.as_mut().unwrap().push(point);
        let read = read(&issuer, &draft.sign(&issuer));
        let found = findings(&CrlSubject { profile: Profile::Rfc5280, ..read });
        assert_eq!(found.contains(&of(&rule)[0]), is_found, "{flags:02x?} {reason:?}");
    }
}

#[test]
fn only_an_indirect_crl_needs_no_ca_as_its_issuer() {
    let issuer = Issuer::new("Root");
    let rule = [("crl.issuer-certificate", "not-a-ca", Severity::High)];
    for (flag, profile, is_of_server, is_found) in [
        (0x84, Profile::Rfc5280, false, false),
        (0x84, Profile::Rfc5280, true, true),
        (0x81, Profile::Rfc5280, false, true),
        (0x84, Profile::AcmPca, false, true),
    ] {
        let mut draft = Draft::of_any_ca(&issuer, AT);
        let flags = [tlv(flag, &[0xff])];
        let point = distribution_point(true, "http://a.example/1.crl", &flags);
        draft.extensions.as_mut().unwrap().push(point);
        let mut subject = read(&issuer, &draft.sign(&issuer));
        subject.profile = profile;
        subject.issuer.as_mut().unwrap().ca = Some(false);
        subject.issuer.as_mut().unwrap().has_other_purposes = is_of_server;
        assert_eq!(findings(&subject).contains(&of(&rule)[0]), is_found, "{flag:02x} {profile:?}");
    }
}

/// RFC 5280 §5.3.3: also where it is the CA itself.
#[test]
fn only_an_indirect_crl_names_the_issuers_of_entries() {
    let issuer = Issuer::new("Root");
    let rule = [("crl.serials", "indirect", Severity::High)];
    for (flag, is_found) in [(0x84, false), (0x81, true)] {
        let mut draft = Draft::of_any_ca(&issuer, AT);
        let point = distribution_point(true, "http://a.example/1.crl", &[tlv(flag, &[0xff])]);
        draft.extensions.as_mut().unwrap().push(point);
        let own = fixture::seq(&[tlv(0xa4, &issuer.name)]);
        let own = fixture::seq(&[extension(&[0x55, 0x1d, 29], true, &own)]);
        draft.entries = Some(vec![fixture::seq(&[tlv(tag::INTEGER, &[1]), utc(AT), own])]);
        let read = read(&issuer, &draft.sign(&issuer));
        let found = findings(&CrlSubject { profile: Profile::Rfc5280, ..read });
        assert_eq!(found.contains(&of(&rule)[0]), is_found, "{flag:02x}");
    }
}

#[test]
fn quotas_are_reported_before_they_are_reached() {
    let issuer = Issuer::new("Root");
    let mut subject = read(&issuer, &Draft::good(&issuer, AT).sign(&issuer));
    for (count, want) in [
        (799_999, None),
        (800_000, Some(("many-entries", Severity::Medium))),
        (1_000_000, Some(("many-entries", Severity::Medium))),
        (1_000_001, Some(("too-many-entries", Severity::High))),
    ] {
        let CrlState::Read { facts, .. } = &mut subject.crl else { panic!("it was read") };
        facts.entries.count = count;
        let want: Vec<_> = want.iter().map(|(kind, how)| ("crl.size", *kind, *how)).collect();
        assert_eq!(findings(&subject), of(&want), "{count}");
    }
}
