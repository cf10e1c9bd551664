//! What a summary says of the records, whatever their order is.

use super::*;

const DAY: Duration = Duration::DAY;

pub(super) fn of_ca() -> crate::arn::CaArn {
    format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{}", "1".repeat(36))
        .parse()
        .unwrap()
}

pub(super) fn certificate(n: u32) -> Record<'static> {
    let serial = format!("{n:02x}");
    Record {
        certificate_arn: format!("{}/certificate/{serial}", of_ca()).into(),
        serial: serial.into(),
        ..record(AS_OF + DAY * n, None)
    }
}

fn summary(records: &[Record<'_>]) -> Summary {
    let ca = of_ca();
    let mut counter =
        Counter::new(Basis { ca: Some(&ca), ca_not_after: Some(AS_OF + DAY * 5), as_of: AS_OF });
    for (n, record) in records.iter().enumerate() {
        if n % 7 == 3 {
            let put_down = serde_json::to_string(&counter).unwrap();
            let taken_up: Counter = serde_json::from_str(&put_down).unwrap();
            assert_eq!(serde_json::to_string(&taken_up).unwrap(), put_down);
            counter = taken_up;
        }
        counter.add(record);
    }
    counter.finish(Ending { records: records.len() as u64, ..Ending::default() })
}

#[test]
fn records_that_do_not_belong_are_told_apart() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other/certificate/01";
    let summary = summary(&[
        certificate(1),
        Record { certificate_arn: other.into(), ..certificate(2) },
        Record { serial: "ff".into(), ..certificate(3) },
        Record { certificate_arn: "nonsense".into(), ..certificate(4) },
    ]);
    assert_eq!((summary.issued, summary.valid, summary.records), (1, 1, 4));
    assert_eq!((summary.apart.another_ca.count, summary.apart.other_serial.count), (2, 1));
    assert!(summary.complete, "{:?}", summary.incomplete_because);
}

#[test]
fn records_that_cannot_be_are_counted_and_named() {
    let revoked = |at| Record { revoked_at: Some(at), ..certificate(1) };
    let summary = summary(&[
        Record { not_before: AS_OF + DAY * 9, ..certificate(1) },
        Record { issued_at: AS_OF + Duration::SECOND, ..certificate(2) },
        revoked(datetime!(2020-01-01 0:59:59 UTC)),
        revoked(AS_OF + Duration::SECOND),
        revoked(AS_OF),
    ]);
    let impossible = &summary.impossible;
    let counts = [
        &impossible.ends_before_it_begins,
        &impossible.issued_after_report,
        &impossible.revoked_before_issued,
        &impossible.revoked_after_report,
    ];
    assert!(counts.iter().all(|concern| concern.count == 1), "{impossible:?}");
    assert_eq!(summary.issued, 5, "they are counted all the same");
}

#[test]
fn a_count_that_does_not_come_out_makes_a_summary_incomplete() {
    let mut counter = Counter::new(Basis { ca: None, ca_not_after: None, as_of: AS_OF });
    counter.add(&certificate(1));
    let summary = counter.finish(Ending { records: 2, ..Ending::default() });
    assert!(!summary.complete);
    assert_eq!(summary.incomplete_because, ["it has 2 records, and 1 were counted"]);
}

#[test]
fn times_are_counted_by_day_month_weekday_and_class() {
    let summary = summary(&[
        // 2020-01-01 was a Wednesday.
        Record { not_after: datetime!(2020-01-31 1:00 UTC), ..certificate(1) },
        Record { issued_at: AS_OF - DAY, not_after: AS_OF + DAY * 397, ..certificate(2) },
        Record { issued_at: AS_OF - DAY, not_after: AS_OF + DAY * 399, ..certificate(3) },
        Record { issued_at: datetime!(1969-01-01 0:00 UTC), ..certificate(4) },
        Record { revoked_at: Some(AS_OF), ..certificate(5) },
    ]);
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["issued_over_time"]["days"]["2020-12-31"], 2, "{json:#}");
    assert_eq!(json["issued_over_time"]["days"]["2020-01-01"], 2);
    assert_eq!(json["issued_over_time"]["months"], serde_json::json!({}));
    assert_eq!(json["issued_over_time"]["earlier"], 1);
    assert_eq!(json["issued_by_hour"][2][1], 2);
    assert_eq!(json["revoked_over_time"]["days"]["2021-01-01"], 1);
    assert_eq!(json["ending_per_day"]["2022-02-02"], 1);
    let class =
        |days| summary.by_validity.iter().find(|class| class.max_days == days).unwrap().count;
    assert_eq!((class(Some(30)), class(Some(398)), class(Some(825)), class(None)), (1, 2, 1, 1));
    assert_eq!(summary.by_validity.iter().map(|class| class.count).sum::<u64>(), summary.issued);
    assert_eq!(summary.first_issued_by_account.of("1"), Some(datetime!(1969-01-01 0:00 UTC)));
    let read: Summary = serde_json::from_value(json).unwrap();
    assert_eq!(read, summary);
}

#[test]
fn the_order_of_records_changes_nothing() {
    let mut records: Vec<Record<'_>> = (0..1300)
        .map(|n| Record {
            aws_account_id: format!("{}", n * 7919 % 1300).into(),
            revoked_at: (n % 3 == 0).then_some(AS_OF - DAY * (n % 40)),
            revocation_reason: (n % 3 == 0).then_some("KEY_COMPROMISE".into()),
            ..certificate(n % 200)
        })
        .collect();
    let expected = serde_json::to_string(&summary(&records)).unwrap();
    let mut state = 1_u64;
    for _ in 0..3 {
        for at in (1..records.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            records.swap(at, (state >> 33) as usize % (at + 1));
        }
        assert_eq!(serde_json::to_string(&summary(&records)).unwrap(), expected);
    }
}
