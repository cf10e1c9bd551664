//! Which audit reports are read, and which are requested.

use async_trait::async_trait;

use super::{super::*, world::*};
use crate::{
    arn::CaArn,
    fakes,
    ports::{CreatedReport, ReportRecord},
};

#[test]
fn the_newest_report_in_a_bucket_is_read_and_none_requested() {
    let mut world = World::new(vec![active()]);
    world.settings.report_buckets.push("forbidden".to_owned());
    world.put_report(&active(), OTHER, AT - Duration::days(9), "[");
    world.put_report(&active(), REPORT, AT - Duration::days(1), &record());
    let report = world.assess();
    let numbers = report.cas[0].certificates.as_ref().expect("the report was summarised");
    assert_eq!((numbers.issued, numbers.valid), (1, 1));
    assert!(numbers.source.ends_with(&format!("{REPORT}.json")), "{}", numbers.source);
    let unchecked: Vec<&str> = report.unchecked.iter().map(|of| of.why.as_str()).collect();
    assert!(unchecked.iter().any(|why| why.contains("ListObjectsV2 was refused")), "{unchecked:?}");
}

#[test]
fn a_report_is_requested_only_where_the_operator_says_so() {
    let mut world = World::new(vec![active()]);
    world.settings.report_buckets.clear();
    assert!(world.assess().cas[0].certificates.is_none());
    world.settings.request_reports = Some("reports".to_owned());
    world.put_report(&active(), REPORT, AT, &record());
    assert_eq!(world.assess().cas[0].certificates.as_ref().map(|of| of.issued), Some(1));
}

/// ACM PCA, which makes no report so soon after another, and knows none that is in a bucket.
struct Refusing;

#[async_trait]
impl AuditReports for Refusing {
    async fn create(&self, _: &CaArn, _: &str) -> Result<CreatedReport, PortError> {
        Ok(CreatedReport::TooSoon { reason: "in progress".to_owned() })
    }

    async fn describe(&self, _: &CaArn, report: &str) -> Result<ReportRecord, PortError> {
        Err(PortError::NotFound {
            operation: "DescribeCertificateAuthorityAuditReport",
            resource: report.to_owned(),
            cause: "it is not known".into(),
        })
    }
}

fn assess_refused(world: &World) -> FleetReport {
    let ports = Ports { audit_reports: &Refusing, ..world.ports() };
    let regions = [("us-east-1".to_owned(), ports)];
    fakes::run(run(&regions, &world.settings, &|_: &str, _: &str| ()))
}

#[test]
fn a_request_that_comes_too_soon_is_not_silent() {
    let mut world = World::new(vec![active(), Ca { arn: other_arn(), ..deleted() }]);
    world.settings.request_reports = Some("reports".to_owned());
    let unchecked = of_reports(&assess_refused(&world));
    let [of] = unchecked.as_slice() else { panic!("{unchecked:?}") };
    assert_eq!(of.what, format!("audit report of {}", active().arn));
    assert!(of.why.contains("requested less than 30 minutes ago"), "{}", of.why);
}

#[test]
fn a_request_that_is_not_due_again_is_not_silent() {
    let mut world = World::new(vec![active()]);
    world.settings.request_reports = Some("reports".to_owned());
    world.put_report(&active(), REPORT, AT, &record());
    assert!(of_reports(&world.assess()).is_empty());
    world.authorities.set_now(AT + Duration::HOUR);
    let again = of_reports(&world.assess());
    assert!(again.iter().any(|of| of.why.contains("less than a day ago")), "{again:?}");
}

#[test]
fn a_report_that_acm_pca_forgot_is_read_by_its_date_in_s3() {
    let world = World::new(vec![active()]);
    world.put_report(&active(), REPORT, AT - Duration::DAY, &record());
    let report = assess_refused(&world);
    let numbers = report.cas[0].certificates.as_ref().expect("it was summarised");
    assert_eq!((numbers.issued, numbers.as_of), (1, Some(AT - Duration::DAY)));
    assert!(of_reports(&report).is_empty(), "{:?}", report.unchecked);
}

fn of_reports(report: &FleetReport) -> Vec<Unchecked> {
    let of_reports = report.unchecked.iter().filter(|of| of.what.starts_with("audit report"));
    of_reports.cloned().collect()
}

fn other_arn() -> CaArn {
    active().arn.as_str().replace("11223344-1234", "99999999-1234").parse().unwrap()
}
