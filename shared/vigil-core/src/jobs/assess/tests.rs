use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use serde_json::Value;
use time::macros::datetime;

use super::*;
use crate::{
    arn::CaArn,
    bucket::{BucketFacts, Fact, PublicAccessBlock},
    ca::CaStatus,
    fakes::{self, FakeAuthorities, FakeEvidenceStore, FakePace, denied},
    finding::Severity,
    fleet::{RuleResult, RuleStatus},
    ports::{
        Address, ByteSink, CreatedReport, Delivery, ObjectFacts, ReportRecord, ReportStatus, Rest,
    },
};

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const REPORT: &str = "9f1f4c61-6d6b-4bb0-8f2b-0c6d8a6c7b12";
const OTHER: &str = "11111111-6d6b-4bb0-8f2b-0c6d8a6c7b12";

/// Bucket and key.
type Name = (String, String);

/// Buckets with audit reports, each with its time and body.
#[derive(Default)]
struct Files(Mutex<BTreeMap<Name, (OffsetDateTime, Vec<u8>)>>);

#[async_trait]
impl ReportFiles for Files {
    async fn newest(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Option<(String, OffsetDateTime)>, PortError> {
        if bucket == "forbidden" {
            return Err(denied("ListObjectsV2"));
        }
        let files = self.0.lock().unwrap();
        let of = files.iter().filter(|((of, key), _)| of == bucket && key.starts_with(prefix));
        Ok(of.map(|((_, key), (at, _))| (key.clone(), *at)).max_by_key(|(_, at)| *at))
    }
}

#[async_trait]
impl Objects for Files {
    async fn read(
        &self,
        Address { bucket, key, .. }: Address<'_>,
        _: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Delivery, PortError> {
        let files = self.0.lock().unwrap();
        let Some((_, body)) = files.get(&(bucket.to_owned(), key.to_owned())) else {
            return Ok(Delivery::Absent);
        };
        let _ = sink(body);
        Ok(Delivery::Delivered(crate::distribution::ObjectMetadata::default()))
    }

    async fn stat(&self, object: Address<'_>) -> Result<Option<ObjectFacts>, PortError> {
        let files = self.0.lock().unwrap();
        let found = files.get(&(object.bucket.to_owned(), object.key.to_owned()));
        let facts = |body: &Vec<u8>| ObjectFacts { etag: "1".to_owned(), size: body.len() as u64 };
        Ok(found.map(|(_, body)| facts(body)))
    }

    async fn read_on(
        &self,
        object: Address<'_>,
        _: &ObjectFacts,
        from: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Rest, PortError> {
        let files = self.0.lock().unwrap();
        let Some((_, body)) = files.get(&(object.bucket.to_owned(), object.key.to_owned())) else {
            return Ok(Rest::Changed);
        };
        let _ = sink(&body[usize::try_from(from).unwrap()..]);
        Ok(Rest::Delivered)
    }

    async fn versions_before(&self, _: &str, _: &str, _: usize) -> Result<Vec<String>, PortError> {
        Ok(Vec::new())
    }

    async fn list(&self, _: &str, _: &str, _: usize) -> Result<Vec<String>, PortError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl AuditReports for Files {
    async fn create(&self, _: &CaArn, bucket: &str) -> Result<CreatedReport, PortError> {
        assert_eq!(bucket, "reports");
        Ok(CreatedReport::Created { report: REPORT.to_owned(), key: "k".to_owned() })
    }

    async fn describe(&self, ca: &CaArn, report: &str) -> Result<ReportRecord, PortError> {
        let key = format!("audit-report/{}/{report}.json", ca.id());
        let bucket = "reports".to_owned();
        let created_at = self.0.lock().unwrap().get(&(bucket.clone(), key.clone())).map(|of| of.0);
        Ok(ReportRecord { status: ReportStatus::Success, bucket, key, created_at })
    }
}

/// No CA here has a bucket.
struct NoBuckets;

#[async_trait]
impl Buckets for NoBuckets {
    async fn account_block(&self, _: &str) -> Fact<PublicAccessBlock> {
        Fact::Unknown("not asked".to_owned())
    }

    async fn facts(&self, bucket: &str) -> BucketFacts {
        panic!("{bucket} is asked for")
    }
}

struct World {
    authorities: FakeAuthorities,
    files: Files,
    evidence: FakeEvidenceStore,
    pace: FakePace,
    settings: Settings,
}

impl World {
    fn new(cas: Vec<Ca>) -> Self {
        Self {
            authorities: FakeAuthorities::new(AT, cas),
            files: Files::default(),
            evidence: FakeEvidenceStore::default(),
            pace: FakePace::with_turns(usize::MAX),
            settings: Settings {
                made_by: "test".to_owned(),
                report_buckets: vec!["reports".to_owned()],
                request_reports: None,
                scan: Duration::ZERO,
            },
        }
    }

    fn ports(&self) -> Ports<'_> {
        Ports {
            authorities: &self.authorities,
            issued: &self.authorities,
            audit_reports: &self.files,
            report_files: &self.files,
            objects: &self.files,
            buckets: &NoBuckets,
            distribution: None,
            evidence: &self.evidence,
            pace: &self.pace,
        }
    }

    fn assess(&self) -> FleetReport {
        let regions = [("us-east-1".to_owned(), self.ports())];
        fakes::run(run(&regions, &self.settings, &|_: &str, _: &str| ()))
    }

    fn put_report(&self, ca: &Ca, report: &str, at: OffsetDateTime, body: &str) {
        let key = format!("audit-report/{}/{report}.json", ca.arn.id());
        let place = ("reports".to_owned(), key);
        self.files.0.lock().unwrap().insert(place, (at, body.as_bytes().to_vec()));
    }
}

fn deleted() -> Ca {
    fakes::deleted_ca(AT - Duration::days(2))
}

fn active() -> Ca {
    Ca { status: CaStatus::Active, restorable_until: None, ..deleted() }
}

fn rules(report: &FleetReport) -> Vec<(&str, bool)> {
    report.findings.iter().map(|of| (&*of.finding.rule, of.is_new)).collect()
}

#[test]
fn a_deleted_ca_is_found_with_its_time_left_and_not_changed() {
    let world = World::new(vec![deleted()]);
    let report = world.assess();
    assert_eq!(rules(&report), [("assess.restoration-window", true)]);
    let finding = &report.findings[0].finding;
    assert_eq!(finding.severity, Severity::Medium);
    assert!(finding.title.contains("5 days"), "{}", finding.title);
    assert!(finding.what_to_do.contains("restore-certificate-authority"), "{}", finding.what_to_do);
    assert!(world.authorities.changes.lock().unwrap().is_empty());
    let again = world.assess();
    assert_eq!(rules(&again), [("assess.restoration-window", false)], "it is remembered");
}

#[test]
fn a_window_that_nears_its_end_is_new_again_and_ends_once() {
    let world = World::new(vec![deleted()]);
    world.assess();
    world.authorities.set_now(AT + Duration::hours(4 * 24 + 12));
    let nearer = world.assess();
    assert_eq!(rules(&nearer), [("assess.restoration-window", true)], "it became worse");
    assert_eq!(nearer.findings[0].finding.severity, Severity::High);
    *world.authorities.cas.lock().unwrap() = Vec::new();
    let over = world.assess();
    assert_eq!((over.findings.len(), over.resolved.len()), (0, 1), "{over:?}");
    assert!(world.assess().resolved.is_empty());
}

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

#[test]
fn configuration_rules_are_judged_and_their_verdicts_kept() {
    let report = World::new(vec![Ca { crl: None, ocsp_enabled: false, ..active() }]).assess();
    assert!(report.findings.iter().any(|of| of.finding.rule.starts_with("ca.")), "{report:?}");
    let judged: Vec<_> = report.verdicts.iter().map(|of| of.rule.as_str()).collect();
    assert!(judged.contains(&"ca.revocation"), "{judged:?}");
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

#[test]
fn commands_have_the_bucket_and_say_what_needs_a_stack() {
    let world = World::new(vec![active()]);
    let ends = record_of(2, "111122223333", &json!({"notAfter": "2026-03-20T00:00:00+0000"}));
    let lost = json!({"revokedAt": "2026-02-10T00:00:00+0000",
                      "revocationReason": "CERTIFICATE_AUTHORITY_COMPROMISE"});
    let body = json!([ends, record_of(3, "111122223333", &lost)]).to_string();
    world.put_report(&active(), REPORT, AT - Duration::DAY, &body);
    let report = world.assess();
    let of = |rule: &str| {
        let open = report.findings.iter().find(|of| of.finding.rule == rule);
        open.expect("a finding of the rule").finding.what_to_do.clone()
    };
    let successor = of("audit-report.successor");
    assert!(successor.ends_with("--report-bucket reports"), "{successor}");
    let compromise = of("audit-report.ca-compromise");
    assert!(compromise.contains("vigil report ack"), "{compromise}");
    assert!(compromise.ends_with("needs a deployed stack of Vigil, which has that bucket."));
    let again = world.assess().findings;
    let texts = |of: &[crate::fleet::OpenFinding]| -> Vec<String> {
        of.iter().map(|one| one.finding.what_to_do.clone()).collect()
    };
    assert_eq!(texts(&again), texts(&report.findings), "said once");
}

fn of_reports(report: &FleetReport) -> Vec<Unchecked> {
    let of_reports = report.unchecked.iter().filter(|of| of.what.starts_with("audit report"));
    of_reports.cloned().collect()
}

fn other_arn() -> CaArn {
    active().arn.as_str().replace("11223344-1234", "99999999-1234").parse().unwrap()
}

const SUBORDINATE: &str = "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1";

/// Record `n`, of that account, with more members.
fn record_of(n: u8, account: &str, more: &Value) -> Value {
    let serial = format!("{n:02x}");
    let mut record: Value = serde_json::from_str::<Value>(&record()).unwrap()[0].take();
    record["awsAccountId"] = json!(account);
    record["certificateArn"] = json!(format!("{}/certificate/{serial}", active().arn));
    record["serial"] = json!(serial);
    for (name, value) in more.as_object().unwrap() {
        record[name.as_str()] = value.clone();
    }
    record
}

fn verdict(report: &FleetReport, rule: &str) -> (RuleStatus, Option<String>) {
    let of = report.verdicts.iter().find(|of| of.rule == rule).expect("a verdict of the rule");
    (of.result, of.reason.clone())
}

#[test]
fn audit_report_rules_have_verdicts_and_findings() {
    let world = World::new(vec![active()]);
    let subordinate = record_of(7, "111122223333", &json!({"templateArn": SUBORDINATE}));
    let revoked = json!({"revokedAt": "2026-02-10T00:00:00+0000",
                         "revocationReason": "CERTIFICATE_AUTHORITY_COMPROMISE"});
    let revoked = record_of(8, "111122223333", &revoked);
    let body = json!([subordinate, revoked]).to_string();
    world.put_report(&active(), REPORT, AT - Duration::DAY, &body);
    let report = world.assess();
    for rule in ["audit-report.unknown-subordinate", "audit-report.ca-compromise"] {
        assert_eq!(verdict(&report, rule).0, RuleStatus::Findings, "{rule}");
        assert!(rules(&report).contains(&(rule, true)), "{rule}");
    }
    assert_eq!(verdict(&report, "audit-report.certificate-quota").0, RuleStatus::Pass);
    let (result, reason) = verdict(&report, "audit-report.key-compromise");
    assert_eq!(result, RuleStatus::Unknown);
    assert!(reason.unwrap().contains("since when"), "the first run knows nothing before it");
}

#[test]
fn a_subordinate_in_another_assessed_region_is_known() {
    let here = World::new(vec![active()]);
    let there = World::new(vec![Ca {
        arn: active().arn.as_str().replace("us-east-1", "eu-west-1").parse().unwrap(),
        serial: Some("7".to_owned()),
        ..active()
    }]);
    let body = json!([record_of(7, "111122223333", &json!({"templateArn": SUBORDINATE}))]);
    here.put_report(&active(), REPORT, AT - Duration::DAY, &body.to_string());
    let assess = |regions: &[(String, Ports<'_>)]| {
        fakes::run(run(regions, &here.settings, &|_: &str, _: &str| ()))
    };
    let rule = "audit-report.unknown-subordinate";
    let result = |report: &FleetReport| {
        let of_ca = |of: &&RuleResult| of.rule == rule && of.resource == active().arn.as_str();
        report.verdicts.iter().find(of_ca).map(|of| of.result)
    };
    let both = [("us-east-1".to_owned(), here.ports()), ("eu-west-1".to_owned(), there.ports())];
    assert_eq!(result(&assess(&both)), Some(RuleStatus::Pass));
    there.authorities.calls.fail_next("list", denied("ListCertificateAuthorities"));
    assert_eq!(result(&assess(&both)), Some(RuleStatus::Unknown), "a Region is not known");
}

#[test]
fn requests_judge_no_subordinate_by_one_region_alone() {
    let here = World::new(vec![active()]);
    let arn = active().arn.as_str().replace("us-east-1", "eu-west-1").parse().unwrap();
    let there = World::new(vec![Ca { arn, serial: Some("7".to_owned()), ..active() }]);
    let body = json!([record_of(7, "111122223333", &json!({"templateArn": SUBORDINATE}))]);
    here.put_report(&active(), REPORT, AT - Duration::DAY, &body.to_string());
    let both = [("us-east-1".to_owned(), here.ports()), ("eu-west-1".to_owned(), there.ports())];
    let assess = |settings: &Settings| fakes::run(run(&both, settings, &|_: &str, _: &str| ()));
    assess(&here.settings);
    let bucket = Some("reports".to_owned());
    let second = assess(&Settings { request_reports: bucket, ..here.settings.clone() });
    let is_of = |rule: &str| rule == "audit-report.unknown-subordinate";
    assert!(!second.findings.iter().any(|of| is_of(&of.finding.rule)), "{:?}", second.findings);
    assert!(!second.resolved.iter().any(|of| is_of(&of.rule)), "{:?}", second.resolved);
}

#[test]
fn a_second_run_says_what_came_between_two_reports() {
    let world = World::new(vec![active()]);
    world.put_report(&active(), OTHER, AT - Duration::DAY, &record());
    let between = [("audit-report.new-account", true), ("audit-report.key-compromise", true)];
    let first = world.assess();
    assert!(between.iter().all(|of| !rules(&first).contains(of)), "{:?}", rules(&first));
    world.authorities.set_now(AT + Duration::DAY);
    let own: Value = serde_json::from_str::<Value>(&record()).unwrap()[0].take();
    let new = record_of(2, "444455556666", &json!({"issuedAt": "2026-03-01T10:00:00+0000"}));
    let lost =
        json!({"revokedAt": "2026-03-01T11:00:00+0000", "revocationReason": "KEY_COMPROMISE"});
    let body = json!([own, new, record_of(3, "111122223333", &lost)]).to_string();
    world.put_report(&active(), REPORT, AT, &body);
    let second = world.assess();
    assert!(between.iter().all(|of| rules(&second).contains(of)), "{:?}", rules(&second));
}

#[test]
fn a_region_that_fails_is_named_and_hides_no_other() {
    let fails = |cause: &str| {
        let mut report = FleetReport::new("test");
        report = unanswered("eu-west-1", &other(cause), report).report;
        Assessed { report, inventory: None }
    };
    let answers = || {
        let report = World::new(vec![deleted()]).assess();
        Assessed { report, inventory: None }
    };
    let fleet = merged("test", vec![fails("connection refused"), answers()]);
    assert_eq!(fleet.findings.len(), 1);
    let states: Vec<_> = fleet.regions.iter().map(|of| of.state).collect();
    assert_eq!(states, [RegionState::Failed, RegionState::Answered]);
    assert_eq!(fleet.unchecked.len(), 1);
    // With credentials that are good elsewhere, the Region is not enabled; with none that are, they are bad.
    let unknown = || fails("UnrecognizedClientException: the token is invalid");
    let fleet = merged("test", vec![unknown(), answers()]);
    assert_eq!((fleet.regions[0].state, fleet.unchecked.len()), (RegionState::NotEnabled, 0));
    let fleet = merged("test", vec![unknown(), unknown()]);
    assert_eq!((fleet.regions[0].state, fleet.unchecked.len()), (RegionState::Failed, 1));
}

fn other(cause: &str) -> PortError {
    PortError::Other {
        operation: "ListCertificateAuthorities",
        resource: "this account's CAs".to_owned(),
        cause: cause.into(),
    }
}

fn record() -> String {
    let ca = active().arn;
    json!([{
        "awsAccountId": "111122223333",
        "certificateArn": format!("{ca}/certificate/01"),
        "serial": "01", "subject": "CN=a",
        "notBefore": "2026-02-01T00:00:00+0000", "notAfter": "2026-12-01T00:00:00+0000",
        "issuedAt": "2026-02-01T00:00:00+0000",
        "templateArn": "arn:aws:acm-pca:::template/EndEntityCertificate/V1",
    }])
    .to_string()
}
