//! A fleet, ACM PCA's reports of it, and the bucket that they lie in.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use serde_json::json;
use time::{OffsetDateTime, macros::datetime};

use super::super::*;
use crate::{
    arn::CaArn,
    bucket::{BucketFacts, Fact, PublicAccessBlock},
    ca::{Ca, CaStatus},
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore, FakeSignatures},
    finding::{Finding, Status},
    ports::{
        Address, ByteSink, CreatedReport, Delivery, ObjectFacts, PortError, ReportRecord,
        ReportStatus, Rest, TimeIsUp,
    },
};

pub(super) const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
pub(super) const ACCOUNT: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority";
/// The first that is requested.
pub(super) const REPORT: &str = "00000001-0000-4000-8000-000000000000";

pub(super) fn arn(n: u16) -> String {
    format!("{ACCOUNT}/00000000-0000-0000-0000-{n:012}")
}

/// A report that was requested.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) ca: String,
    pub(super) id: String,
    pub(super) at: OffsetDateTime,
    pub(super) status: ReportStatus,
}

/// Answers each request with the next of its answers, then with a report.
#[derive(Default)]
pub(super) struct FakeReports {
    pub(super) answers: Mutex<Vec<Result<CreatedReport, PortError>>>,
    pub(super) asked: Mutex<Vec<String>>,
    pub(super) status: Mutex<Option<ReportStatus>>,
    /// Whether every request is refused for the bucket's sake.
    pub(super) refuses: Mutex<bool>,
    pub(super) made: Mutex<Vec<Made>>,
    pub(super) now: Mutex<Option<OffsetDateTime>>,
}

pub(super) fn key(ca: &str, report: &str) -> String {
    format!("audit-report/{}/{report}.json", ca.rsplit('/').next().unwrap())
}

#[async_trait]
impl AuditReports for FakeReports {
    async fn create(&self, ca: &CaArn, bucket: &str) -> Result<CreatedReport, PortError> {
        assert_eq!(bucket, "reports");
        self.asked.lock().unwrap().push(ca.to_string());
        let mut answers = self.answers.lock().unwrap();
        if !answers.is_empty() {
            return answers.remove(0);
        }
        if *self.refuses.lock().unwrap() {
            return Err(permission_error());
        }
        let mut made = self.made.lock().unwrap();
        let at = self.now.lock().unwrap().unwrap_or(AT);
        let last = made.iter().rev().find(|one| one.ca == ca.as_str());
        if last.is_some_and(|last| at - last.at < Duration::minutes(30)) {
            return Ok(CreatedReport::TooSoon { reason: "30 minutes".to_owned() });
        }
        let id = format!("{:08x}-0000-4000-8000-000000000000", made.len() + 1);
        let status = self.status.lock().unwrap().clone().unwrap_or(ReportStatus::Success);
        made.push(Made { ca: ca.to_string(), id: id.clone(), at, status });
        Ok(CreatedReport::Created { key: key(ca.as_str(), &id), report: id })
    }

    async fn describe(&self, ca: &CaArn, report: &str) -> Result<ReportRecord, PortError> {
        let made = self.made.lock().unwrap();
        let found = made.iter().find(|one| one.id == report).cloned();
        let status = self.status.lock().unwrap().clone();
        let made_at = found.as_ref().map_or(AT, |one| one.at);
        let status = status.or(found.map(|one| one.status)).unwrap_or(ReportStatus::Success);
        Ok(ReportRecord {
            status,
            bucket: "reports".to_owned(),
            key: key(ca.as_str(), report),
            created_at: Some(made_at),
        })
    }
}

/// As the service words it where the bucket's policy, encryption or the like keep it from writing.
pub(super) fn permission_error() -> PortError {
    PortError::Other {
        operation: "CreateCertificateAuthorityAuditReport",
        resource: "a CA".to_owned(),
        cause: "ValidationException: Permission error with your S3 bucket 'reports'.".into(),
    }
}

/// Objects by key. Those of reports are there as soon as they are requested, and empty, unless another
/// one was put there.
#[derive(Default)]
pub(super) struct FakeObjects {
    pub(super) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    pub(super) has_all: Mutex<bool>,
    /// The keys that have the tag.
    pub(super) superseded: Mutex<Vec<String>>,
    pub(super) denies_tags: Mutex<bool>,
}

