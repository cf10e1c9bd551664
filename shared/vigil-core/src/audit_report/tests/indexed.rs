//! What a summary says with an index of the unexpired certificates, and of the past.

use super::{
    counting::{certificate, of_ca},
    *,
};

const DAY: Duration = Duration::DAY;

fn indexed(records: &[Record<'_>]) -> Summary {
    let ca = of_ca();
    let basis = Basis { ca: Some(&ca), ca_not_after: None, as_of: AS_OF };
    let mut counter = Counter::new(basis).indexed();
    records.iter().for_each(|record| counter.add(record));
    counter.finish(Ending { records: records.len() as u64, ..Ending::default() })
}

fn of(n: u32, subject: &'static str, days: u32) -> Record<'static> {
    Record { subject: subject.into(), not_after: AS_OF + DAY * days, ..certificate(n) }
}

#[test]
fn a_successor_has_the_subject_is_unrevoked_and_ends_later() {
    let revoked = |record| Record { revoked_at: Some(AS_OF - DAY), ..record };
    let later = |record| Record { not_before: AS_OF + DAY, ..record };
    let mut records = vec![
        of(1, "CN=a", 5),
        of(2, "CN=a", 100),
        of(3, "CN=b", 7),
        of(4, "CN=c", 20),
        revoked(of(5, "CN=c", 300)),
        of(6, "CN=d", 80),
        of(7, "CN=d", 80),
        of(8, "CN=e", 30),
        later(of(9, "CN=e", 31)),
        of(10, "CN=f", 91),
        later(of(11, "CN=g", 3)),
    ];
    let summary = indexed(&records);
    let successors = summary.successors.clone().unwrap();
    let counts = [successors.within_7_days, successors.within_30_days, successors.within_90_days]
        .map(|ending| (ending.with_successor, ending.without_successor));
    assert_eq!(counts, [(1, 1), (2, 2), (2, 4)]);
    assert_eq!(summary.expiring_within_90_days, 6);
    let without: Vec<_> = successors.without.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(without, ["CN=b", "CN=c", "CN=d", "CN=d"], "the soonest first");
    let per_day: Vec<_> = successors.without_per_day.iter().collect();
    let day = |days: i32| (AS_OF + DAY * days).date();
    assert_eq!(per_day, [(day(7), 1), (day(20), 1), (day(80), 2)]);
    assert!(successors.without_is_complete && summary.not_judged.is_empty());
    records.reverse();
    assert_eq!(indexed(&records), summary);
}

#[test]
fn windows_of_successors_are_not_cut_to_whole_seconds() {
    let basis = Basis { ca: None, ca_not_after: None, as_of: AS_OF - Duration::milliseconds(500) };
    let mut counter = Counter::new(basis).indexed();
    counter.add(&of(1, "CN=a", 30));
    counter.add(&of(2, "CN=b", 29));
    let summary = counter.finish(Ending { records: 2, ..Ending::default() });
    let within_30_days = summary.successors.unwrap().within_30_days.without_successor;
    assert_eq!((summary.expiring_within_30_days, within_30_days), (1, 1));
}

#[test]
fn only_a_hundred_without_successor_are_named() {
    let records: Vec<_> = (0..300)
        .map(|n| Record { subject: format!("CN={n}").into(), ..of(n, "", 1 + n % 80) })
        .collect();
    let successors = indexed(&records).successors.unwrap();
    assert_eq!(successors.within_90_days.without_successor, 300);
    assert_eq!((successors.without.len(), successors.without_is_complete), (100, true));
    assert!(successors.without.is_sorted_by_key(|one| one.at));
}

#[test]
fn a_serial_that_comes_twice_is_told_apart() {
    let summary =
        indexed(&[of(1, "CN=a", 5), of(1, "CN=a", 5), of(1, "CN=b", 5), of(2, "CN=c", 5)]);
    assert_eq!((summary.issued, summary.valid, summary.records), (3, 3, 4));
    let (apart, impossible) = (&summary.apart, &summary.impossible);
    let counts = [&apart.repeated, &apart.repeated_serial, &impossible.shared_serial];
    assert_eq!(counts.map(|concern| concern.count), [1, 0, 1]);
    assert!(summary.complete, "{:?}", summary.incomplete_because);
}

fn compromised(record: Record<'static>) -> Record<'static> {
    let reason = Some("KEY_COMPROMISE".into());
    Record { revoked_at: Some(AS_OF - DAY), revocation_reason: reason, ..record }
}

#[test]
fn a_serial_valid_and_revoked_is_revoked_in_any_order() {
    let ca = Some("arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1".into());
    let valid = Record { template_arn: ca, ..of(1, "CN=a", 5) };
    let later = Record { not_before: AS_OF + DAY, ..of(4, "CN=b", 9) };
    let (one, other) = (of(2, "CN=a", 60), of(3, "CN=c", 5));
    let mut records =
        vec![valid.clone(), compromised(valid), one, compromised(later.clone()), later, other];
    let summary = indexed(&records);
    let counts = (summary.issued, summary.valid, summary.not_yet_valid, summary.revoked);
    assert_eq!(counts, (4, 2, 0, 2));
    assert_eq!((summary.revoked_unexpired, summary.key_compromise.count), (2, 2));
    assert_eq!((summary.expiring_within_30_days, summary.expiring_within_90_days), (1, 2));
    assert_eq!(summary.ca_certificates, Concern::default());
    assert_eq!(summary.ending_per_day.iter().map(|(_, count)| count).sum::<u64>(), 2);
    assert_eq!((summary.apart.repeated_serial.count, summary.records), (2, 6));
    let successors = summary.successors.as_ref().unwrap();
    assert_eq!(successors.within_7_days.without_successor, 1);
    let without: Vec<_> = successors.without.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(without, ["CN=c", "CN=a"]);
    for _ in 0..records.len() {
        records.rotate_left(1);
        assert_eq!(indexed(&records), summary);
        let reversed: Vec<_> = records.iter().rev().cloned().collect();
        assert_eq!(indexed(&reversed), summary);
    }
}

#[test]
fn a_compromise_in_any_record_of_a_serial_is_named() {
    let other = Record { revoked_at: Some(AS_OF - DAY), ..of(1, "CN=a", 5) };
    let mut records = vec![other.clone(), compromised(of(1, "CN=a", 5)), of(1, "CN=a", 5), other];
    for _ in 0..records.len() {
        records.rotate_left(1);
        let summary = indexed(&records);
        assert_eq!((summary.valid, summary.revoked, summary.key_compromise.count), (0, 2, 1));
        let (apart, impossible) = (&summary.apart, &summary.impossible);
        let counts = [&apart.repeated, &apart.repeated_serial, &impossible.shared_serial];
        assert_eq!(counts.map(|concern| concern.count), [1, 1, 1]);
    }
}

#[test]
fn a_summary_without_index_says_what_it_does_not_judge() {
    let counter = Counter::new(Basis { ca: None, ca_not_after: None, as_of: AS_OF });
    let summary = counter.finish(Ending::default());
    assert_eq!((summary.successors, summary.not_judged.len()), (None, 2));
}

#[test]
fn a_fingerprint_knows_serial_issuance_and_end_and_no_order() {
    let old = |n| Record { issued_at: AS_OF - DAY, ..of(n, "CN=a", 5) };
    let just_now = Record { issued_at: AS_OF - Duration::minutes(9), ..of(9, "CN=a", 5) };
    let fingerprint = |records: &[Record<'_>]| indexed(records).fingerprint;
    let whole = fingerprint(&[old(1), old(2), just_now]);
    assert_eq!((whole.count, whole.until), (2, AS_OF - Duration::minutes(10)));
    assert_eq!(fingerprint(&[old(2), old(1)]), whole);
    let revoked = Record { revoked_at: Some(AS_OF - DAY), ..old(2) };
    assert_eq!(fingerprint(&[old(1), revoked]), whole, "a revocation comes later");
    let issued = Record { issued_at: AS_OF - DAY * 2, ..old(2) };
    let ends = Record { not_after: AS_OF + DAY * 6, ..old(2) };
    for changed in [old(3), issued, ends] {
        let other = fingerprint(&[old(1), changed]);
        assert_eq!(other.count, 2);
        assert_ne!(other.sum, whole.sum);
    }
    let read: Fingerprint = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
    assert_eq!(read, whole);
}
