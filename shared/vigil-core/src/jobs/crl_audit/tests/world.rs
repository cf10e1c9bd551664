//! Two CAs in a world of fakes.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use serde_json::json;
use time::{OffsetDateTime, macros::datetime};

use super::super::*;
use crate::{
    bucket::{BucketFacts, Encryption, Fact, PublicAccessBlock},
    ca::{CaStatus, CrlConfiguration, S3ObjectAcl},
    crl::fixture::{Draft, Issuer},
    distribution::{Download, Headers, ObjectMetadata},
    fakes::{self, FakeAuthorities, FakeBus, FakeEvidenceStore, FakePace, denied},
    finding::Status,
    ports::{Address, ByteSink, Delivery, Distribution, ObjectFacts, PortError, Rest},
};

pub(super) const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

pub(super) const ACCOUNT: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority";

pub(super) fn arn(n: u8) -> String {
    format!("{ACCOUNT}/00000000-0000-0000-0000-{n:012}")
}

pub(super) fn key(n: u8) -> String {
    format!("crl/00000000-0000-0000-0000-{n:012}.crl")
}

#[derive(Default)]
pub(super) struct FakeObjects {
    pub(super) objects: Mutex<BTreeMap<String, Vec<u8>>>,
    pub(super) denied: Mutex<Vec<String>>,
    /// A defect of ours comes upon these.
    pub(super) panicking: Mutex<Vec<String>>,
    /// By key and version.
    pub(super) versions: Mutex<BTreeMap<(String, String), Vec<u8>>>,
    /// Where reports were read from.
    pub(super) read_from: Mutex<Vec<u64>>,
    /// Of objects without the metadata that ACM PCA's have.
    pub(super) metadata: Mutex<BTreeMap<String, ObjectMetadata>>,
}

fn facts(object: &[u8]) -> ObjectFacts {
    let sum = object.iter().fold(7_u64, |sum, octet| sum.wrapping_mul(31) + u64::from(*octet));
    ObjectFacts { etag: sum.to_string(), size: object.len() as u64 }
}