#[async_trait]
impl ReportTags for FakeObjects {
    async fn supersede(&self, report: Address<'_>) -> Result<(), PortError> {
        assert_eq!(report.bucket, "reports");
        if *self.denies_tags.lock().unwrap() {
            return Err(fakes::denied("tag"));
        }
        self.superseded.lock().unwrap().push(report.key.to_owned());
        Ok(())
    }
}

impl FakeObjects {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        let known = self.objects.lock().unwrap().get(key).cloned();
        known.or_else(|| self.has_all.lock().unwrap().then(|| b"[]".to_vec()))
    }
}

fn etag(body: &[u8]) -> String {
    let sum =
        body.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    format!("\"{sum:x}\"")
}

#[async_trait]
impl Objects for FakeObjects {
    async fn read(
        &self,
        _: Address<'_>,
        _: u64,
        _: &mut ByteSink<'_>,
    ) -> Result<Delivery, PortError> {
        unreachable!("audit-report reads on from where it was")
    }

    async fn stat(&self, object: Address<'_>) -> Result<Option<ObjectFacts>, PortError> {
        assert_eq!((object.bucket, object.version), ("reports", None));
        let body = self.get(object.key);
        Ok(body.map(|body| ObjectFacts { etag: etag(&body), size: body.len() as u64 }))
    }

    async fn read_on(
        &self,
        object: Address<'_>,
        facts: &ObjectFacts,
        from: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Rest, PortError> {
        let body = self.get(object.key).unwrap_or_default();
        if etag(&body) != facts.etag {
            return Ok(Rest::Changed);
        }
        for piece in body[usize::try_from(from).unwrap()..].chunks(7) {
            if sink(piece).is_break() {
                break;
            }
        }
        Ok(Rest::Delivered)
    }

    async fn versions_before(&self, _: &str, _: &str, _: usize) -> Result<Vec<String>, PortError> {
        Ok(Vec::new())
    }

    async fn list(&self, _: &str, prefix: &str, max: usize) -> Result<Vec<String>, PortError> {
        let objects = self.objects.lock().unwrap();
        let found = objects.keys().filter(|key| key.starts_with(prefix)).cloned();
        Ok(found.take(max).collect())
    }
}

/// The report bucket's settings.
pub(super) struct FakeBuckets(pub(super) Mutex<BucketFacts>);

#[async_trait]
impl Buckets for FakeBuckets {
    async fn account_block(&self, _: &str) -> Fact<PublicAccessBlock> {
        unreachable!("the account's settings are not asked for")
    }

    async fn facts(&self, bucket: &str) -> BucketFacts {
        assert_eq!(bucket, "reports");
        self.0.lock().unwrap().clone()
    }
}

/// A bucket without a policy.
pub(super) fn facts() -> BucketFacts {
    fakes::bucket_facts("reports")
}

/// Waits in no time at all, as long as there is any left.
pub(super) struct FakePace {
    pub(super) left: Mutex<Duration>,
    pub(super) pauses: Mutex<Vec<Duration>>,
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

pub(super) struct World {
    pub(super) authorities: FakeAuthorities,
    pub(super) reports: FakeReports,
    pub(super) objects: FakeObjects,
    pub(super) buckets: FakeBuckets,
    pub(super) evidence: FakeEvidenceStore,
    pub(super) bus: FakeBus,
    pub(super) pace: FakePace,
    pub(super) page: Option<MakePage>,
    pub(super) deployment: Deployment,
    pub(super) signatures: FakeSignatures,
    pub(super) signers: Signers,
}

impl World {
    pub(super) fn new(statuses: &[CaStatus]) -> Self {
        let cas = (1..).zip(statuses).map(|(n, status)| Ca {
            arn: arn(n).parse().unwrap(),
            status: status.clone(),
            ocsp_enabled: true,
            ..fakes::deleted_ca(AT)
        });
        Self {
            authorities: FakeAuthorities::new(AT, cas.collect()),
            reports: FakeReports::default(),
            objects: FakeObjects::default(),
            buckets: FakeBuckets(Mutex::new(facts())),
            evidence: FakeEvidenceStore::default(),
            bus: FakeBus::default(),
            pace: FakePace { left: Mutex::new(Duration::MINUTE), pauses: Mutex::default() },
            page: None,
            deployment: Deployment {
                evidence_bucket: "evidence".to_owned(),
                report_bucket: Some("reports".to_owned()),
                approver_key: Some("alias/approvers".to_owned()),
            },
            signatures: FakeSignatures::default(),
            signers: fakes::signers(),
        }
    }

