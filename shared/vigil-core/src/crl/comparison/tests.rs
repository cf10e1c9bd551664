use std::num::NonZero;

use time::macros::datetime;

use super::{
    records::{MAX_SERIAL_LENGTH, octets},
    *,
};
use crate::{
    audit_report::{Brief, Sink},
    crl::{Entry, EntryFaults},
};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn record(
    serial: &str,
    revoked_at: Option<OffsetDateTime>,
    not_after: OffsetDateTime,
) -> Brief<'_> {
    Brief {
        serial: serial.into(),
        not_after: not_after.unix_timestamp(),
        issued_at: (NOW - Duration::DAY).unix_timestamp(),
        revoked_at: revoked_at.map(OffsetDateTime::unix_timestamp),
        has_reason: false,
    }
}

fn entry(serial: &[u8], at: OffsetDateTime) -> Entry<'_> {
    Entry {
        serial,
        revoked_at: Some(at.unix_timestamp()),
        reason: None,
        invalid_since: None,
        indirect: false,
        unknown_critical_extension: false,
        faults: EntryFaults::default(),
    }
}

fn listed(entries: &[(&[u8], OffsetDateTime)]) -> Listed {
    let mut listing = Listing::default();
    entries.iter().for_each(|(serial, at)| listing.add(&entry(serial, *at)));
    listing.sort()
}

fn removed(before: &[(&[u8], OffsetDateTime)], current: &Listed, made: OffsetDateTime) -> Removed {
    let mut versions = Versions::new(current);
    before.iter().for_each(|(serial, at)| versions.see(&entry(serial, *at)));
    versions.finish(Some(made))
}

