//! Serial numbers that come twice, in records that differ in one thing or another.

use super::{
    counting::{certificate, of_ca},
    *,
};

const DAY: Duration = Duration::DAY;

fn indexed(records: &[Record<'_>]) -> Summary {
    let ca = of_ca();
    let basis = Basis { ca: Some(&ca), ca_not_after: Some(AS_OF + DAY * 50), as_of: AS_OF };
    let mut counter = Counter::new(basis).indexed().with_max_validity_days(Some(380));
    records.iter().for_each(|record| counter.add(record));
    counter.finish(Ending { records: records.len() as u64, ..Ending::default() })
}

/// The summary, which is the same in every order.
fn in_any_order(records: &[Record<'_>]) -> Summary {
    let expected = indexed(records);
    let json = |summary: &Summary| serde_json::to_string(summary).unwrap();
    let mut records = records.to_vec();
    permute(&mut records, 0, &mut |order| assert_eq!(json(&indexed(order)), json(&expected)));
    expected
}

fn permute<T>(all: &mut [T], from: usize, then: &mut impl FnMut(&[T])) {
    if from == all.len() {
        return then(all);
    }
    for at in from..all.len() {
        all.swap(from, at);
        permute(all, from + 1, then);
        all.swap(from, at);
    }
}

fn ending(days: i32) -> Record<'static> {
    Record { not_after: AS_OF + DAY * days, ..certificate(1) }
}

fn revoked(record: Record<'static>, reason: &'static str) -> Record<'static> {
    Record { revoked_at: Some(AS_OF - DAY), revocation_reason: Some(reason.into()), ..record }
}

#[test]
fn records_of_one_serial_with_other_ends_are_all_counted() {
    let other = Record { not_after: AS_OF + DAY * 20, ..certificate(2) };
    let summary = in_any_order(&[ending(40), revoked(ending(20), "SUPERSEDED"), other]);
    let counts = (summary.issued, summary.valid, summary.revoked);
    assert_eq!(counts, (3, 2, 1), "neither hides the other");
    assert_eq!((summary.expiring_within_30_days, summary.expiring_within_90_days), (1, 2));
    let successors = summary.successors.as_ref().unwrap();
    assert_eq!(successors.within_30_days.with_successor, 1, "the one that ends later");
    assert_eq!(summary.impossible.shared_serial.count, 1);
    assert_eq!(summary.apart, Apart::default());
}

#[test]
fn a_valid_record_of_another_certificate_stays_named() {
    let ca = Some("arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1".into());
    let sub = |days| Record { template_arn: ca.clone(), ..ending(days) };
    // The second one is named as the first one is, and differs in who asked for it.
    let twin = Record { aws_account_id: "2".into(), ..sub(60) };
    let records = [sub(60), revoked(sub(60), "KEY_COMPROMISE"), twin, sub(61)];
    let summary = in_any_order(&records);
    assert_eq!((summary.valid, summary.revoked), (2, 1));
    assert_eq!((summary.ca_certificates.count, summary.ca_certificates.first.len()), (2, 2));
    assert_eq!((summary.outliving_ca.count, summary.outliving_ca.first.len()), (2, 2));
    let without = summary.successors.unwrap().without;
    assert_eq!(without.len(), 1, "the twin has a successor: {without:?}");
}

#[test]
fn revocations_that_differ_are_all_counted() {
    let earlier = Record { revoked_at: Some(AS_OF - DAY * 3), ..revoked(ending(9), "SUPERSEDED") };
    let compromise = revoked(ending(9), "CERTIFICATE_AUTHORITY_COMPROMISE");
    let records = [ending(9), ending(9), compromise, earlier, revoked(ending(9), "SUPERSEDED")];
    let summary = in_any_order(&records);
    assert_eq!((summary.issued, summary.valid, summary.revoked), (3, 0, 3));
    assert_eq!((summary.ca_compromise.count, summary.revoked_by_reason.of("SUPERSEDED")), (1, 2));
    let (apart, impossible) = (&summary.apart, &summary.impossible);
    let counts = [&apart.repeated, &apart.repeated_serial, &impossible.shared_serial];
    assert_eq!(counts.map(|concern| concern.count), [1, 1, 2]);
    assert!(summary.complete, "{:?}", summary.incomplete_because);
}

#[test]
fn a_serial_in_another_form_is_the_same_serial() {
    let of = |serial: &'static str| Record { serial: serial.into(), ..ending(9) };
    let ca = format!("{}/certificate/", of_ca());
    let of = |serial| Record { certificate_arn: format!("{ca}ab0c").into(), ..of(serial) };
    for other in ["AB:0C", "00:ab:0c", "ab0c", "Ab:0c"] {
        let summary = indexed(&[of("ab:0c"), revoked(of(other), "SUPERSEDED")]);
        assert_eq!((summary.valid, summary.revoked), (0, 1), "{other}");
        assert_eq!(summary.apart.repeated_serial.count, 1, "{other}");
        let summary = indexed(&[revoked(of(other), "SUPERSEDED"), of("ab:0c")]);
        assert_eq!((summary.valid, summary.revoked), (0, 1), "{other}");
    }
    let summary = indexed(&[of("ab:0c"), of("00:AB:0C")]);
    assert_eq!((summary.valid, summary.apart.repeated.count), (1, 1));
}
