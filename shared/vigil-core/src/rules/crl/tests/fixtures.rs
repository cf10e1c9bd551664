//! One fixture for every kind of finding of every rule: a good CRL, with one thing spoilt.

use time::Duration;

use super::{
    super::{
        CrlLocation, CrlState, CrlSubject, ForeignWrite, GenerationFailure, Named, Profile, RULES,
    },
    world::*,
};
use crate::{
    ca::{Ca, CrlType},
    certificate::Certificate,
    crl::{
        CrlError, CrlFacts,
        comparison::{Coverage, Difference, Sample},
        fixture::{
            self, Draft, ECDSA_SHA384, Issuer, algorithm, authority_key_identifier, crl_number,
            distribution_point, entry, extension, tlv, utc,
        },
    },
    der::{Reader, tag},
    distribution::ObjectMetadata,
    rules::fixtures::assert_every_kind_has_its_fixture,
    signature::{AlgorithmIdentifier, SignatureError},
};

mod surroundings;

type Fixture = (&'static str, &'static str, CrlSubject);

#[test]
fn every_kind_of_every_rule_has_a_fixture_with_only_it() {
    let issuer = &Issuer::new("Root");
    let all = [
        drafts(issuer),
        facts(issuer),
        surroundings::spoilt(issuer),
        times(issuer),
        of_any_ca(issuer),
        issuers(issuer),
        metadata(issuer),
        super::of_names::fixtures(issuer),
        super::baseline::fixtures(issuer),
    ]
    .concat();
    assert_every_kind_has_its_fixture("crl", RULES, |subject| subject.as_of, all);
}

/// What the object is served with.
fn metadata(issuer: &Issuer) -> Vec<Fixture> {
    type Spoil = fn(&mut ObjectMetadata);
    let table: &[(&str, Spoil)] = &[
        ("content-type", |m| m.content_type = Some("binary/octet-stream".to_owned())),
        ("content-encoding", |m| m.content_encoding = Some("aws-chunked,gzip".to_owned())),
        ("website-redirect", |m| m.website_redirect = Some("https://example.com/".to_owned())),
        ("cached-too-long", |m| m.cache_control = Some("max-age=31536000".to_owned())),
    ];
    let spoilt = table.iter().map(|(kind, spoil)| {
        let mut subject = good(issuer);
        spoil(subject.metadata.as_mut().expect("it is in a bucket"));
        ("crl.object-metadata", *kind, subject)
    });
    spoilt.collect()
}