#[async_trait]
impl Objects for FakeObjects {
    async fn read(
        &self,
        Address { bucket, key, version }: Address<'_>,
        limit: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Delivery, PortError> {
        assert!(bucket == "crls" || bucket == "reports", "{bucket}");
        assert!(!self.panicking.lock().unwrap().iter().any(|one| one == key), "{key}");
        if self.denied.lock().unwrap().iter().any(|denied| denied == key) {
            return Err(denied("GetObject"));
        }
        let object = match version {
            None => self.objects.lock().unwrap().get(key).cloned(),
            Some(id) => {
                self.versions.lock().unwrap().get(&(key.to_owned(), id.to_owned())).cloned()
            }
        };
        let Some(object) = object else { return Ok(Delivery::Absent) };
        if object.len() as u64 > limit {
            return Ok(Delivery::TooLarge);
        }
        for piece in object.chunks(50) {
            if sink(piece).is_break() {
                break;
            }
        }
        let metadata = self.metadata.lock().unwrap().get(key).cloned();
        Ok(Delivery::Delivered(metadata.unwrap_or_else(|| ObjectMetadata {
            content_type: Some("application/pkix-crl".to_owned()),
            ..ObjectMetadata::default()
        })))
    }

    async fn stat(&self, object: Address<'_>) -> Result<Option<ObjectFacts>, PortError> {
        if self.denied.lock().unwrap().iter().any(|denied| denied == object.key) {
            return Err(denied("HeadObject"));
        }
        Ok(self.objects.lock().unwrap().get(object.key).map(|object| facts(object)))
    }

    async fn read_on(
        &self,
        object: Address<'_>,
        wanted: &ObjectFacts,
        from: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Rest, PortError> {
        let found = self.objects.lock().unwrap().get(object.key).cloned();
        let Some(found) = found.filter(|found| facts(found) == *wanted) else {
            return Ok(Rest::Changed);
        };
        self.read_from.lock().unwrap().push(from);
        for piece in found[usize::try_from(from).unwrap()..].chunks(50) {
            if sink(piece).is_break() {
                break;
            }
        }
        Ok(Rest::Delivered)
    }

    async fn versions_before(
        &self,
        _: &str,
        key: &str,
        max: usize,
    ) -> Result<Vec<String>, PortError> {
        let versions = self.versions.lock().unwrap();
        let of_key = versions.keys().filter(|(of, _)| of == key).map(|(_, id)| id.clone());
        Ok(of_key.take(max).collect())
    }

    async fn list(&self, _: &str, prefix: &str, max: usize) -> Result<Vec<String>, PortError> {
        let objects = self.objects.lock().unwrap();
        Ok(objects.keys().filter(|key| key.starts_with(prefix)).take(max).cloned().collect())
    }
}

pub(super) struct FakeBuckets(
    pub(super) Mutex<BucketFacts>,
    pub(super) Mutex<Fact<PublicAccessBlock>>,
);

#[async_trait]
impl Buckets for FakeBuckets {
    async fn account_block(&self, account: &str) -> Fact<PublicAccessBlock> {
        assert_eq!(account, "111122223333");
        self.1.lock().unwrap().clone()
    }

    async fn facts(&self, bucket: &str) -> BucketFacts {
        let facts = self.0.lock().unwrap().clone();
        assert_eq!(facts.name, bucket);
        facts
    }
}

pub(super) struct World {
    pub(super) issuers: Vec<Issuer>,
    pub(super) authorities: FakeAuthorities,
    pub(super) objects: FakeObjects,
    pub(super) buckets: FakeBuckets,
    pub(super) evidence: FakeEvidenceStore,
    pub(super) bus: FakeBus,
    pub(super) pace: FakePace,
    pub(super) distribution: Option<FakeDistribution>,
}

/// Serves this, whatever is asked for.
pub(super) struct FakeDistribution(pub(super) Vec<u8>);

#[async_trait]
impl Distribution for FakeDistribution {
    async fn fetch(&self, url: &str, _limit: u64, sink: &mut ByteSink<'_>) -> Download {
        assert!(url.starts_with("http://crls.s3.us-east-1.amazonaws.com/crl/"), "{url}");
        let _ = sink(&self.0);
        Download { redirects: Vec::new(), result: Ok(Headers::default()) }
    }
}

pub(super) const OPEN: Fact<PublicAccessBlock> = Fact::Known(PublicAccessBlock {
    block_public_acls: false,
    ignore_public_acls: false,
    block_public_policy: false,
    restrict_public_buckets: false,
});

pub(super) fn good_bucket() -> BucketFacts {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
         "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
         "Resource": ["arn:aws:s3:::crls/*", "arn:aws:s3:::crls"],
         "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333",
                                        "aws:SourceArn": [arn(1), arn(2)]}}},
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::crls/*",
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]});
    BucketFacts {
        name: "crls".to_owned(),
        region: Fact::Known(Some("us-east-1".to_owned())),
        policy: Fact::Known(Some(policy.to_string())),
        public_access_block: Fact::Known(PublicAccessBlock {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }),
        ownership: Fact::Known(None),
        encryption: Fact::Known(Encryption::SseS3),
        key: Fact::Known(None),
        versioning: Fact::Known(true),
        owned: Fact::Known(true),
        owner_id: Fact::Known(None),
        event_notifications: Fact::Known(true),
        lifecycle: Fact::Known(Vec::new()),
        access_logs: Fact::Known(Some("logs".to_owned())),
        object_lock: Fact::Known(false),
        acl: Fact::Known(Vec::new()),
    }
}

impl World {
    /// Two CAs with good CRLs in one good bucket.
    pub(super) fn clean() -> Self {
        let issuers = vec![Issuer::new("One"), Issuer::new("Two")];
        let world = Self {
            authorities: FakeAuthorities::new(AT, Vec::new()),
            objects: FakeObjects::default(),
            buckets: FakeBuckets(Mutex::new(good_bucket()), Mutex::new(OPEN)),
            evidence: FakeEvidenceStore::default(),
            bus: FakeBus::default(),
            pace: FakePace::with_turns(usize::MAX),
            distribution: None,
            issuers,
        };
        for (n, issuer) in (1..).zip(&world.issuers) {
            let crl = CrlConfiguration {
                enabled: true,
                s3_bucket_name: Some("crls".to_owned()),
                s3_object_acl: Some(S3ObjectAcl::BucketOwnerFullControl),
                ..Default::default()
            };
            world.authorities.cas.lock().unwrap().push(Ca {
                arn: arn(n).parse().unwrap(),
                status: CaStatus::Active,
                crl: Some(crl),
                ..fakes::deleted_ca(AT)
            });
            let certificates = &world.authorities.certificates;
            certificates.lock().unwrap().insert(arn(n), issuer.certificate_pem());
            world.put_crl(n, &Draft::good(issuer, AT));
        }
        world
    }

    pub(super) fn put_crl(&self, n: u8, draft: &Draft) {
        self.put(n, draft.sign(&self.issuers[usize::from(n) - 1]));
    }

    pub(super) fn put(&self, n: u8, bytes: Vec<u8>) {
        self.objects.objects.lock().unwrap().insert(key(n), bytes);
    }

    /// The first CA's newest report is [`report`].
    pub(super) fn note_report(&self, late: &str) {
        let id = "00000000-0000-0000-0000-000000000001";
        let newest = json!({"report": "r", "bucket": "reports", "key": "audit-report/r.json",
                            "created_at": "2026-03-01T12:00:00Z"});
        self.evidence.put(&format!("state/audit-report/{id}.json"), &newest.to_string());
        let mut objects = self.objects.objects.lock().unwrap();
        objects.insert("audit-report/r.json".to_owned(), report(late));
    }

    pub(super) fn run(&self, after: Duration, event: &Value) -> Result<Outcome, CrlAuditError> {
        self.authorities.set_now(AT + after);
        let ports = Ports {
            authorities: &self.authorities,
            issued: &self.authorities,
            objects: &self.objects,
            buckets: &self.buckets,
            evidence: &self.evidence,
            bus: &self.bus,
            pace: &self.pace,
            distribution: self.distribution.as_ref().map(|one| one as &dyn Distribution),
        };
        let settings = Settings {
            max_crl_bytes: 1_000_000,
            max_report_bytes: 1_000_000,
            claim_expires_after: Duration::MINUTE,
            administrators: Vec::new(),
        };
        fakes::run(run(event, &ports, &settings))
    }

    pub(super) fn audit(&self, after: Duration) -> Audit {
        match self.run(after, &json!({})).unwrap() {
            Outcome::Audited(audit) => *audit,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn published(&self) -> Vec<(String, Status)> {
        let published = self.bus.published.lock().unwrap();
        published.iter().map(|finding| (finding.rule.to_string(), finding.status)).collect()
    }
}

pub(super) fn new(rule: &str) -> (String, Status) {
    (rule.to_owned(), Status::New)
}

pub(super) fn resolved(rule: &str) -> (String, Status) {
    (rule.to_owned(), Status::Resolved)
}

/// A report of 11:00 in which serial 11 is revoked since 10:00, and serial 12 since `late`.
pub(super) fn report(late: &str) -> Vec<u8> {
    let record = |serial: &str, revoked_at: &str| {
        json!({"awsAccountId": "111122223333", "certificateArn": "a", "serial": serial,
               "subject": "CN=x", "notBefore": "2026-02-01T00:00:00+0000",
               "notAfter": "2027-02-01T00:00:00+0000", "issuedAt": "2026-02-01T01:00:00+0000",
               "revokedAt": revoked_at, "revocationReason": "SUPERSEDED"})
    };
    let records = [
        record("11", "2026-03-01T10:00:00+0000"),
        record("00:ee:22", "2026-02-28T12:00:00+0000"),
        record("12", late),
    ];
    serde_json::to_vec(&records).unwrap()
}
