//! CAs and audit reports in a world of fakes.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use serde_json::Value;
use time::macros::datetime;

use super::super::*;
use crate::{
    arn::CaArn,
    bucket::{BucketFacts, Fact, PublicAccessBlock},
    ca::CaStatus,
    fakes::{self, FakeAuthorities, FakeEvidenceStore, FakePace, denied},
    ports::{
        Address, ByteSink, CreatedReport, Delivery, ObjectFacts, ReportRecord, ReportStatus, Rest,
    },
};

pub(super) const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

pub(super) const REPORT: &str = "9f1f4c61-6d6b-4bb0-8f2b-0c6d8a6c7b12";

pub(super) const OTHER: &str = "11111111-6d6b-4bb0-8f2b-0c6d8a6c7b12";

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

pub(super) struct World {
    pub(super) authorities: FakeAuthorities,
    files: Files,
    evidence: FakeEvidenceStore,
    pace: FakePace,
    pub(super) settings: Settings,
}

impl World {
    pub(super) fn new(cas: Vec<Ca>) -> Self {
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

    pub(super) fn ports(&self) -> Ports<'_> {
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

    pub(super) fn assess(&self) -> FleetReport {
        let regions = [("us-east-1".to_owned(), self.ports())];
        fakes::run(run(&regions, &self.settings, &|_: &str, _: &str| ()))
    }

    pub(super) fn put_report(&self, ca: &Ca, report: &str, at: OffsetDateTime, body: &str) {
        let key = format!("audit-report/{}/{report}.json", ca.arn.id());
        let place = ("reports".to_owned(), key);
        self.files.0.lock().unwrap().insert(place, (at, body.as_bytes().to_vec()));
    }
}

pub(super) fn deleted() -> Ca {
    fakes::deleted_ca(AT - Duration::days(2))
}

pub(super) fn active() -> Ca {
    Ca { status: CaStatus::Active, restorable_until: None, ..deleted() }
}

pub(super) fn rules(report: &FleetReport) -> Vec<(&str, bool)> {
    report.findings.iter().map(|of| (&*of.finding.rule, of.is_new)).collect()
}

pub(super) fn record() -> String {
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

/// Record `n`, of that account, with more members.
pub(super) fn record_of(n: u8, account: &str, more: &Value) -> Value {
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