/// Spoilt before it was signed.
fn drafts(issuer: &Issuer) -> Vec<Fixture> {
    type Spoil = fn(&mut Draft);
    const SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
    let idp = "crl.issuing-distribution-point";
    let table: &[(&str, &str, Spoil)] = &[
        ("crl.version", "not-v2", |d| d.version = None),
        ("crl.algorithms", "inner-outer-mismatch", |d| d.outer_algorithm = algorithm(ECDSA_SHA384)),
        ("crl.next-update", "missing", |d| d.next_update = None),
        ("crl.issuer-name", "another-name", |d| d.issuer = fixture::name("Mallory")),
        ("crl.parses", "trailing-bytes", |d| d.trailing = vec![0]),
        ("crl.parses", "malformed", |d| {
            d.entries = Some(vec![tlv(tag::SEQUENCE, &[tag::NULL, 0])]);
        }),
        ("crl.authority-key-identifier", "absent", |d| {
            d.extensions.as_mut().unwrap().remove(0);
        }),
        ("crl.authority-key-identifier", "another-key", |d| {
            d.extensions.as_mut().unwrap()[0] = authority_key_identifier(&[9; 20]);
        }),
        ("crl.crl-number", "absent", |d| drop(d.extensions.as_mut().unwrap().remove(1))),
        ("crl.crl-number", "too-long", |d| {
            d.extensions.as_mut().unwrap()[1] = crl_number(&[1; 21]);
        }),
        ("crl.delta", "delta", |d| {
            let base = extension(&[0x55, 0x1d, 27], true, &tlv(tag::INTEGER, &[1]));
            d.extensions.as_mut().unwrap().push(base);
        }),
        ("crl.unknown-critical-extension", "in-crl", |d| {
            d.extensions.as_mut().unwrap().push(extension(&[0x2a, 3, 4], true, &[tag::NULL, 0]));
        }),
        ("crl.unknown-critical-extension", "in-entries", |d| {
            let unknown = fixture::seq(&[extension(&[0x2a, 3, 4], true, &[tag::NULL, 0])]);
            let entry = [tlv(tag::INTEGER, &[1]), utc(AT), unknown];
            d.entries = Some(vec![fixture::seq(&entry)]);
        }),
        ("crl.reasons", "not-allowed", |d| d.entries = Some(vec![entry(&[1], AT, Some(6))])),
        ("crl.serials", "duplicate", |d| {
            d.entries = Some(vec![entry(&[1], AT, None), entry(&[1], AT, None)]);
        }),
        ("crl.serials", "zero", |d| d.entries = Some(vec![entry(&[0], AT, None)])),
        ("crl.serials", "negative", |d| d.entries = Some(vec![entry(&[0x80], AT, None)])),
        ("crl.serials", "too-long", |d| d.entries = Some(vec![entry(&[1; 21], AT, None)])),
        ("crl.serials", "undated", |d| {
            let entry = [tlv(tag::INTEGER, &[1]), tlv(tag::UTC_TIME, b"yesterday")];
            d.entries = Some(vec![fixture::seq(&entry)]);
        }),
        ("crl.serials", "indirect", |d| {
            let issuer = fixture::seq(&[tlv(0xa4, &fixture::name("Other"))]);
            let certificate_issuer = fixture::seq(&[extension(&[0x55, 0x1d, 29], true, &issuer)]);
            let entry = [tlv(tag::INTEGER, &[1]), utc(AT), certificate_issuer];
            d.entries = Some(vec![fixture::seq(&entry)]);
        }),
        ("crl.entry-dates", "future", |d| {
            d.entries = Some(vec![entry(&[1], AT + Duration::days(2), None)]);
        }),
        ("crl.entry-dates", "invalid-later", |d| {
            let later = fixture::entry_invalid_since(&[1], AT, AT + Duration::SECOND);
            d.entries = Some(vec![later]);
        }),
        ("crl.validity", "differs-from-configuration", |d| {
            d.next_update = Some(utc(AT + Duration::days(8)))
        }),
        (idp, "another-object", |d| point(d, true, "crl/other.crl", &[])),
        (idp, "narrowed", |d| point(d, true, KEY, &[tlv(0x82, &[0xff])])),
        (idp, "not-critical", |d| point(d, false, KEY, &[])),
        (idp, "names-nothing", |d| {
            let empty = extension(&[0x55, 0x1d, 28], true, &fixture::seq(&[]));
            d.extensions.as_mut().unwrap().push(empty);
        }),
    ];
    let mut fixtures: Vec<Fixture> = forms(issuer);
    for (rule, kind, spoil) in table {
        let mut draft = Draft::good(issuer, AT);
        spoil(&mut draft);
        fixtures.push((*rule, *kind, read(issuer, &draft.sign(issuer))));
    }
    let mut weak = Draft::good(issuer, AT);
    (weak.inner_algorithm, weak.outer_algorithm) = (algorithm(SHA1), algorithm(SHA1));
    let mut weak = CrlSubject { ca: None, ..read(issuer, &weak.sign(issuer)) };
    // A library that signs with SHA-1 is not at hand; crl/openssl_tests.rs has OpenSSL do it.
    let CrlState::Read { signature, .. } = &mut weak.crl else { panic!("it was read") };
    *signature = Some(Ok(()));
    fixtures.push(("crl.algorithms", "weak", weak));
    let mut large = Draft::good(issuer, AT);
    point(&mut large, true, KEY, &[]);
    let mut large = read(issuer, &large.sign(issuer));
    large.ca.as_mut().unwrap().crl.as_mut().unwrap().crl_type = Some(CrlType::Partitioned);
    facts_of(&mut large).size = 1024 * 1024 + 1;
    fixtures.push(("crl.size", "partition-too-large", large));
    fixtures
}