fn compared(
    lists: &[&Listed],
    removed: Option<&Removed>,
    records: &[Brief<'_>],
    written_at: Option<OffsetDateTime>,
) -> Compared {
    let against = Against::new(lists.to_vec(), removed, NOW);
    let mut comparison = Comparison::begin(&against);
    records.iter().for_each(|record| comparison.take(record));
    Compared::new(&against, comparison.into_tally(), "r".to_owned(), written_at, 0)
}

fn hex(number: u8) -> String {
    format!("{number:032x}")
}

#[test]
fn serials_of_reports_are_the_integers_of_crls() {
    let octets = |text: &str| octets(text, &mut [0; MAX_SERIAL_LENGTH + 1]).map(<[u8]>::to_vec);
    assert_eq!(octets("00:11:22"), Some(vec![0x11, 0x22]));
    assert_eq!(octets("00:ee:FF"), Some(vec![0x00, 0xee, 0xff]));
    assert_eq!(octets("ee"), Some(vec![0x00, 0xee]));
    assert_eq!(octets("00:00"), Some(vec![0]));
    assert_eq!(octets(&["80"; 20].join(":")).map(|octets| octets.len()), Some(21));
    for text in ["", "0", "1:2", "0g", "00;11", &["01"; 21].join(":")] {
        assert_eq!(octets(text), None, "{text:?}");
    }
}

/// The lag and the certificate's end, each from both sides, one second apart.
#[test]
fn a_due_revocation_of_a_valid_certificate_is_missing() {
    let second = Duration::SECOND;
    for (name, revoked_at, not_after, want) in [
        ("just due", NOW - LISTED_WITHIN, NOW, 0),
        ("late", NOW - LISTED_WITHIN - second, NOW, 1),
        ("expired", NOW - LISTED_WITHIN - second, NOW - second, 0),
    ] {
        let records = [record("01", Some(revoked_at), not_after)];
        let coverage = compared(&[&listed(&[])], None, &records, None).coverage;
        assert_eq!(coverage.missing.count, want, "{name}");
        let lists = [&listed(&[(&[1], revoked_at)]), &listed(&[])];
        let coverage = compared(&lists, None, &records, None).coverage;
        assert_eq!((coverage.missing.count, coverage.never_issued.count), (0, 0), "{name}");
    }
}

#[test]
fn an_entry_that_the_report_would_know_was_never_issued() {
    let written = NOW - Duration::HOUR;
    let records = [record("01", None, NOW)];
    for (name, at, want) in
        [("before the report", written, 1), ("after it", written + Duration::SECOND, 0)]
    {
        let listed = listed(&[(&[1], at), (&[2], at)]);
        let Compared { coverage, mut unnamed, .. } =
            compared(&[&listed], None, &records, Some(written));
        let mut sample = coverage.never_issued;
        assert_eq!((sample.count, unnamed.is_empty()), (want, want == 0), "{name}");
        for serial in [&[1][..], &[2], &[2]] {
            unnamed.name(serial, Fingerprints::default(), &mut sample);
        }
        let named = if want == 1 { vec![hex(2)] } else { Vec::new() };
        assert_eq!((sample.first, unnamed.is_empty()), (named, true), "{name}");
    }
}

#[test]
fn an_entry_may_leave_after_a_crl_issued_past_expiry() {
    let before: [(&[u8], _); 4] = [(&[1], NOW), (&[2], NOW), (&[3], NOW), (&[4], NOW)];
    let current = listed(&[(&[4], NOW)]);
    let removed = removed(&before, &current, NOW - BACKDATED);
    assert_eq!(removed.len(), 3);
    let second = Duration::SECOND;
    let records = [
        record("01", Some(NOW), NOW - second),
        record("02", Some(NOW), NOW),
        // The report has it twice.
        record("02", Some(NOW), NOW),
        record("04", Some(NOW), NOW),
    ];
    let compared = compared(&[&current], Some(&removed), &records, None);
    let (found, _) = compared.explain(removed.clone());
    assert_eq!(found.removed_early, Sample { count: 1, first: vec![hex(2)] });
    assert_eq!(found.removed_unexplained.first, [hex(3)]);
    let (found, _) = removed.unexplained();
    assert_eq!((found.removed_early.count, found.removed_unexplained.count), (0, 3));
}

/// Revoked a day before the version before was made, which did not list it.
#[test]
fn an_entry_that_comes_back_is_found() {
    let long_ago = NOW - Duration::DAY;
    let current = listed(&[(&[1], long_ago), (&[2], long_ago), (&[3], NOW)]);
    let (found, mut unnamed) = removed(&[(&[1], long_ago)], &current, NOW).unexplained();
    let mut readded = found.readded;
    assert_eq!(readded.count, 1);
    unnamed.name(&[2], Fingerprints::default(), &mut readded);
    assert_eq!(readded.first, [hex(2)]);
}

/// `(gone, reason changed, date moved, put back)` of a version before with two entries, held against one
/// with the first of them alone, where this is allowed.
fn changes(allowed: Allowed, before: [u64; 2], now: (u64, Duration)) -> [u64; 4] {
    let long_ago = NOW - Duration::DAY;
    let of = |serial, reason, at| Entry { reason: Some(reason), ..entry(serial, at) };
    let mut listing = Listing::default();
    listing.add(&of(&[1], now.0, long_ago + now.1));
    listing.add(&of(&[3], now.0, long_ago));
    let listed = listing.sort();
    let mut versions = Versions::new(&listed).allowing(allowed);
    versions.see(&of(&[1], before[0], long_ago));
    versions.see(&of(&[2], before[1], long_ago));
    let (found, _) = versions.finish(Some(NOW)).unexplained();
    let all = [found.removed_unexplained, found.reason_changed, found.date_moved, found.readded];
    all.map(|sample| sample.count)
}

/// Reason 0 is unspecified, 1 keyCompromise, 4 superseded, 6 certificateHold, 8 removeFromCRL.
#[test]
fn a_profile_allows_what_its_rules_want() {
    let hold = Allowed { released_hold: true, ..Allowed::default() };
    let compromise = Allowed { key_compromise: true, ..Allowed::default() };
    let delta = Allowed { delta: true, ..hold };
    let back = -Duration::HOUR;
    for (name, allowed, before, now, want) in [
        ("a hold leaves", Allowed::default(), [4, 6], (4, Duration::ZERO), [1, 0, 0, 1]),
        ("it may", hold, [4, 6], (4, Duration::ZERO), [0, 0, 0, 1]),
        ("a revocation leaves", hold, [4, 4], (4, Duration::ZERO), [1, 0, 0, 1]),
        ("keyCompromise", Allowed::default(), [4, 4], (1, back), [1, 1, 1, 1]),
        ("it may, dated back", compromise, [4, 4], (1, back), [1, 0, 0, 0]),
        ("a later date", compromise, [4, 4], (1, Duration::HOUR), [1, 0, 1, 0]),
        ("another reason", compromise, [1, 4], (4, back), [1, 1, 1, 1]),
        ("unspecified said nothing", compromise, [0, 4], (4, Duration::ZERO), [1, 0, 0, 1]),
        ("nor does it now", compromise, [4, 4], (0, Duration::ZERO), [1, 1, 0, 1]),
        ("removeFromCRL", hold, [4, 4], (8, Duration::ZERO), [1, 1, 0, 1]),
        ("it is gone from the base", delta, [4, 4], (8, Duration::ZERO), [2, 0, 0, 0]),
        ("a hold is", delta, [6, 4], (8, Duration::ZERO), [1, 0, 0, 0]),
        ("it was, and is back", delta, [8, 8], (4, back), [0, 0, 0, 0]),
        ("another reason in a delta", delta, [1, 4], (4, back), [1, 1, 1, 0]),
    ] {
        assert_eq!(changes(allowed, before, now), want, "{name}");
    }
}

/// The fingerprints of the command are by chance, and what it says is not.
#[test]
fn the_lowest_serials_are_named_whatever_chance_says() {
    let all = numbers(40);
    let lowest: Vec<String> =
        all[..10].iter().map(|of| format!("{:032x}", u32::from_be_bytes(*of))).collect();
    let long_ago = NOW - Duration::DAY;
    for _ in 0..4 {
        let by = Fingerprints::by_chance();
        let mut listing = Listing::by(by);
        all.iter().for_each(|serial| listing.add(&entry(serial, long_ago)));
        let listed = listing.sort();
        let Compared { coverage, mut unnamed, .. } =
            compared(&[&listed], None, &[record("09", None, NOW)], Some(NOW));
        let mut sample = coverage.never_issued;
        all.iter().rev().for_each(|serial| unnamed.name(serial, by, &mut sample));
        assert_eq!((sample.count, &sample.first), (40, &lowest));
        let mut empty = Listing::by(by);
        empty.add(&entry(&[9], NOW));
        let empty = empty.sort();
        let mut versions = Versions::new(&empty);
        all.iter().rev().for_each(|serial| versions.see(&entry(serial, long_ago)));
        let (found, _) = versions.finish(Some(NOW)).unexplained();
        assert_eq!(found.removed_unexplained.first, lowest);
    }
}

fn numbers(count: u32) -> Vec<[u8; 4]> {
    (0..count).map(|at| (at + 0x0100_0000).to_be_bytes()).collect()
}

/// CAs that count have serials that are alike in most octets.
#[test]
fn serials_that_are_counted_are_found_as_well_as_any() {
    let all = numbers(20_000);
    let mut listing = Listing::by(Fingerprints::by_chance());
    all.iter().step_by(2).for_each(|serial| listing.add(&entry(serial, NOW)));
    listing.add(&entry(&all[0], NOW));
    listing.add(&entry(&[1; 20], NOW));
    let listed = listing.sort_in(NonZero::new(3).unwrap());
    assert_eq!((listed.len(), listed.duplicates()), (10_002, 1));
    let by = listed.fingerprints();
    for (at, serial) in all.iter().enumerate() {
        let want = if at == 0 { 2 } else { (at + 1) % 2 };
        assert_eq!(listed.find(by.of(serial)).len(), want, "{at}");
    }
    assert_eq!(listed.find(by.of(&[1; 20])).len(), 1);
    assert_eq!(listed.find(by.of(&[1; 19])).len(), 0);
}

/// Half of the records, JSON between them, and the other half: what another invocation goes on with.
#[test]
fn a_tally_that_was_put_down_comes_to_the_same_end() {
    let all = numbers(300);
    let texts: Vec<String> =
        all.iter().map(|serial| serial.map(|octet| format!("{octet:02x}")).join(":")).collect();
    let old = NOW - Duration::DAY;
    let records: Vec<_> = texts.iter().map(|text| record(text, Some(old), NOW)).collect();
    let entries: Vec<(&[u8], _)> = all[100..].iter().map(|serial| (&serial[..], old)).collect();
    let current = listed(&entries[..150]);
    let removed = removed(&entries, &current, NOW);
    let whole = compared(&[&current], Some(&removed), &records[..200], None);
    let against = Against::new(vec![&current], Some(&removed), NOW);
    let mut first = Comparison::begin(&against);
    records[..70].iter().for_each(|record| first.take(record));
    let json = serde_json::to_string(&first.into_tally()).unwrap();
    let tally: Tally = serde_json::from_str(&json).unwrap();
    assert!(tally.fits(&against));
    let other = listed(&entries[..20]);
    assert!(!tally.fits(&Against::new(vec![&other], Some(&removed), NOW)));
    let mut second = Comparison::resume(&against, tally);
    records[70..200].iter().for_each(|record| second.take(record));
    let again = Compared::new(&against, second.into_tally(), "r".to_owned(), None, 0);
    assert_eq!(again.coverage, whole.coverage);
    assert_eq!(again.explain(removed.clone()).0, whole.explain(removed).0);
    assert_eq!((whole.coverage.missing.count, whole.coverage.never_issued.count), (100, 50));
}

/// Threads have a tally each.
#[test]
fn merged_tallies_say_what_one_says() {
    let old = NOW - Duration::DAY;
    let current = listed(&[(&[1], old), (&[2], old), (&[3], old)]);
    let against = Against::new(vec![&current], None, NOW);
    let records =
        [record("01", Some(old), NOW), record("02", None, NOW), record("09", Some(old), NOW)];
    let whole = compared(&[&current], None, &records, None);
    let mut tally = Tally::begin(&against);
    for record in &records {
        let mut one = Comparison::begin(&against);
        one.take(record);
        tally.merge(one.into_tally());
    }
    let merged = Compared::new(&against, tally, "r".to_owned(), None, 0);
    assert_eq!(merged.coverage, whole.coverage);
    assert_eq!((merged.coverage.missing.count, merged.coverage.never_issued.count), (1, 1));
}
