//! CRLs, whole and in pieces, and what the rules say of them.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use vigil_core::{
    certificate::Certificate,
    crl::{Crl, CrlError, CrlReader, Entry, Repeats, TbsHasher},
    rules::{
        self,
        crl::{CrlHistory, CrlLocation, CrlState, CrlSubject, Profile, References},
    },
};

static ISSUER: LazyLock<Certificate> = LazyLock::new(|| {
    let pem = include_str!("../seeds/certificate/root.pem");
    Certificate::from_pem(pem).expect("a certificate that OpenSSL made")
});

fuzz_target!(|data: &[u8]| {
    let whole = Crl::read(data);
    let (in_pieces, repeated) = read_in_pieces(data, data.len() % 61 + 1);
    let state = match (whole, in_pieces) {
        (Ok(mut whole), Ok((in_pieces, hasher))) => {
            assert_eq!(whole.facts.entries.duplicate_serials, repeated);
            whole.facts.entries.duplicate_serials = None;
            // Hashed beside the walk, below.
            whole.facts.signed_digest = None;
            assert_eq!(whole.facts, in_pieces.facts);
            let facts = Box::new(whole.facts.clone());
            let signature = whole.verify(&ISSUER);
            assert_eq!(signature, in_pieces.verify_hashed(hasher.finish(), &ISSUER));
            CrlState::Read { facts, signature: Some(signature) }
        }
        (Err(whole), Err(in_pieces)) => {
            assert_eq!(whole, in_pieces);
            CrlState::Unreadable(whole)
        }
        (whole, in_pieces) => panic!("{:?}, {:?}", whole.err(), in_pieces.err()),
    };
    let as_of = OffsetDateTime::UNIX_EPOCH;
    let subject = CrlSubject {
        ca: None,
        location: CrlLocation::File("crl".to_owned()),
        crl: state,
        issuer: Ok(ISSUER.clone()),
        history: CrlHistory::default(),
        report: Err("none".to_owned()),
        previous: Err("none".to_owned()),
        named: Err("none".to_owned()),
        references: References::Unknown("the CRL is a file".to_owned()),
        profile: Profile::AcmPca,
        metadata: None,
        as_of,
    };
    let judgements = rules::judge(rules::crl::RULES, &subject, "crl", as_of);
    assert_eq!(judgements.len(), rules::crl::RULES.len());
    // What is found must fit an event.
    let text = serde_json::to_string(&judgements).expect("judgements are JSON");
    assert!(text.len() < 200 * 1024, "{} octets", text.len());
});

/// Also what was counted of repeated serials, as `vigil crl check` counts them.
fn read_in_pieces(data: &[u8], size: usize) -> (Result<(Crl, TbsHasher), CrlError>, Option<u64>) {
    let (mut repeats, mut hasher) = (Repeats::default(), TbsHasher::default());
    let walked = walk(data, size, |octets| repeats.see(octets));
    data.chunks(size).for_each(|piece| hasher.push(piece));
    while walked.is_ok() && repeats.wants_again() {
        let mut is_enough = false;
        let again = walk(data, size, |octets| {
            is_enough = is_enough || !repeats.see_again(octets);
        });
        assert!(again.is_ok() && is_enough);
    }
    (walked.map(|crl| (crl, hasher)), repeats.count())
}

fn walk(data: &[u8], size: usize, mut see: impl FnMut(&[u8])) -> Result<Crl, CrlError> {
    let mut reader = CrlReader::without_hashing(|entry: &Entry<'_>| {
        if !entry.indirect {
            see(entry.serial);
        }
    });
    for piece in data.chunks(size) {
        reader.push(piece)?;
    }
    reader.finish()
}