/// Spoilt in the form that a part is encoded in.
fn forms(issuer: &Issuer) -> Vec<Fixture> {
    type Spoil = fn(&mut Draft);
    let add = |draft: &mut Draft, oid: &[u8], critical, value: &[u8]| {
        draft.extensions.as_mut().unwrap().push(extension(oid, critical, value));
    };
    let number = |critical| extension(&[0x55, 0x1d, 20], critical, &tlv(tag::INTEGER, &[7]));
    let table: &[(&str, &str, Spoil)] = &[
        ("crl.encoding", "time-form", |d| {
            d.this_update = tlv(tag::GENERALIZED_TIME, b"20260301110000Z");
        }),
        ("crl.encoding", "empty-list", |d| d.entries = Some(Vec::new())),
        ("crl.encoding", "duplicate-extension", |d| {
            let again = d.extensions.as_ref().unwrap()[0].clone();
            d.extensions.as_mut().unwrap().push(again);
        }),
        ("crl.encoding", "default-encoded", |d| {
            let parts = [
                tlv(tag::OBJECT_IDENTIFIER, &[0x2a, 3, 4]),
                tlv(tag::BOOLEAN, &[0]),
                tlv(tag::OCTET_STRING, &[tag::NULL, 0]),
            ];
            d.extensions.as_mut().unwrap().push(fixture::seq(&parts));
        }),
        ("crl.algorithms", "parameters", |d| {
            let oid = tlv(tag::OBJECT_IDENTIFIER, fixture::ECDSA_SHA256);
            d.inner_algorithm = fixture::seq(&[oid, vec![tag::NULL, 0]]);
            d.outer_algorithm = d.inner_algorithm.clone();
        }),
    ];
    let mut fixtures: Vec<Fixture> = Vec::new();
    for (rule, kind, spoil) in table {
        let mut draft = Draft::good(issuer, AT);
        spoil(&mut draft);
        fixtures.push((*rule, *kind, read(issuer, &draft.sign(issuer))));
    }
    let mut spoilt = |rule, kind, spoil: &dyn Fn(&mut Draft)| {
        let mut draft = Draft::good(issuer, AT);
        spoil(&mut draft);
        fixtures.push((rule, kind, read(issuer, &draft.sign(issuer))));
    };
    spoilt("crl.criticality", "must-not-be-critical", &|d| {
        d.extensions.as_mut().unwrap()[1] = number(true);
    });
    let names = fixture::seq(&[tlv(0x82, b"ca.example.com")]);
    spoilt("crl.criticality", "should-not-be-critical", &|d| {
        add(d, &[0x55, 0x1d, 18], true, &names);
    });
    let access = |uri: &[u8]| {
        let method = tlv(tag::OBJECT_IDENTIFIER, &[0x2b, 6, 1, 5, 5, 7, 48, 2]);
        fixture::seq(&[fixture::seq(&[method, tlv(0x86, uri)])])
    };
    const ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
    spoilt("crl.uris", "not-valid", &|d| add(d, ACCESS, false, &access(b"ca.example.com/ca.cer")));
    spoilt("crl.uris", "not-fetched", &|d| {
        add(d, ACCESS, false, &access(b"https://ca.example.com/ca.cer"));
    });
    spoilt("crl.next-update", "publish-past", &|d| {
        let microsoft = [0x2b, 6, 1, 4, 1, 0x82, 0x37, 21, 4];
        add(d, &microsoft, false, &utc(AT + Duration::HOUR));
    });
    spoilt("crl.authority-key-identifier", "another-certificate", &|d| {
        let names = tlv(0xa1, &tlv(0xa4, &issuer.name));
        let value = fixture::seq(&[tlv(0x80, &issuer.key_identifier), names, tlv(0x82, &[0x43])]);
        d.extensions.as_mut().unwrap()[0] = extension(&[0x55, 0x1d, 35], false, &value);
    });
    fixtures
}

