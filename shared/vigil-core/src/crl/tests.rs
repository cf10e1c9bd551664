use time::{Duration, OffsetDateTime, macros::datetime};

use super::{
    fixture::{self, Draft, ECDSA_SHA384, Issuer, algorithm, entry, tlv},
    *,
};
use crate::der::tag;

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn good() -> (Issuer, Vec<u8>) {
    let issuer = Issuer::new("Root");
    let der = Draft::good(&issuer, AT).sign(&issuer);
    (issuer, der)
}

fn facts(der: &[u8]) -> CrlFacts {
    Crl::read(der).unwrap().facts
}

/// Reads in pieces of `size` bytes.
fn read_in_pieces(der: &[u8], size: usize) -> Result<Crl, CrlError> {
    let mut listing = comparison::Listing::default();
    let mut reader = CrlReader::new(|entry: &Entry<'_>| listing.add(entry));
    for piece in der.chunks(size) {
        reader.push(piece)?;
    }
    let mut crl = reader.finish()?;
    crl.facts.entries.duplicate_serials = Some(listing.sort().duplicates());
    Ok(crl)
}

#[test]
fn a_good_crl_gives_all_its_facts_and_verifies() {
    let (issuer, der) = good();
    let crl = Crl::read(&der).unwrap();
    let facts = crl.facts.clone();
    assert_eq!(facts.size, der.len() as u64);
    assert_eq!(facts.version, Some(1));
    assert_eq!(facts.inner_algorithm, facts.outer_algorithm);
    assert_eq!(facts.inner_algorithm.to_string(), "SHA256WITHECDSA");
    assert_eq!(facts.issuer, issuer.certificate().subject);
    assert_eq!(facts.this_update, Some(AT - Duration::HOUR));
    assert_eq!(facts.next_update, Some(AT + Duration::days(7)));
    assert_eq!(facts.entries.count, 2);
    assert_eq!((facts.entries.reasons[1], facts.entries.reasons[4]), (1, 1));
    assert_eq!(facts.entries.last_revocation, Some(AT));
    assert_eq!(facts.authority_key_identifier, issuer.certificate().subject_key_identifier);
    let number = facts.number.unwrap().iter().fold(0_i64, |n, octet| n << 8 | i64::from(*octet));
    assert_eq!(number, AT.unix_timestamp() * 1000);
    assert!(facts.malformed.is_empty());
    assert_eq!(crl.verify(&issuer.certificate()), Ok(()));
}

#[test]
fn pieces_of_any_size_give_the_same_crl() {
    let (issuer, der) = good();
    let whole = facts(&der);
    for size in [1, 2, 3, 7, 64, der.len() - 1] {
        let crl = read_in_pieces(&der, size).unwrap();
        assert_eq!(crl.facts, whole, "pieces of {size}");
        assert_eq!(crl.verify(&issuer.certificate()), Ok(()), "pieces of {size}");
    }
}

#[test]
fn another_key_and_a_changed_byte_do_not_verify() {
    let (issuer, mut der) = good();
    let stranger = Issuer::new("Root").certificate();
    assert_eq!(Crl::read(&der).unwrap().verify(&stranger), Err(SignatureError::Mismatch));
    let serial = der.windows(3).position(|bytes| bytes == [2, 1, 0x11]).unwrap();
    der[serial + 2] = 0x12;
    assert_eq!(
        Crl::read(&der).unwrap().verify(&issuer.certificate()),
        Err(SignatureError::Mismatch)
    );
}

#[test]
fn an_empty_or_zero_signature_is_of_no_key() {
    let issuer = Issuer::new("Root");
    let draft = Draft::good(&issuer, AT);
    for octets in [&[0][..], &[0; 65], &[0, 0x30, 3, 2, 1, 1]] {
        let bits = tlv(tag::BIT_STRING, octets);
        let der = fixture::seq(&[draft.tbs(), draft.outer_algorithm.clone(), bits]);
        let error = Crl::read(&der).unwrap().verify(&issuer.certificate());
        let ill_formed = SignatureError::IllFormed("SHA256WITHECDSA".to_owned());
        assert_eq!(error, Err(ill_formed), "{octets:02x?}");
    }
}

#[test]
fn an_algorithm_that_we_do_not_know_is_named() {
    let issuer = Issuer::new("Root");
    let sm2 = algorithm(&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x75]);
    let draft =
        Draft { inner_algorithm: sm2.clone(), outer_algorithm: sm2, ..Draft::good(&issuer, AT) };
    let error = Crl::read(&draft.sign(&issuer)).unwrap().verify(&issuer.certificate());
    assert_eq!(
        error,
        Err(SignatureError::Unsupported {
            algorithm: "SM3WITHSM2".to_owned(),
            key: "P-256".to_owned()
        })
    );
}

