//! Agreement with two other readers, OpenSSL and x509-parser, over generated and mutated CRLs. Where
//! they part, `docs/crl-differences.md` says why; a difference that it does not know fails here.

use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Stdio},
};

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use time::{Duration, OffsetDateTime, macros::datetime};
use x509_parser::prelude::{CertificateRevocationList, FromDer as _};

use super::{
    Crl,
    fixture::{Draft, Issuer, entry, seq, tlv},
};

use crate::der::tag;

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// Generated CRLs; a process of OpenSSL for each is what takes the time.
const CASES: usize = 800;

/// What a reader made of the bytes: the number of entries, or its refusal.
type Read = Result<usize, String>;

/// Ours; whatever a rule would find wrong with the encoding counts as a refusal.
fn ours(bytes: &[u8]) -> Read {
    let facts = Crl::read(bytes).map_err(|error| crate::failure::chain(&error))?.facts;
    if facts.trailing_bytes > 0 {
        return Err("trailing bytes".to_owned());
    }
    if let Some(malformed) = facts.malformed.first() {
        return Err(format!("{}: {}", malformed.part, malformed.error));
    }
    if let Some(error) = &facts.entries.first_malformed {
        return Err(format!("entry: {error}"));
    }
    if facts.entries.undated > 0 {
        return Err("entry: no date".to_owned());
    }
    Ok(usize::try_from(facts.entries.count).unwrap())
}

fn x509_parser(bytes: &[u8]) -> Read {
    let (rest, crl) = CertificateRevocationList::from_der(bytes).map_err(|e| e.to_string())?;
    if !rest.is_empty() {
        return Err("trailing bytes".to_owned());
    }
    Ok(crl.iter_revoked_certificates().count())
}