/// Spoilt in what only CRLs of other CAs may have.
fn of_any_ca(issuer: &Issuer) -> Vec<Fixture> {
    let of_any = |draft: &Draft| CrlSubject {
        ca: None,
        profile: Profile::Rfc5280,
        ..read(issuer, &draft.sign(issuer))
    };
    let delta = |critical| extension(&[0x55, 0x1d, 27], critical, &tlv(tag::INTEGER, &[1]));
    let mut base = Draft::of_any_ca(issuer, AT);
    base.extensions.as_mut().unwrap()[1] = delta(true);
    // Without its own number it is two things: no CRLNumber, and no delta.
    base.extensions.as_mut().unwrap().push(crl_number(&[0]));
    let mut not_critical = Draft::of_any_ca(issuer, AT);
    not_critical.extensions.as_mut().unwrap().push(delta(false));
    let mut both = Draft::of_any_ca(issuer, AT);
    point(&mut both, true, KEY, &[tlv(0x81, &[0xff]), tlv(0x82, &[0xff])]);
    let mut some_reasons = Draft::of_any_ca(issuer, AT);
    // keyCompromise; one of its entries is superseded.
    point(&mut some_reasons, true, KEY, &[tlv(0x83, &[6, 0x40])]);
    let mut old = Draft::of_any_ca(issuer, AT);
    old.entries = Some(vec![entry(&[1], AT - Duration::days(6 * 366), None)]);
    let mut far = Draft::of_any_ca(issuer, AT);
    far.next_update = Some(tlv(tag::UTC_TIME, b"400101000000Z"));
    let mut rollover = Draft::of_any_ca(issuer, AT);
    rollover.extensions.as_mut().unwrap()[0] = authority_key_identifier(&[9; 20]);
    let mut rollover = of_any(&rollover);
    let CrlState::Read { facts, signature } = &mut rollover.crl else { panic!("it was read") };
    *signature = Some(Err(SignatureError::Mismatch));
    facts.issuer = issuer.name.clone();
    rollover.location = CrlLocation::File("a.crl".to_owned());
    let of_browsers = |draft: &Draft| CrlSubject { profile: Profile::Cabf, ..of_any(draft) };
    let mut more = Draft::of_any_ca(issuer, AT);
    let names = tlv(0xa1, &tlv(0xa4, &issuer.name));
    let serial = tlv(0x82, &issuer.certificate().serial);
    let value = fixture::seq(&[tlv(0x80, &issuer.key_identifier), names, serial]);
    more.extensions.as_mut().unwrap()[0] = extension(&[0x55, 0x1d, 35], false, &value);
    let mut other_hash = of_browsers(&Draft::of_any_ca(issuer, AT));
    let facts = facts_of(&mut other_hash);
    let sha384 = algorithm(ECDSA_SHA384);
    let sha384 = AlgorithmIdentifier::read(Reader::new(&sha384).element().unwrap()).unwrap();
    (facts.inner_algorithm, facts.outer_algorithm) = (sha384.clone(), sha384);
    vec![
        ("crl.authority-key-identifier", "more-than-key", of_browsers(&more)),
        ("crl.algorithms", "not-of-the-curve", other_hash),
        ("crl.delta", "ill-formed", of_any(&base)),
        ("crl.criticality", "must-be-critical", of_any(&not_critical)),
        ("crl.issuing-distribution-point", "contradictory", of_any(&both)),
        ("crl.next-update", "far-away", of_any(&far)),
        ("crl.entry-dates", "before-certificate", of_any(&old)),
        ("crl.reasons", "out-of-scope", of_any(&some_reasons)),
        ("crl.signature", "another-key", rollover),
    ]
}