    pub(super) fn settings() -> Settings {
        Settings {
            report_bucket: "reports".to_owned(),
            max_report_bytes: 100_000,
            stale: "36h,72h".parse().unwrap(),
            judges: true,
            claim_expires_after: Duration::MINUTE,
        }
    }

    pub(super) fn ports(&self) -> Ports<'_> {
        Ports {
            authorities: &self.authorities,
            audit_reports: &self.reports,
            objects: &self.objects,
            buckets: &self.buckets,
            evidence: &self.evidence,
            bus: &self.bus,
            pace: &self.pace,
            report_tags: Some(&self.objects),
            acknowledging: Some(Acknowledging {
                signatures: &self.signatures,
                approvers: &self.signers,
            }),
            publishing: self.page.map(|page| {
                let (pages, deployment) = (&self.evidence, &self.deployment);
                Publishing { pages, page, deployment }
            }),
        }
    }

    pub(super) fn run(&self, event: &Value) -> Result<Outcome, AuditReportError> {
        fakes::run(run(event, &self.ports(), &Self::settings()))
    }

    /// The hourly run at this time.
    pub(super) fn sweep(&self, now: OffsetDateTime) -> Result<Outcome, AuditReportError> {
        self.set_now(now);
        self.run(&json!({}))
    }

    pub(super) fn set_now(&self, now: OffsetDateTime) {
        self.authorities.set_now(now);
        *self.reports.now.lock().unwrap() = Some(now);
        *self.pace.left.lock().unwrap() = Duration::minutes(15);
    }

    pub(super) fn requests(&self) -> Vec<RequestResult> {
        match self.run(&json!({})).unwrap() {
            Outcome::Requested(mut requests) => {
                requests.requests.sort_by(|a, b| a.ca.cmp(&b.ca));
                requests.requests.into_iter().map(|requested| requested.result).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn put_report(&self, report: &Value) {
        let body = report.to_string().into_bytes();
        self.objects.objects.lock().unwrap().insert(key(&arn(1), REPORT), body);
    }

    /// Without what is so of every CA of this world: its certificate ends 300 days after [`AT`].
    pub(super) fn published(&self) -> Vec<(String, Status)> {
        let of_end = ["audit-report.ca-end", "audit-report.issuance-limit"];
        let published = self.bus.published.lock().unwrap();
        let others = published.iter().filter(|finding| !of_end.contains(&&*finding.rule));
        others.map(|finding| (finding.rule.to_string(), finding.status)).collect()
    }

    pub(super) fn findings(&self, rule: &str) -> Vec<Finding> {
        let published = self.bus.published.lock().unwrap();
        published.iter().filter(|finding| finding.rule == rule).cloned().collect()
    }

    /// The events that start further invocations, taken from the bus.
    pub(super) fn continuations(&self) -> Vec<Value> {
        let all = std::mem::take(&mut *self.bus.continued_from.lock().unwrap());
        let event = |rest: Continuation| {
            assert_eq!(rest.job, "audit-report");
            json!({"source": "vigil", "detail-type": "Vigil Continuation", "detail": rest})
        };
        all.into_iter().map(event).collect()
    }
}

pub(super) fn event_of(ca: &str, report: &str, result: &str) -> Value {
    json!({"version": "0", "id": "e-1", "detail-type": "ACM Private CA Audit Report Generation",
           "source": "aws.acm-pca", "account": "111122223333", "time": "2026-03-01T12:00:00Z",
           "region": "us-east-1", "resources": [ca, report], "detail": {"result": result}})
}

pub(super) fn event(result: &str) -> Value {
    event_of(&arn(1), REPORT, result)
}

pub(super) fn certificate(not_after: &str, reason: Option<&str>) -> Value {
    // One serial number for each pair.
    let text = format!("{not_after} {reason:?}");
    let serial =
        text.bytes().fold(17_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let mut certificate = json!({
        "awsAccountId": "111122223333",
        "certificateArn": format!("{}/certificate/{serial:04x}", arn(1)),
        "serial": format!("{:02x}:{:02x}", serial / 256, serial % 256), "subject": "CN=a", "notBefore": "2026-01-01T00:00:00+0000",
        "notAfter": not_after, "issuedAt": "2026-01-01T01:00:00+0000",
    });
    if let Some(reason) = reason {
        certificate["revokedAt"] = json!("2026-02-01T00:00:00+0000");
        certificate["revocationReason"] = json!(reason);
    }
    certificate
}

pub(super) fn throttled() -> PortError {
    PortError::Throttled { operation: "create", resource: "x".to_owned(), cause: "slow".into() }
}
