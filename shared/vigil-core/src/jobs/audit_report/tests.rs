use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use serde_json::json;
use time::{OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    distribution::ObjectMetadata,
    failure::Failure,
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore, broken, denied},
    finding::Status,
    ports::{
        Address, ByteSink, CreatedReport, Delivery, PortError, ReportRecord, ReportStatus, TimeIsUp,
    },
};

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const ACCOUNT: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority";
const REPORT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

fn arn(n: u8) -> String {
    format!("{ACCOUNT}/00000000-0000-0000-0000-{n:012}")
}

/// Answers each request with the next of its answers, then with a report.
#[derive(Default)]
struct FakeReports {
    answers: Mutex<Vec<Result<CreatedReport, PortError>>>,
    asked: Mutex<Vec<String>>,
    status: Mutex<Option<ReportStatus>>,
}

#[async_trait]
impl AuditReports for FakeReports {
    async fn create(&self, ca: &CaArn, bucket: &str) -> Result<CreatedReport, PortError> {
        assert_eq!(bucket, "reports");
        self.asked.lock().unwrap().push(ca.to_string());
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() {
            let key = format!("audit-report/{}/{REPORT}.json", ca.id());
            return Ok(CreatedReport::Created { report: REPORT.to_owned(), key });
        }
        answers.remove(0)
    }

    async fn describe(&self, ca: &CaArn, report: &str) -> Result<ReportRecord, PortError> {
        assert_eq!(report, REPORT);
        Ok(ReportRecord {
            status: self.status.lock().unwrap().clone().unwrap_or(ReportStatus::Success),
            bucket: "reports".to_owned(),
            key: format!("audit-report/{}/{report}.json", ca.id()),
            created_at: Some(AT),
        })
    }
}