/// Spoilt in the certificate that the CRL is verified with.
fn issuers(issuer: &Issuer) -> Vec<Fixture> {
    let with = |spoil: fn(&mut Certificate)| {
        let mut subject = good(issuer);
        spoil(subject.issuer.as_mut().unwrap());
        subject
    };
    let mut unverified = good(issuer);
    let CrlState::Read { signature, .. } = &mut unverified.crl else { panic!("it was read") };
    *signature = Some(Err(SignatureError::Unsupported {
        algorithm: "ED448".to_owned(),
        key: "Ed448".to_owned(),
    }));
    let mut older = Draft::good(issuer, AT);
    older.this_update = tlv(tag::UTC_TIME, b"231201000000Z");
    older.entries = None;
    let older =
        CrlSubject { ca: None, profile: Profile::Rfc5280, ..read(issuer, &older.sign(issuer)) };
    let mut part = good(issuer);
    part.crl = CrlState::Unreadable(CrlError::PartTooLong {
        part: "crlExtensions",
        offset: 100,
        limit: 1024 * 1024,
    });
    vec![
        ("crl.issuer-certificate", "expired", with(|c| c.not_after = AT)),
        (
            "crl.issuer-certificate",
            "not-yet-valid",
            with(|c| c.not_before = AT + Duration::DAY * 2),
        ),
        (
            "crl.issuer-certificate",
            "ill-formed",
            with(|c| c.ill_formed = vec!["keyUsage twice".to_owned()]),
        ),
        ("crl.issuer-certificate", "not-a-ca", with(|c| c.ca = Some(false))),
        ("crl.issuer-certificate", "older-than-ca", older),
        ("crl.algorithms", "weak-key", with(|c| c.spki = fixture::rsa_spki(1024))),
        ("crl.signature", "unverified", unverified),
        ("crl.algorithms", "unusual-curve", with(|c| c.spki = fixture::secp256k1_spki())),
        ("crl.parses", "part-too-large", part),
        ("crl.parses", "another-format", read(issuer, b"<html></html>")),
    ]
}

const KEY: &str = "crl/11223344-1234-1122-2233-112233445566.crl";

fn point(draft: &mut Draft, critical: bool, key: &str, flags: &[Vec<u8>]) {
    let uri = format!("http://crls.s3.us-east-1.amazonaws.com/{key}");
    draft.extensions.as_mut().unwrap().push(distribution_point(critical, &uri, flags));
}

fn good(issuer: &Issuer) -> CrlSubject {
    read(issuer, &Draft::good(issuer, AT).sign(issuer))
}

fn facts_of(subject: &mut CrlSubject) -> &mut CrlFacts {
    let CrlState::Read { facts, .. } = &mut subject.crl else { panic!("it was read") };
    facts
}

/// Spoilt in what was read, where a real object would have to be huge.
fn facts(issuer: &Issuer) -> Vec<Fixture> {
    let with = |spoil: fn(&mut CrlSubject)| {
        let mut subject = good(issuer);
        spoil(&mut subject);
        subject
    };
    vec![
        ("crl.size", "many-entries", with(|s| facts_of(s).entries.count = 800_000)),
        ("crl.size", "too-many-entries", with(|s| facts_of(s).entries.count = 1_000_001)),
        ("crl.this-update", "unreadable", with(|s| facts_of(s).this_update = None)),
        ("crl.parses", "too-large", subject(issuer, CrlState::TooLarge { limit: 10 })),
        ("crl.parses", "unreadable", read(issuer, b"")),
    ]
}

/// Read at another time.
fn times(issuer: &Issuer) -> Vec<Fixture> {
    let at = |as_of| CrlSubject { as_of, ..good(issuer) };
    let mut early = Draft::good(issuer, AT);
    early.entries = None;
    let early = read(issuer, &early.sign(issuer));
    let mut backwards = Draft::good(issuer, AT);
    backwards.next_update = Some(utc(AT - Duration::HOUR));
    let backwards = CrlSubject { ca: None, ..read(issuer, &backwards.sign(issuer)) };
    vec![
        ("crl.this-update", "future", CrlSubject { as_of: AT - Duration::hours(2), ..early }),
        ("crl.this-update", "not-before-next", backwards),
        ("crl.next-update", "expired", at(AT + Duration::days(7))),
        ("crl.next-update", "expires-soon", at(AT + Duration::days(7) - Duration::hours(3))),
        ("crl.overdue-refresh", "overdue", at(AT + Duration::days(5))),
    ]
}