fn openssl(bytes: &[u8]) -> Read {
    let mut child = Command::new("openssl")
        .args(["crl", "-inform", "DER", "-noout", "-text"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the openssl command is needed for this test (apt-get install openssl)");
    // It may have seen enough before the end.
    let _ = child.stdin.take().unwrap().write_all(bytes);
    let output = child.wait_with_output().unwrap();
    if !output.status.success() {
        return Err("refused".to_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let entries = text.split("Revoked Certificates:").nth(1).unwrap_or_default();
    Ok(entries.lines().filter(|line| line.trim_start().starts_with("Serial Number:")).count())
}

/// The differences that `docs/crl-differences.md` has a heading for. That we refuse what just one of the
/// two takes is one of them; that we take what either refuses has to have a reason of its own.
fn explained(
    bytes: &[u8],
    issuer: &Issuer,
    ours: &Read,
    x509: &Read,
    openssl: &Read,
) -> Option<&'static str> {
    let refused =
        |what: &[&str]| matches!(ours, Err(why) if what.iter().any(|start| why.starts_with(start)));
    let known = |why: &'static str, holds: bool| holds.then_some(why);
    let times = ["thisUpdate", "nextUpdate", "entry: no date"];
    let contents = ["entry: ", "cRLNumber", "authorityKeyIdentifier", "crlExtensions"];
    known("Bytes after the CRL", refused(&["trailing bytes"]) && openssl.is_ok())
        .or_else(|| known("Times", refused(&times) && openssl.is_ok()))
        .or_else(|| known("Contents of extensions and entries", refused(&contents)))
        .or_else(|| {
            known("Tags, lengths and numbers", ours.is_err() && x509.is_ok() != openssl.is_ok())
        })
        .or_else(|| {
            let facts = Crl::read(bytes).ok()?.facts;
            known("Names", ours.is_ok() && facts.issuer != issuer.name).or_else(|| {
                let unsigned = matches!(x509, Err(why) if why.contains("InvalidSignatureValue"));
                known("The signature's octets", ours.is_ok() && unsigned)
            })
        })
}

#[test]
fn every_explanation_is_written_down() {
    let page = include_str!("../../../../docs/crl-differences.md");
    for heading in [
        "Bytes after the CRL",
        "Times",
        "Contents of extensions and entries",
        "Tags, lengths and numbers",
        "Names",
        "The signature's octets",
    ] {
        assert!(page.contains(&format!("## {heading}\n")), "{heading}");
    }
}

#[derive(Clone, Debug)]
enum Mutation {
    Flip(u8),
    Set(u8),
    Insert(u8),
    Remove,
    Truncate,
}

fn mutation() -> impl Strategy<Value = (prop::sample::Index, Mutation)> {
    let what = prop_oneof![
        8 => (0..8_u8).prop_map(Mutation::Flip),
        8 => any::<u8>().prop_map(Mutation::Set),
        2 => any::<u8>().prop_map(Mutation::Insert),
        2 => Just(Mutation::Remove),
        1 => Just(Mutation::Truncate),
    ];
    (any::<prop::sample::Index>(), what)
}

fn mutate(bytes: &mut Vec<u8>, at: usize, mutation: &Mutation) {
    match mutation {
        Mutation::Flip(bit) => bytes[at] ^= 1 << bit,
        Mutation::Set(octet) => bytes[at] = *octet,
        Mutation::Insert(octet) => bytes.insert(at, *octet),
        Mutation::Remove => drop(bytes.remove(at)),
        Mutation::Truncate => bytes.truncate(at),
    }
}

/// Serial, age in hours and reason of each entry; whether there are entries, nextUpdate, extensions.
type Parts = (Vec<(Vec<u8>, i64, Option<u8>)>, bool, bool, bool);

fn parts() -> impl Strategy<Value = Parts> {
    let serial = prop::collection::vec(any::<u8>(), 1..=20).prop_map(|mut octets| {
        octets[0] = octets[0] & 0x7f | 0x01;
        octets
    });
    let reason = prop::option::of(prop_oneof![1..=5_u8, 9..=10_u8]);
    let entries = prop::collection::vec((serial, 0..10_000_i64, reason), 0..6);
    (entries, any::<bool>(), any::<bool>(), any::<bool>())
}

fn der(issuer: &Issuer, (entries, with_entries, with_next, with_extensions): &Parts) -> Vec<u8> {
    let mut draft = Draft::good(issuer, AT);
    let entries: Vec<_> = entries
        .iter()
        .map(|(serial, hours, reason)| entry(serial, AT - Duration::hours(*hours), *reason))
        .collect();
    draft.entries = (*with_entries && !entries.is_empty()).then_some(entries);
    if !with_next {
        draft.next_update = None;
    }
    if !with_extensions {
        draft.extensions = None;
    }
    // Nothing here verifies, and a case has to be the same in every run.
    let signature = tlv(tag::BIT_STRING, &[&[0][..], &[0x5a; 70]].concat());
    seq(&[draft.tbs(), draft.outer_algorithm.clone(), signature])
}

fn runner() -> TestRunner {
    let config = Config { failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
}

#[test]
fn all_three_read_the_same_in_every_good_crl() {
    let issuer = Issuer::new("Root");
    let mut runner = runner();
    for _ in 0..40 {
        let parts = parts().new_tree(&mut runner).unwrap().current();
        let bytes = der(&issuer, &parts);
        let entries = if parts.1 { parts.0.len() } else { 0 };
        for (name, read) in [
            ("ours", ours(&bytes)),
            ("x509-parser", x509_parser(&bytes)),
            ("openssl", openssl(&bytes)),
        ] {
            assert_eq!(read, Ok(entries), "{name} {parts:?}");
        }
        compare(&bytes);
    }
}

/// What x509-parser reads of a CRL that both can read, field by field.
fn compare(bytes: &[u8]) {
    let facts = Crl::read(bytes).unwrap().facts;
    let (_, theirs) = CertificateRevocationList::from_der(bytes).unwrap();
    let seconds = |at: Option<OffsetDateTime>| at.map(OffsetDateTime::unix_timestamp);
    assert_eq!(seconds(facts.this_update), Some(theirs.last_update().timestamp()));
    assert_eq!(seconds(facts.next_update), theirs.next_update().map(|at| at.timestamp()));
    assert_eq!(facts.issuer, theirs.issuer().as_raw());
    let number = theirs.crl_number().map(|number| number.to_bytes_be());
    assert_eq!(facts.number, number);
    let dates = theirs.iter_revoked_certificates().map(|one| one.revocation_date.timestamp());
    assert_eq!(seconds(facts.entries.last_revocation), dates.max());
}

#[test]
fn every_difference_over_mutated_crls_is_a_known_one() {
    let issuer = Issuer::new("Root");
    let mut runner = runner();
    let strategy = (parts(), prop::collection::vec(mutation(), 1..3));
    let mut differences: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for _ in 0..CASES {
        let (parts, mutations) = strategy.new_tree(&mut runner).unwrap().current();
        let mut bytes = der(&issuer, &parts);
        for (at, mutation) in &mutations {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                mutate(&mut bytes, at, mutation);
            }
        }
        let (ours, x509, openssl) = (ours(&bytes), x509_parser(&bytes), openssl(&bytes));
        let agree = |theirs: &Read| match (&ours, theirs) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (Err(_), Err(_)) => true,
            _ => false,
        };
        if agree(&x509) && agree(&openssl) {
            continue;
        }
        if explained(&bytes, &issuer, &ours, &x509, &openssl).is_some() {
            continue;
        }
        let key = format!("ours {ours:?} x509-parser {x509:?} openssl {openssl:?}");
        let hex = hex::encode(bytes);
        differences.entry(key).or_insert((0, hex)).0 += 1;
    }
    assert!(differences.is_empty(), "not in docs/crl-differences.md: {differences:#?}");
}