#[derive(Default)]
struct FakeObjects(Mutex<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl Objects for FakeObjects {
    async fn read(
        &self,
        Address { bucket, key, version }: Address<'_>,
        limit: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Delivery, PortError> {
        assert_eq!((bucket, version), ("reports", None));
        let Some(object) = self.0.lock().unwrap().get(key).cloned() else {
            return Ok(Delivery::Absent);
        };
        if object.len() as u64 > limit {
            return Ok(Delivery::TooLarge);
        }
        for piece in object.chunks(7) {
            if sink(piece).is_break() {
                break;
            }
        }
        Ok(Delivery::Delivered(ObjectMetadata::default()))
    }

    async fn versions_before(&self, _: &str, _: &str, _: usize) -> Result<Vec<String>, PortError> {
        Ok(Vec::new())
    }

    async fn list(&self, _: &str, _: &str, _: usize) -> Result<Vec<String>, PortError> {
        Ok(Vec::new())
    }
}

/// Waits in no time at all, as long as there is any left.
struct FakePace {
    left: Mutex<Duration>,
    pauses: Mutex<Vec<Duration>>,
}

#[async_trait]
impl Pace for FakePace {
    async fn pause(&self, pause: Duration) -> Result<(), TimeIsUp> {
        let mut left = self.left.lock().unwrap();
        if *left < pause {
            return Err(TimeIsUp);
        }
        *left -= pause;
        self.pauses.lock().unwrap().push(pause);
        Ok(())
    }

    fn lasts(&self, time: Duration) -> bool {
        *self.left.lock().unwrap() >= time
    }
}

struct World {
    authorities: FakeAuthorities,
    reports: FakeReports,
    objects: FakeObjects,
    evidence: FakeEvidenceStore,
    bus: FakeBus,
    pace: FakePace,
}

impl World {
    fn new(statuses: &[CaStatus]) -> Self {
        let cas = (1..).zip(statuses).map(|(n, status)| Ca {
            arn: arn(n).parse().unwrap(),
            status: status.clone(),
            ..fakes::deleted_ca(AT)
        });
        Self {
            authorities: FakeAuthorities::new(AT, cas.collect()),
            reports: FakeReports::default(),
            objects: FakeObjects::default(),
            evidence: FakeEvidenceStore::default(),
            bus: FakeBus::default(),
            pace: FakePace { left: Mutex::new(Duration::MINUTE), pauses: Mutex::default() },
        }
    }

    fn run(&self, event: &Value) -> Result<Outcome, AuditReportError> {
        let ports = Ports {
            authorities: &self.authorities,
            audit_reports: &self.reports,
            objects: &self.objects,
            evidence: &self.evidence,
            bus: &self.bus,
            pace: &self.pace,
        };
        let settings = Settings {
            report_bucket: "reports".to_owned(),
            max_report_bytes: 100_000,
            claim_expires_after: Duration::MINUTE,
        };
        fakes::run(run(event, &ports, &settings))
    }

    fn requests(&self) -> Vec<RequestResult> {
        match self.run(&json!({})).unwrap() {
            Outcome::Requested(requests) => {
                requests.requests.into_iter().map(|requested| requested.result).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    fn put_report(&self, report: &Value) {
        let key = format!("audit-report/00000000-0000-0000-0000-{:012}/{REPORT}.json", 1);
        self.objects.0.lock().unwrap().insert(key, report.to_string().into_bytes());
    }

    fn published(&self) -> Vec<(String, Status)> {
        let published = self.bus.published.lock().unwrap();
        published.iter().map(|finding| (finding.rule.to_string(), finding.status)).collect()
    }
}

fn event(result: &str) -> Value {
    json!({"version": "0", "id": "e-1", "detail-type": "ACM Private CA Audit Report Generation",
           "source": "aws.acm-pca", "account": "111122223333", "time": "2026-03-01T12:00:00Z",
           "region": "us-east-1", "resources": [arn(1), REPORT], "detail": {"result": result}})
}

fn certificate(not_after: &str, reason: Option<&str>) -> Value {
    let mut certificate = json!({
        "awsAccountId": "111122223333", "certificateArn": format!("{}/certificate/1", arn(1)),
        "serial": "00:11", "subject": "CN=a", "notBefore": "2026-01-01T00:00:00+0000",
        "notAfter": not_after, "issuedAt": "2026-01-01T01:00:00+0000",
    });
    if let Some(reason) = reason {
        certificate["revokedAt"] = json!("2026-02-01T00:00:00+0000");
        certificate["revocationReason"] = json!(reason);
    }
    certificate
}

fn throttled() -> PortError {
    PortError::Throttled { operation: "create", resource: "x".to_owned(), cause: "slow".into() }
}

#[test]
fn every_active_or_disabled_ca_is_asked_for_one_call_a_second() {
    use CaStatus::{Active, Deleted, Disabled, Expired};
    let world = World::new(&[Active, Deleted, Disabled, Expired, Active]);
    let requests = world.requests();
    let requested = |result: &RequestResult| matches!(result, RequestResult::Requested { .. });
    assert_eq!(
        requests.iter().map(requested).collect::<Vec<_>>(),
        [true, false, true, false, true]
    );
    let RequestResult::Skipped { reason } = &requests[1] else { panic!() };
    assert!(reason.starts_with("it is DELETED"), "{reason}");
    let second = Duration::milliseconds(1100);
    assert_eq!(*world.pace.pauses.lock().unwrap(), [Duration::ZERO, second, second]);
}

#[test]
fn an_early_report_is_skipped_and_throttling_is_waited_out() {
    let world = World::new(&[CaStatus::Active, CaStatus::Active]);
    let too_soon = CreatedReport::TooSoon { reason: "one is being made".to_owned() };
    *world.reports.answers.lock().unwrap() = vec![Ok(too_soon), Err(throttled()), Err(throttled())];
    let requests = world.requests();
    assert_eq!(requests[0], RequestResult::Skipped { reason: "one is being made".to_owned() });
    assert!(matches!(requests[1], RequestResult::Requested { .. }));
    assert_eq!(world.reports.asked.lock().unwrap().len(), 4);
    let pauses: Vec<_> =
        world.pace.pauses.lock().unwrap().iter().map(|pause| pause.whole_milliseconds()).collect();
    assert_eq!(pauses, [0, 1100, 2200, 4400]);
}

#[test]
fn what_there_was_no_time_for_is_named_and_so_is_what_failed() {
    let world = World::new(&[CaStatus::Active, CaStatus::Active, CaStatus::Active]);
    *world.reports.answers.lock().unwrap() = vec![Err(broken("create"))];
    *world.pace.left.lock().unwrap() = Duration::milliseconds(1100);
    let error = world.run(&json!({})).unwrap_err();
    assert_eq!(error.error_type(), "RequestsIncomplete");
    let text = error.to_string();
    assert!(text.starts_with("2 of 3 reports could not be asked for"), "{text}");
    assert!(text.contains(&format!("{}: create failed for x: broken", arn(1))), "{text}");
    assert!(text.contains(&format!("{}: no time was left", arn(3))), "{text}");
}

#[test]
fn a_report_is_summarised_once_however_often_its_event_comes() {
    let world = World::new(&[CaStatus::Active]);
    world.put_report(&json!([
        certificate("2026-03-20T00:00:00+0000", None),
        certificate("2026-12-01T00:00:00+0000", Some("KEY_COMPROMISE")),
        {"serial": "broken"},
    ]));
    let Outcome::Analysed(analysis) = world.run(&event("success")).unwrap() else { panic!() };
    let key = format!("summaries/00000000-0000-0000-0000-000000000001/{REPORT}.json");
    assert_eq!(analysis.summary, key);
    assert_eq!(
        (analysis.issued, analysis.valid, analysis.revoked, analysis.unreadable),
        (2, 1, 1, 1)
    );
    let summary = world.evidence.json(&key);
    assert_eq!(summary["summary"]["revoked_by_reason"]["KEY_COMPROMISE"], 1);
    assert_eq!(summary["summary"]["expiring_within_30_days"], 1);
    assert_eq!(summary["summary"]["unreadable"]["first"][0]["number"], 3);
    assert_eq!(world.published(), [("audit-report.unreadable-records".to_owned(), Status::New)]);

    let again = world.run(&event("success")).unwrap();
    assert!(matches!(again, Outcome::Duplicate { summary, .. } if summary == key));
    assert_eq!(world.published().len(), 1);
}

#[test]
fn a_report_opens_its_findings_and_a_clean_one_resolves_them() {
    let world = World::new(&[CaStatus::Active]);
    world.put_report(&json!([
        // The CA of the fakes ends 300 days after AT.
        certificate("2026-12-26T12:00:00+0000", None),
        certificate("2026-12-26T12:00:01+0000", Some("CERTIFICATE_AUTHORITY_COMPROMISE")),
        certificate("2026-12-26T12:00:01+0000", None),
    ]));
    world.run(&event("success")).unwrap();
    let rules: Vec<_> = world.published().into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["audit-report.ca-compromise", "audit-report.outliving-ca"]);
    assert_eq!(world.bus.last().evidence["count"], 1);

    world.put_report(&json!([]));
    // The fake knows one report: the summary of the first one is put aside instead.
    let world = World { evidence: without_summaries(&world.evidence), ..world };
    world.run(&event("success")).unwrap();
    let resolved = |(_, status): &(String, Status)| *status == Status::Resolved;
    assert_eq!(world.published().iter().filter(|published| resolved(published)).count(), 2);
}

fn without_summaries(evidence: &FakeEvidenceStore) -> FakeEvidenceStore {
    let copy = FakeEvidenceStore::default();
    for key in evidence.keys().into_iter().filter(|key| !key.starts_with("summaries/")) {
        copy.put(&key, &evidence.json(&key).to_string());
    }
    copy
}

#[test]
fn a_failed_report_is_a_finding_that_the_next_report_resolves() {
    let world = World::new(&[CaStatus::Active]);
    let failed = world.run(&event("failure")).unwrap();
    assert!(matches!(failed, Outcome::Failed { .. }));
    world.run(&event("failure")).unwrap();
    let rule = "audit-report.failed".to_owned();
    assert_eq!(world.published(), [(rule.clone(), Status::New)], "once");
    world.put_report(&json!([]));
    world.run(&event("success")).unwrap();
    assert_eq!(world.published()[1..], [(rule, Status::Resolved)]);
}

#[test]
fn every_report_that_cannot_be_had_is_named() {
    let world = World::new(&[CaStatus::Active]);
    let name = || world.run(&event("success")).unwrap_err().error_type();
    assert_eq!(name(), "ReportNotThere");
    world.put_report(&json!({"not": "a list"}));
    assert_eq!(name(), "NotAReport");
    world.put_report(&json!("x".repeat(200_000)));
    assert_eq!(name(), "ReportTooLarge");
    *world.reports.status.lock().unwrap() = Some(ReportStatus::Creating);
    assert_eq!(name(), "ReportNotThere");
    world.authorities.calls.fail_next("describe", denied("describe"));
    assert_eq!(name(), "DescribeFailed");

    world.authorities.cas.lock().unwrap().clear();
    let gone = world.run(&event("success")).unwrap();
    assert!(matches!(gone, Outcome::Nothing { reason, .. } if reason.contains("no such CA")));
    for resource in [json!([arn(1)]), json!([arn(1), "../../x"])] {
        let mut event = event("success");
        event["resources"] = resource;
        assert_eq!(world.run(&event).unwrap_err().error_type(), "MalformedEvent");
    }
}
