use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    audit_report::{BadRecord, BadRecords},
    fakes,
    rules::{
        audit_report::RULES,
        fixtures::{assert_all_kinds, assert_presentable},
    },
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const REPORT: &str = "01234567-89ab-cdef-0123-456789abcdef";

#[test]
fn every_kind_reads_as_its_golden_file_says() {
    let described = Described { ca: fakes::deleted_ca(AT - Duration::DAY), as_of: AT };
    let mut summary = Summary::new(AT, described.ca.not_after);
    let concern = |count: u64| Concern {
        count,
        first: vec![format!("{}/certificate/0a1b2c", described.ca.arn)],
    };
    summary.ca_compromise = concern(1);
    summary.outliving_ca = concern(42);
    let bad = BadRecord { number: 7, offset: 900, why: "line 7 has 3 fields".to_owned() };
    summary.unreadable = BadRecords { count: 1, first: vec![bad] };
    let (mut all, over) = findings(&described, REPORT, &summary);
    let failed = failed(&described, REPORT);
    assert_eq!(over, std::slice::from_ref(&failed.id), "a report that came ends it");
    all.push(failed);
    all.iter().for_each(assert_presentable);
    assert_all_kinds("audit-report", RULES, &all);
}

/// `make docs` writes it.
#[test]
fn the_json_schema_is_made_from_the_type() {
    crate::schemas::assert_schema::<Document<'_>>("summary");
}