#[test]
fn an_algorithm_of_another_key_type_is_not_tried() {
    let issuer = Issuer::new("Root");
    let ed25519 = algorithm(&[0x2b, 0x65, 0x70]);
    let draft = Draft { inner_algorithm: ed25519, ..Draft::good(&issuer, AT) };
    assert_eq!(
        Crl::read(&draft.sign(&issuer)).unwrap().verify(&issuer.certificate()),
        Err(SignatureError::WrongKey { algorithm: "ED25519".to_owned(), key: "P-256".to_owned() })
    );
}

#[test]
fn what_is_not_a_certificate_list_is_named() {
    let (_, der) = good();
    let error = |bytes: &[u8]| Crl::read(bytes).err().unwrap();
    assert_eq!(error(b""), CrlError::Empty);
    assert_eq!(error(b"-----BEGIN X509 CRL-----\n"), CrlError::Foreign(Foreign::PemCrl));
    assert_eq!(error(b"<html>"), CrlError::Foreign(Foreign::Html));
    assert_eq!(error(b"hello"), CrlError::NotDer(b'h'));
    let truncated = CrlError::Truncated { size: 100, part: "revokedCertificates" };
    assert_eq!(error(&der[..100]), truncated);
    let certificate = Issuer::new("Root").certificate_der(None);
    assert_eq!(error(&certificate), CrlError::Foreign(Foreign::Certificate));
    let huge = [0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30, 0x84, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(error(&huge), CrlError::Overrun { part: "tbsCertList", offset: 6 });
}

#[test]
fn every_prefix_is_truncated_and_says_where() {
    let (_, der) = good();
    for size in 1..der.len() {
        match Crl::read(&der[..size]).err() {
            Some(CrlError::Truncated { size: at, .. }) => assert_eq!(at, size as u64),
            other => panic!("{size}: {other:?}"),
        }
    }
}

/// Reproducible noise: xorshift64.
fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[test]
fn mutations_never_panic_and_pieces_never_change_the_answer() {
    let issuer = Issuer::new("Root");
    let draft = Draft::good(&issuer, AT);
    let (tbs, der) = (draft.tbs(), draft.sign(&issuer));
    let certificate = issuer.certificate();
    let mut random = noise(0x9e37_79b9_7f4a_7c15);
    for round in 0..20_000 {
        let mut bytes = der.clone();
        for _ in 0..=random() % 4 {
            let at = random() as usize % bytes.len();
            match random() % 4 {
                0 => bytes[at] = random() as u8,
                1 => bytes[at] ^= 1 << (random() % 8),
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random() as u8),
            }
        }
        let whole = Crl::read(&bytes);
        let pieces = read_in_pieces(&bytes, 1 + random() as usize % 40);
        match (whole, pieces) {
            (Ok(whole), Ok(pieces)) => {
                assert_eq!(whole.facts, pieces.facts, "round {round}");
                if whole.verify(&certificate).is_ok() {
                    let untouched = bytes.windows(tbs.len()).any(|window| window == tbs);
                    assert!(untouched, "round {round}: a changed tbsCertList verified");
                }
            }
            (whole, pieces) => assert_eq!(whole.err(), pieces.err(), "round {round}"),
        }
    }
}

