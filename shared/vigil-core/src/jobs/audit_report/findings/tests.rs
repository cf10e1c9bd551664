use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    audit_report::{Apart, BadRecord, BadRecords, Document, Named},
    fakes,
    jobs::audit_report::staleness,
    rules::{
        audit_report::{
            Cause, RULES, acknowledgement_refused, ca_quota, refused_finding, settings_unusable,
        },
        fixtures::{assert_all_kinds, assert_presentable},
    },
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const REPORT: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn of_report(described: &Described) -> Vec<Finding> {
    let mut summary = Summary::new(AT - Duration::HOUR, described.ca.not_after);
    let concern = |count: u64| Concern {
        count,
        first: vec![Named {
            certificate: format!("{}/certificate/0a1b2c", described.ca.arn),
            serial: "0a:1b:2c".to_owned(),
            subject: "CN=www.example.com".to_owned(),
            at: AT,
        }],
    };
    summary.outliving_ca = concern(42);
    summary.apart.another_ca = concern(2);
    summary.impossible.revoked_before_issued = concern(3);
    let why = "line 7 has 3 fields".to_owned();
    let bad = BadRecord { number: 7, offset: 900, bytes: 60, why };
    summary.unreadable = BadRecords { count: 1, bytes: 60, first: vec![bad] };
    summary.incomplete_because = vec!["it ends in the middle".to_owned()];
    let (mut all, over) = findings(described, REPORT, &summary, None);
    assert_eq!(over, [failed(described, REPORT).id], "a report that came ends it");
    let mut now = summary.fingerprint.clone();
    now.count = 5;
    let mut compared = Compared::new("a".repeat(36), &summary, now, &summary);
    all.push(history(described, REPORT, Some(&compared)));
    compared.before.count = 8;
    all.push(history(described, REPORT, Some(&compared)));
    all
}

fn without_report(described: &Described) -> Vec<Finding> {
    let ca = &described.ca;
    let after = "36h,72h".parse().unwrap();
    let stale = |hours| staleness::judge(ca, None, AT - Duration::hours(hours), AT, after).unwrap();
    let pending = Pending {
        report: REPORT.to_owned(),
        asked_at: AT - Duration::hours(7),
        started_at: None,
        starts: 0,
    };
    let error = ReportError::NoRecord { offset: 0, why: "it is no object".to_owned() };
    let mut all = vec![
        failed(described, REPORT),
        not_a_report(described, REPORT, &error),
        unfinished(ca, &pending, AT),
        stale(37),
        stale(73),
    ];
    all.push(settings_unusable("settings/audit-report.json", &ca.arn, Some("it is empty"), AT));
    let key = format!("acks/findings/{}.json", all[0].id);
    all.push(acknowledgement_refused(&all[0], &key, ca, "it is not signed", AT));
    let cas = |count| vec![Ca { created_at: Some(AT - Duration::DAY), ..ca.clone() }; count];
    all.extend([50, 199, 200].map(|count| ca_quota(&cas(count), 365, AT).unwrap().0));
    for cause in Cause::ALL {
        let error = "ValidationException: Permission error with your S3 bucket 'reports'.";
        all.extend(refused_finding(cause, "reports", &[ca], error, AT));
    }
    all
}

#[test]
fn every_kind_reads_as_its_golden_file_says() {
    let described = Described { ca: fakes::deleted_ca(AT - Duration::DAY), as_of: AT };
    let mut all = of_report(&described);
    all.extend(without_report(&described));
    all.iter().for_each(assert_presentable);
    assert_all_kinds("audit-report", RULES, &all);
}

#[test]
fn each_class_of_foreign_records_has_its_own_words() {
    let described = Described { ca: fakes::deleted_ca(AT - Duration::DAY), as_of: AT };
    let text = |apart: Apart, shared: Concern| {
        let mut summary = Summary::new(AT, None);
        (summary.apart, summary.impossible.shared_serial) = (apart, shared);
        findings(&described, REPORT, &summary, None).0.remove(0).what_happened
    };
    let of = |count: u64| Concern { count, first: Vec::new() };
    let none = Apart::default();
    let twice = text(Apart { repeated_serial: of(2), ..none.clone() }, of(0));
    assert!(twice.contains("(once as revoked and once as not revoked: 2)"), "{twice}");
    let shared = text(none.clone(), of(5));
    assert!(shared.contains("(a serial number again in a record that differs: 5)"), "{shared}");
    let apart = Apart { another_ca: of(1), other_serial: of(3), repeated: of(4), ..none };
    let several = text(apart, of(0));
    let words = "(of another CA: 1; with a serial number that is not the end of the ARN: 3; \
                 the same record again: 4)";
    assert!(several.contains(words), "{several}");
}

/// `make docs` writes it.
#[test]
fn the_json_schema_is_made_from_the_type() {
    crate::schemas::assert_schema::<Document>("summary");
}
