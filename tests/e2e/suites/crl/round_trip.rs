//! What pca-local writes into a CRL, Vigil's reader reads, and no rule finds anything. The fuzz target
//! `written` has the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use aws_sdk_acmpca::types::{Asn1Subject, KeyAlgorithm, SigningAlgorithm};
use pca_local::x509::{
    crl::{CrlEntry, CrlHeader, Reason, sign_crl},
    issue::Issuer,
    key::CaKey,
    name::subject_from_api,
};
use time::{Duration, OffsetDateTime, macros::datetime};
use vigil_core::{
    certificate::Certificate,
    crl::{Crl, CrlReader, Entry},
    rules::{
        self, JudgementResult,
        crl::{CrlHistory, CrlLocation, CrlState, CrlSubject, Profile, References},
    },
};

const NOW: OffsetDateTime = datetime!(2026-11-22 05:00 UTC);
const PARTITION: &str = "http://crls.s3.us-east-1.amazonaws.com/crl/\
    11223344-1234-1122-2233-112233445566/aabbccdd-1234-1122-2233-112233445566.crl";
/// As RevokeCertificate gives them.
const REASONS: [Reason; 8] = [
    Reason::Unspecified,
    Reason::KeyCompromise,
    Reason::CaCompromise,
    Reason::AffiliationChanged,
    Reason::Superseded,
    Reason::CessationOfOperation,
    Reason::PrivilegeWithdrawn,
    Reason::AaCompromise,
];

static ISSUER: LazyLock<Issuer> = LazyLock::new(|| {
    let key = CaKey::generate(&KeyAlgorithm::EcPrime256v1).expect("a key on P-256");
    let subject = Asn1Subject::builder().common_name("CA").organization("Vigil").build();
    Issuer::self_signing(subject_from_api(&subject).expect("a name"), Arc::new(key))
});

/// What stands in a CRL.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Milliseconds by which it was made after [`NOW`].
    pub(crate) late: u16,
    /// For how long it is valid: ExpirationInDays, less one.
    pub(crate) days: u16,
    /// It is one of several.
    pub(crate) is_partition: bool,
    /// The serial of an entry, how many minutes ago it was revoked, and why.
    pub(crate) entries: Vec<([u8; 16], u16, u8)>,
    /// The CRL arrives in pieces of so many bytes, less one.
    pub(crate) piece: u8,
}

/// Writes the CRL and reads it.
pub(crate) fn write_and_read(said: &Said) {
    let mut entries: BTreeMap<[u8; 16], CrlEntry> = BTreeMap::new();
    for (serial, minutes, reason) in &said.entries {
        // The service gives no serial of zero.
        let mut serial = *serial;
        serial[15] |= 1;
        let revoked_at = NOW - Duration::minutes(i64::from(*minutes));
        let reason = REASONS[usize::from(*reason) % REASONS.len()];
        entries.insert(serial, CrlEntry { serial, revoked_at, reason });
    }
    let made = NOW.unix_timestamp().unsigned_abs() * 1000 + u64::from(said.late);
    let header = CrlHeader {
        signing_algorithm: &SigningAlgorithm::Sha256Withecdsa,
        number: made,
        this_update: NOW - Duration::HOUR,
        next_update: NOW + Duration::days(i64::from(said.days % 5000) + 1),
        issuing_distribution_point: said.is_partition.then_some(PARTITION),
    };
    let der = sign_crl(&ISSUER, &header, entries.values().copied()).expect("it can be written");

    let mut seen = Vec::new();
    let mut reader = CrlReader::new(|entry: &Entry<'_>| {
        seen.push((number(entry.serial), entry.revoked_at, entry.reason));
    });
    for piece in der.chunks(usize::from(said.piece) + 1) {
        reader.push(piece).expect("it is a CRL");
    }
    let crl = reader.finish().expect("it is whole");
    let written: Vec<_> = entries.values().map(entry).collect();
    assert_eq!(seen, written);
    assert_eq!(crl.facts.number.as_deref().map(number), Some(u128::from(made)));
    assert_eq!(crl.facts.this_update, Some(header.this_update));
    assert_eq!(crl.facts.next_update, Some(header.next_update));
    assert_eq!(crl.facts.issuing_distribution_point.is_some(), said.is_partition);
    assert_eq!(findings(crl), Vec::<String>::new());
}

/// As it is read: a reason of zero is left out (RFC 5280 §5.3.1).
fn entry(entry: &CrlEntry) -> (u128, Option<i64>, Option<u64>) {
    let reason = Some(entry.reason as u64).filter(|code| *code > 0);
    (number(&entry.serial), Some(entry.revoked_at.unix_timestamp()), reason)
}

fn number(octets: &[u8]) -> u128 {
    octets.iter().fold(0, |value, octet| value << 8 | u128::from(*octet))
}

/// What the rules say of it by the profile of AWS Private CA.
fn findings(mut crl: Crl) -> Vec<String> {
    // Repeats are counted beside the walk. There is none: the entries come from a map.
    crl.facts.entries.duplicate_serials = Some(0);
    let facts = Box::new(crl.facts.clone());
    let issuer = certificate();
    let signature = Some(crl.verify(&issuer));
    let subject = CrlSubject {
        ca: None,
        location: CrlLocation::File("crl".to_owned()),
        profile: Profile::AcmPca,
        crl: CrlState::Read { facts, signature },
        issuer: Ok(issuer),
        history: CrlHistory::default(),
        report: Err("none".to_owned()),
        previous: Err("none".to_owned()),
        named: Err("none".to_owned()),
        references: References::Unknown("the CRL is a file".to_owned()),
        metadata: None,
        as_of: NOW,
    };
    let judged = rules::judge(rules::crl::RULES, &subject, "crl", NOW).into_iter();
    let found = judged.filter_map(|judgement| match judgement.result {
        JudgementResult::Findings { findings } => Some(findings),
        _ => None,
    });
    found.flatten().map(|finding| finding.to_string()).collect()
}

fn certificate() -> Certificate {
    Certificate {
        serial: vec![1],
        issuer: ISSUER.name().as_der().to_vec(),
        subject: ISSUER.name().as_der().to_vec(),
        spki: ISSUER.key().public_key_info().to_vec(),
        not_before: NOW - Duration::days(400),
        not_after: NOW + Duration::days(4000),
        subject_key_identifier: Some(ISSUER.key_identifier().to_vec()),
        authority_key_identifier: None,
        ca: Some(true),
        crl_sign: Some(true),
        has_other_purposes: false,
        version: Some(2),
        ill_formed: Vec::new(),
        has_odd_distribution_points: false,
        unknown_critical: Vec::new(),
        distribution_points: Vec::new(),
        key: "P-256".to_owned(),
        signature_algorithm: "SHA256WITHECDSA".to_owned(),
        names: BTreeSet::new(),
    }
}