#[test]
fn missing_and_broken_parts_are_facts() {
    let issuer = Issuer::new("Root");
    let draft = || Draft::good(&issuer, AT);
    let read = |draft: Draft| facts(&draft.sign(&issuer));

    assert_eq!(read(Draft { version: None, ..draft() }).version, None);
    assert_eq!(read(Draft { next_update: None, ..draft() }).next_update, None);
    assert_eq!(read(Draft { entries: None, ..draft() }).entries.count, 0);
    assert_eq!(read(Draft { extensions: None, ..draft() }).number, None);
    let bare = read(Draft { next_update: None, entries: None, extensions: None, ..draft() });
    assert_eq!((bare.next_update, bare.entries.count, bare.number), (None, 0, None));
    assert_eq!(read(Draft { trailing: vec![0, 0, 0], ..draft() }).trailing_bytes, 3);
    let other = read(Draft { outer_algorithm: algorithm(ECDSA_SHA384), ..draft() });
    assert_ne!(other.inner_algorithm, other.outer_algorithm);

    let bad_time = tlv(tag::UTC_TIME, b"269901120000Z");
    let broken = read(Draft { this_update: bad_time, ..draft() });
    assert_eq!((broken.this_update, broken.malformed[0].part), (None, "thisUpdate"));
    let negative = read(Draft { extensions: Some(vec![fixture::crl_number(&[0xff])]), ..draft() });
    assert_eq!((negative.number, negative.malformed[0].part), (None, "cRLNumber"));
}

#[test]
fn odd_entries_are_counted_and_do_not_stop_the_walk() {
    let issuer = Issuer::new("Root");
    let entries = vec![
        entry(&[0x11], AT, None),
        entry(&[0x11], AT, Some(1)),
        entry(&[0x00], AT, None),
        entry(&[0xff], AT, None),
        entry(&[0x01; 21], AT, Some(7)),
        tlv(tag::SEQUENCE, &[tag::NULL, 0]),
        entry(&[0x22], AT, Some(200)),
    ];
    let (mut seen, mut repeats) = (Vec::new(), Repeats::default());
    let der = Draft { entries: Some(entries), ..Draft::good(&issuer, AT) }.sign(&issuer);
    let mut reader = CrlReader::new(|entry: &Entry<'_>| {
        repeats.see(entry.serial);
        seen.push(entry.serial.to_vec());
    });
    reader.push(&der).unwrap();
    let facts = reader.finish().unwrap().facts.entries;
    assert_eq!((facts.count, facts.malformed), (7, 1));
    assert_eq!((facts.duplicate_serials, facts.zero_serials), (None, 1));
    while repeats.wants_again() {
        let _ = seen.iter().all(|serial| repeats.see_again(serial));
    }
    assert_eq!(repeats.count(), Some(1));
    assert_eq!((facts.negative_serials, facts.long_serials), (1, 1));
    assert_eq!((facts.reasons[1], facts.reasons[7], facts.reasons[11]), (1, 1, 1));
    assert_eq!(seen.len(), 6);
}

#[test]
fn an_issuing_distribution_point_is_read_with_its_flags() {
    let issuer = Issuer::new("Root");
    let uri = "http://crl.example.com/crl/1.crl";
    let flags = [tlv(0x81, &[0xff]), tlv(0x84, &[0xff])];
    let idp = fixture::distribution_point(true, uri, &flags);
    let facts =
        facts(&Draft { extensions: Some(vec![idp]), ..Draft::good(&issuer, AT) }.sign(&issuer));
    assert_eq!(
        facts.issuing_distribution_point,
        Some(IssuingDistributionPoint {
            critical: true,
            name: Some(DistributionPointName::Full { uris: vec![uri.to_owned()], others: 0 }),
            name_der: tlv(0xa0, &tlv(0x86, uri.as_bytes())),
            only_contains_user_certs: true,
            indirect_crl: true,
            ..Default::default()
        })
    );
}

#[test]
fn unknown_critical_extensions_and_delta_crls_are_detected() {
    let issuer = Issuer::new("Root");
    let extensions = vec![
        fixture::extension(&[0x2a, 3, 4], true, &[tag::NULL, 0]),
        fixture::extension(&[0x2a, 3, 5], false, &[tag::NULL, 0]),
        fixture::extension(&[0x55, 0x1d, 27], true, &tlv(tag::INTEGER, &[9])),
    ];
    let facts =
        facts(&Draft { extensions: Some(extensions), ..Draft::good(&issuer, AT) }.sign(&issuer));
    assert_eq!(facts.unknown_critical_extensions, ["1.2.3.4"]);
    assert_eq!(facts.delta_base, Some(vec![9]));
}

#[test]
fn many_entries_are_walked_in_pieces_and_verified() {
    let issuer = Issuer::new("Root");
    let entries =
        (1..=50_000_u32).map(|n| entry(&[&[1], &n.to_be_bytes()[..]].concat(), AT, Some(1)));
    let der = Draft { entries: Some(entries.collect()), ..Draft::good(&issuer, AT) }.sign(&issuer);
    let crl = read_in_pieces(&der, 8192).unwrap();
    assert_eq!((crl.facts.entries.count, crl.facts.entries.duplicate_serials), (50_000, Some(0)));
    assert_eq!(crl.verify(&issuer.certificate()), Ok(()));
}

#[test]
fn a_streamed_hash_verifies_alike_in_pieces_of_any_size() {
    let (issuer, der) = good();
    for size in [1, 2, 7, 64, der.len() - 1, der.len() + 1] {
        let mut hasher = TbsHasher::default();
        let mut reader = CrlReader::without_hashing(|_: &Entry<'_>| ());
        for piece in der.chunks(size) {
            hasher.push(piece);
            reader.push(piece).unwrap();
        }
        let crl = reader.finish().unwrap();
        let verdict = crl.verify_hashed(hasher.finish(), &issuer.certificate());
        assert_eq!(verdict, Ok(()), "{size}");
    }
    let mut half = TbsHasher::default();
    half.push(&der[..der.len() / 2]);
    assert!(half.finish().is_none(), "half of it has no hash");
    let mut noise = TbsHasher::default();
    noise.push(&[0; 8192]);
    assert!(noise.finish().is_none());
}

#[test]
fn an_ml_dsa_signature_is_verified_over_the_whole_message() {
    use aws_lc_rs::{
        encoding::AsDer,
        signature::{
            KeyPair, ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair,
        },
    };
    for (signing, last, name) in [
        (&ML_DSA_44_SIGNING, 17, "ML_DSA_44"),
        (&ML_DSA_65_SIGNING, 18, "ML_DSA_65"),
        (&ML_DSA_87_SIGNING, 19, "ML_DSA_87"),
    ] {
        let key = PqdsaKeyPair::generate(signing).unwrap();
        let ml_dsa = algorithm(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, last]);
        let issuer = Issuer::new("Root");
        let draft = Draft { inner_algorithm: ml_dsa.clone(), ..Draft::good(&issuer, AT) };
        let tbs = draft.tbs();
        let mut signature = vec![0; key.algorithm().signature_len()];
        key.sign(&tbs, &mut signature).unwrap();
        let bits = tlv(tag::BIT_STRING, &[&[0], &signature[..]].concat());
        let der = fixture::seq(&[tbs, ml_dsa, bits]);
        let spki = key.public_key().as_der().unwrap().as_ref().to_vec();
        let certificate = Certificate { spki, ..issuer.certificate() };

        let crl = read_in_pieces(&der, 100).unwrap();
        assert_eq!(crl.facts.inner_algorithm.to_string(), name);
        assert_eq!(crl.verify(&certificate), Ok(()));
        let mut changed = der;
        let at = changed.windows(3).position(|bytes| bytes == [2, 1, 0x11]).unwrap();
        changed[at + 2] ^= 1;
        assert_eq!(
            Crl::read(&changed).unwrap().verify(&certificate),
            Err(SignatureError::Mismatch)
        );
    }
}

/// The fast way through the usual entries must say what the slow one says, whatever stands there.
#[test]
fn usual_entries_are_read_alike_on_both_ways() {
    let whole = entry(&[0x00, 0xee, 0x22], AT, Some(4));
    let mut seen = 0;
    for at in 0..whole.len() {
        for value in 0..=255 {
            let mut changed = whole.clone();
            changed[at] = value;
            let Ok(element) = crate::der::Reader::new(&changed).element() else { continue };
            let Some(common) = Entry::common(element.content) else { continue };
            if element.tag == tag::SEQUENCE {
                assert_eq!(Ok(common), Entry::read(element), "{at} {value:02x}");
                seen += 1;
            }
        }
    }
    assert!(seen > 1000, "{seen}");
}
