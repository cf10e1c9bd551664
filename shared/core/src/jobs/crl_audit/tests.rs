use std::{collections::BTreeMap, ops::ControlFlow, sync::Mutex};

use serde_json::json;
use time::{OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    bucket::{BucketFacts, Encryption, Fact, PublicAccessBlock},
    ca::{CaStatus, CrlConfiguration, S3ObjectAcl},
    crl::fixture::{Draft, Issuer, distribution_point, utc},
    distribution::{Download, Headers},
    failure::Failure,
    fakes::{self, FakeAuthorities, FakeBus, FakeLedger, FakePace, denied},
    finding::Status,
    ports::{Address, Delivery, Distribution, PortError},
    rules,
};

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
const ACCOUNT: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority";

fn arn(n: u8) -> String {
    format!("{ACCOUNT}/00000000-0000-0000-0000-{n:012}")
}

fn key(n: u8) -> String {
    format!("crl/00000000-0000-0000-0000-{n:012}.crl")
}

#[derive(Default)]
struct FakeObjects {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    denied: Mutex<Vec<String>>,
    /// By key and version.
    versions: Mutex<BTreeMap<(String, String), Vec<u8>>>,
}

impl Objects for FakeObjects {
    async fn read(
        &self,
        Address { bucket, key, version }: Address<'_>,
        limit: u64,
        sink: &mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send),
    ) -> Result<Delivery, PortError> {
        assert!(bucket == "crls" || bucket == "reports", "{bucket}");
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
        Ok(Delivery::Delivered)
    }

    async fn versions_before(
        &self,
        _: &str,
        key: &str,
        most: usize,
    ) -> Result<Vec<String>, PortError> {
        let versions = self.versions.lock().unwrap();
        let of_key = versions.keys().filter(|(of, _)| of == key).map(|(_, id)| id.clone());
        Ok(of_key.take(most).collect())
    }

    async fn list(&self, _: &str, prefix: &str, most: usize) -> Result<Vec<String>, PortError> {
        let objects = self.objects.lock().unwrap();
        Ok(objects.keys().filter(|key| key.starts_with(prefix)).take(most).cloned().collect())
    }
}

struct FakeBuckets(Mutex<BucketFacts>, Mutex<Fact<PublicAccessBlock>>);

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

struct World {
    issuers: Vec<Issuer>,
    authorities: FakeAuthorities,
    objects: FakeObjects,
    buckets: FakeBuckets,
    ledger: FakeLedger,
    bus: FakeBus,
    pace: FakePace,
    distribution: Option<FakeDistribution>,
}

/// Serves this, whatever is asked for.
struct FakeDistribution(Vec<u8>);

impl Distribution for FakeDistribution {
    async fn fetch(
        &self,
        url: &str,
        _limit: u64,
        sink: &mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send),
    ) -> Download {
        assert!(url.starts_with("http://crls.s3.us-east-1.amazonaws.com/crl/"), "{url}");
        let _ = sink(&self.0);
        Download { redirects: Vec::new(), result: Ok(Headers::default()) }
    }
}

const OPEN: Fact<PublicAccessBlock> = Fact::Known(PublicAccessBlock {
    block_public_acls: false,
    ignore_public_acls: false,
    block_public_policy: false,
    restrict_public_buckets: false,
});

fn good_bucket() -> BucketFacts {
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
        event_notifications: Fact::Known(true),
        lifecycle: Fact::Known(Vec::new()),
        access_logs: Fact::Known(Some("logs".to_owned())),
        object_lock: Fact::Known(false),
    }
}

impl World {
    /// Two CAs with good CRLs in one good bucket.
    fn clean() -> Self {
        let issuers = vec![Issuer::new("One"), Issuer::new("Two")];
        let world = Self {
            authorities: FakeAuthorities::new(AT, Vec::new()),
            objects: FakeObjects::default(),
            buckets: FakeBuckets(Mutex::new(good_bucket()), Mutex::new(OPEN)),
            ledger: FakeLedger::default(),
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

    fn put_crl(&self, n: u8, draft: &Draft) {
        self.put(n, draft.sign(&self.issuers[usize::from(n) - 1]));
    }

    fn put(&self, n: u8, bytes: Vec<u8>) {
        self.objects.objects.lock().unwrap().insert(key(n), bytes);
    }

    /// The first CA's newest report is [`report`].
    fn note_report(&self, late: &str) {
        let id = "00000000-0000-0000-0000-000000000001";
        let newest = json!({"report": "r", "bucket": "reports", "key": "audit-report/r.json",
                            "created_at": "2026-03-01T12:00:00Z"});
        self.ledger.put(&format!("state/audit-report/{id}.json"), &newest.to_string());
        let mut objects = self.objects.objects.lock().unwrap();
        objects.insert("audit-report/r.json".to_owned(), report(late));
    }

    fn run(&self, after: Duration, event: &Value) -> Result<Outcome, CrlAuditError> {
        self.authorities.set_now(AT + after);
        let ports = Ports {
            authorities: &self.authorities,
            objects: &self.objects,
            buckets: &self.buckets,
            ledger: &self.ledger,
            bus: &self.bus,
            pace: &self.pace,
            distribution: self.distribution.as_ref(),
        };
        let settings = Settings {
            largest_crl: 1_000_000,
            largest_report: 1_000_000,
            claim_expires_after: Duration::MINUTE,
        };
        fakes::run(run(event, &ports, &settings))
    }

    fn audit(&self, after: Duration) -> Audit {
        match self.run(after, &json!({})).unwrap() {
            Outcome::Audited(audit) => *audit,
            other => panic!("{other:?}"),
        }
    }

    fn told(&self) -> Vec<(String, Status)> {
        let published = self.bus.published.lock().unwrap();
        published.iter().map(|finding| (finding.rule.to_string(), finding.status)).collect()
    }
}

fn generation(n: u8, at: &str, detail: &Value) -> Value {
    json!({"version": "0", "id": "e-1", "detail-type": "ACM Private CA CRL Generation",
           "source": "aws.acm-pca", "account": "111122223333", "time": at, "region": "us-east-1",
           "resources": [arn(n)], "detail": detail})
}

fn new(rule: &str) -> (String, Status) {
    (rule.to_owned(), Status::New)
}

fn resolved(rule: &str) -> (String, Status) {
    (rule.to_owned(), Status::Resolved)
}

#[test]
fn a_clean_world_is_reported_rule_by_rule_with_nothing_told() {
    let world = World::clean();
    let audit = world.audit(Duration::HOUR);
    assert_eq!((audit.seen, audit.audited), (2, 2));
    assert_eq!(world.told(), []);
    assert_eq!(audit.findings, Told::default());
    let of_a_ca = rules::crl::RULES.len() + rules::configuration::RULES.len();
    let rules = 2 * of_a_ca + rules::bucket::RULES.len();
    assert_eq!(audit.passed + audit.not_applicable + audit.unknown, rules);
    assert_eq!(audit.report, "reports/crl-audit/20260301T130000Z.json");
    let report = world.ledger.json(&audit.report);
    assert_eq!(report["judgements"].as_array().unwrap().len(), rules);
    assert_eq!(report["audited"][0]["key"], key(1));
}

#[test]
fn a_broken_policy_is_found_for_every_ca_and_mended_for_every_ca() {
    let world = World::clean();
    world.audit(Duration::ZERO);
    let mended = world.buckets.0.lock().unwrap().policy.clone();
    world.buckets.0.lock().unwrap().policy = Fact::Known(None);
    world.audit(Duration::HOUR);
    let access = new("bucket.service-access");
    assert_eq!(world.told(), [access.clone(), access, new("bucket.tls-only")]);
    assert_eq!(world.bus.last().resource, "arn:aws:s3:::crls");
    world.audit(Duration::hours(2));
    assert_eq!(world.told().len(), 3, "ongoing is silent");
    world.buckets.0.lock().unwrap().policy = mended;
    let audit = world.audit(Duration::hours(3));
    assert_eq!(audit.findings.resolved.len(), 3);
    assert_eq!(world.told().len(), 6);
}

#[test]
fn one_failing_ca_or_bucket_hides_no_other_and_the_run_says_what_it_could_not_check() {
    let world = World::clean();
    world.objects.denied.lock().unwrap().push(key(1));
    world.authorities.calls.fail_next("certificate", denied("GetCertificateAuthorityCertificate"));
    world.buckets.0.lock().unwrap().versioning = Fact::Unknown("refused".to_owned());
    world.put(2, b"-----BEGIN X509 CRL-----".to_vec());
    let error = world.run(Duration::HOUR, &json!({})).unwrap_err();
    assert_eq!(error.error_type(), "AuditIncomplete");
    let text = error.to_string();
    assert!(text.starts_with("3 check(s) could not be made"), "{text}");
    for words in [
        format!("{}: could not fetch the CRL: GetObject was refused", arn(1)),
        format!("{}: could not fetch the CA's certificate", arn(1)),
        "arn:aws:s3:::crls: could not learn the bucket's versioning: refused".to_owned(),
    ] {
        assert!(text.contains(&words), "{text}");
    }
    assert_eq!(world.told(), [new("crl.parses")]);
    let CrlAuditError::Incomplete { audit, .. } = error else { panic!() };
    let report = world.ledger.json(&audit.report);
    assert_eq!(report["unchecked"].as_array().unwrap().len(), 3);
}

/// What is blocked for the whole account is asked for once; a stranger's bucket is under another's.
#[test]
fn the_accounts_block_counts_for_its_own_buckets_and_is_missed_where_it_cannot_be_had() {
    let blocking = PublicAccessBlock { block_public_acls: true, ..Default::default() };
    let denied = "GetPublicAccessBlock was refused";
    for (name, owned, account, told, unchecked) in [
        ("blocked", true, Fact::Known(blocking), 2, 0),
        ("a stranger's", false, Fact::Known(blocking), 0, 0),
        ("denied", true, Fact::Unknown(denied.to_owned()), 0, 1),
    ] {
        let world = World::clean();
        for ca in world.authorities.cas.lock().unwrap().iter_mut() {
            ca.crl.as_mut().unwrap().s3_object_acl = Some(S3ObjectAcl::PublicRead);
        }
        {
            let mut facts = world.buckets.0.lock().unwrap();
            (facts.public_access_block, facts.owned) = (OPEN, Fact::Known(owned));
        }
        *world.buckets.1.lock().unwrap() = account;
        let run = world.run(Duration::HOUR, &json!({}));
        let acl = new("bucket.object-acl");
        assert_eq!(world.told().iter().filter(|told| **told == acl).count(), told, "{name}");
        let failures = match run {
            Ok(_) => Vec::new(),
            Err(CrlAuditError::Incomplete { failures, .. }) => failures,
            Err(other) => panic!("{name}: {other}"),
        };
        assert_eq!(failures.len(), unchecked, "{name}");
        for failure in failures {
            let text = failure.to_string();
            assert!(text.starts_with("account 111122223333: ") && text.contains(denied), "{text}");
        }
    }
}

#[test]
fn a_crl_that_was_never_there_is_no_finding_and_one_that_is_gone_is() {
    let world = World::clean();
    let hidden = world.objects.objects.lock().unwrap().remove(&key(2)).unwrap();
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), []);
    world.put(2, hidden);
    world.audit(Duration::HOUR);
    world.objects.objects.lock().unwrap().remove(&key(2));
    world.audit(Duration::hours(2));
    assert_eq!(world.told(), [new("crl.object-present")]);
}

/// The CRL that had no version is gone; that it is gone is another finding.
#[test]
fn a_finding_is_over_when_what_it_was_about_is_gone() {
    let world = World::clean();
    world.put_crl(1, &Draft { version: None, ..Draft::good(&world.issuers[0], AT) });
    world.audit(Duration::ZERO);
    world.objects.objects.lock().unwrap().remove(&key(1));
    world.audit(Duration::HOUR);
    let want = [new("crl.version"), new("crl.object-present"), resolved("crl.version")];
    assert_eq!(world.told(), want);
    let because = world.bus.last().evidence["resolved_because"].clone();
    assert_eq!(because, "there is no CRL object to judge");
}

#[test]
fn a_finding_stays_open_while_what_it_is_about_cannot_be_looked_at() {
    let world = World::clean();
    world.put_crl(1, &Draft { version: None, ..Draft::good(&world.issuers[0], AT) });
    world.audit(Duration::ZERO);
    world.objects.denied.lock().unwrap().push(key(1));
    world.run(Duration::HOUR, &json!({})).unwrap_err();
    assert_eq!(world.told(), [new("crl.version")]);
}

/// As S3 tells EventBridge.
fn object_event(detail_type: &str, n: u8, at: &str, requester: &str) -> Value {
    json!({"version": "0", "id": "e-2", "detail-type": detail_type, "source": "aws.s3",
           "account": "111122223333", "time": at, "region": "us-east-1",
           "resources": ["arn:aws:s3:::crls"],
           "detail": {"version": "0", "bucket": {"name": "crls"},
                      "object": {"key": key(n), "size": 5, "etag": "e", "sequencer": "1"},
                      "request-id": "r", "requester": requester, "reason": "PutObject"}})
}

fn bucket_call(name: &str, bucket: &str) -> Value {
    json!({"version": "0", "id": "e-3", "detail-type": "AWS API Call via CloudTrail",
           "source": "aws.s3", "account": "111122223333", "time": "2026-03-01T12:00:00Z",
           "region": "us-east-1", "resources": [],
           "detail": {"eventSource": "s3.amazonaws.com", "eventName": name,
                      "requestParameters": {"bucketName": bucket, "policy": ""}}})
}

#[test]
fn an_object_that_somebody_else_wrote_is_found_by_its_event_and_over_when_the_service_writes() {
    let world = World::clean();
    world.put(1, b"garbage".to_vec());
    let forged = object_event("Object Created", 1, "2026-03-01T13:00:00Z", "999999999999");
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &forged).unwrap() else { panic!() };
    assert_eq!(
        (audit.audited, audit.report.as_str()),
        (1, "reports/crl-audit/20260301T130000Z-crls.json")
    );
    assert_eq!(world.told(), [new("crl.writer"), new("crl.parses")]);
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.audit(Duration::HOUR);
    let back = [new("crl.writer"), resolved("crl.writer"), resolved("crl.parses")];
    assert_eq!(world.told()[2..].len(), 3, "{:?}", world.told());
    for told in back {
        assert!(world.told()[2..].contains(&told), "put back, and not by the service: {told:?}");
    }
    let own = object_event("Object Created", 1, "2026-03-01T13:30:00Z", "acm-pca.amazonaws.com");
    world.run(Duration::hours(2), &own).unwrap();
    assert_eq!(world.told()[5..], [resolved("crl.writer")]);
    world.run(Duration::hours(2), &forged).unwrap();
    assert_eq!(world.told().len(), 6, "an event that comes twice or late changes nothing");
}

#[test]
fn an_object_that_is_deleted_is_missed_at_once_though_no_audit_has_seen_it() {
    let world = World::clean();
    world.objects.objects.lock().unwrap().remove(&key(2));
    let gone = object_event("Object Deleted", 2, "2026-03-01T13:00:00Z", "111122223333");
    world.run(Duration::HOUR, &gone).unwrap();
    assert_eq!(world.told(), [new("crl.object-present")]);
}

#[test]
fn a_changed_bucket_is_audited_at_once_and_a_bucket_of_nobodys_is_not() {
    let world = World::clean();
    world.buckets.0.lock().unwrap().policy = Fact::Known(None);
    let call = bucket_call("DeleteBucketPolicy", "crls");
    let Outcome::Audited(audit) = world.run(Duration::ZERO, &call).unwrap() else { panic!() };
    assert_eq!(audit.audited, 0, "the CRLs are as they were");
    let access = new("bucket.service-access");
    assert_eq!(world.told(), [access.clone(), access, new("bucket.tls-only")]);
    let other = bucket_call("DeleteBucketPolicy", "photos");
    let Outcome::NotAudited(not) = world.run(Duration::ZERO, &other).unwrap() else { panic!() };
    assert_eq!(
        (not.about.as_str(), not.reason.as_str()),
        ("photos", "no CA writes its CRL to the bucket")
    );
}

#[test]
fn an_updated_ca_is_audited_at_once() {
    let world = World::clean();
    world.authorities.cas.lock().unwrap()[0].crl = None;
    let mut call = bucket_call("UpdateCertificateAuthority", "");
    call["source"] = json!("aws.acm-pca");
    call["detail"]["requestParameters"] = json!({"certificateAuthorityArn": arn(1)});
    world.run(Duration::ZERO, &call).unwrap();
    assert_eq!(world.told(), [new("ca.revocation")]);
    call["detail"]["requestParameters"] = json!({"certificateAuthorityArn": arn(9)});
    assert!(matches!(world.run(Duration::ZERO, &call).unwrap(), Outcome::NotAudited(_)));
    call["detail"]["requestParameters"] = json!({});
    assert_eq!(world.run(Duration::ZERO, &call).unwrap_err().error_type(), "MalformedEvent");
}

#[test]
fn an_older_crl_in_the_place_of_a_newer_one_is_found() {
    let world = World::clean();
    world.put_crl(1, &Draft::good(&world.issuers[0], AT + Duration::DAY));
    world.audit(Duration::DAY);
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.audit(Duration::DAY + Duration::HOUR);
    assert_eq!(world.told(), [new("crl.crl-number")]);
}

/// Whoever can overwrite the CRL must not be able to make every genuine one look rolled back.
#[test]
fn a_forged_crl_teaches_us_no_number() {
    let world = World::clean();
    let mallory = Issuer::new("One");
    world.put(1, Draft::good(&mallory, AT + Duration::days(300)).sign(&mallory));
    world.audit(Duration::HOUR);
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.bus.published.lock().unwrap().clear();
    world.audit(Duration::hours(2));
    assert!(
        world.told().iter().all(|(_, status)| *status == Status::Resolved),
        "{:?}",
        world.told()
    );
}

#[test]
fn a_failure_event_is_a_finding_until_a_newer_crl_comes_and_concerns_one_ca() {
    let world = World::clean();
    let reason = "Failed to write CRL to S3. Check your S3 bucket permissions.";
    let failure =
        generation(1, "2026-03-01T13:00:00Z", &json!({"result": "failure", "reason": reason}));
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &failure).unwrap() else { panic!() };
    assert_eq!(
        audit.report,
        "reports/crl-audit/20260301T130000Z-00000000-0000-0000-0000-000000000001.json"
    );
    assert_eq!(world.told(), [new("crl.generation")]);
    assert!(world.bus.last().title.contains(reason));
    world.run(Duration::HOUR, &failure).unwrap();
    world.audit(Duration::hours(2));
    assert_eq!(world.told().len(), 1, "duplicates and schedules change nothing");

    world.put_crl(1, &Draft::good(&world.issuers[0], AT + Duration::hours(2)));
    let success = generation(1, "2026-03-01T14:00:00Z", &json!({"result": "success"}));
    world.run(Duration::hours(2), &success).unwrap();
    assert_eq!(world.told(), [new("crl.generation"), resolved("crl.generation")]);
    // Events come in any order.
    world.run(Duration::hours(3), &failure).unwrap();
    assert_eq!(world.told().len(), 2);
}

#[test]
fn an_event_about_a_ca_without_a_crl_or_that_is_gone_changes_nothing_and_says_so() {
    let world = World::clean();
    let success = |n| generation(n, "2026-03-01T14:00:00Z", &json!({"result": "success"}));
    let reason = |outcome| match outcome {
        Outcome::NotAudited(not) => not.reason,
        Outcome::Audited(_) => panic!(),
    };
    let gone = reason(world.run(Duration::HOUR, &success(9)).unwrap());
    assert_eq!(gone, "there is no such CA any more");
    world.authorities.cas.lock().unwrap()[0].crl = None;
    let off = reason(world.run(Duration::HOUR, &success(1)).unwrap());
    assert_eq!(off, "it has no CRL enabled");
    assert!(world.ledger.keys().is_empty() && world.told().is_empty());
}

#[test]
fn what_is_no_longer_audited_is_resolved_by_the_schedule() {
    let world = World::clean();
    world.put(1, b"garbage".to_vec());
    world.put(2, b"garbage".to_vec());
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), [new("crl.parses"), new("crl.parses")]);
    world.authorities.cas.lock().unwrap()[0].status = CaStatus::Deleted;
    let audit = world.audit(Duration::HOUR);
    assert_eq!(audit.skipped.len(), 1);
    assert!(audit.skipped[0].reason.starts_with("it is DELETED"), "{}", audit.skipped[0].reason);
    assert_eq!(world.told()[2..], [resolved("crl.parses")]);
    assert_eq!(world.bus.last().resource, arn(1));
    let because = world.bus.last().evidence["resolved_because"].clone();
    assert_eq!(because, "the resource is no longer audited");
    world.audit(Duration::hours(2));
    assert_eq!(world.told().len(), 3, "once");
}

#[test]
fn what_the_bus_refused_is_told_by_the_next_run() {
    let world = World::clean();
    world.put(1, b"garbage".to_vec());
    world.bus.fail_next();
    let error = world.run(Duration::ZERO, &json!({})).unwrap_err();
    assert!(error.to_string().contains("could not tell what was found"), "{error}");
    world.audit(Duration::HOUR);
    assert_eq!(world.told(), [new("crl.parses")]);
}

/// Both CAs are partitioned. The first has two partitions beside its complete CRL.
fn partitioned() -> World {
    let world = World::clean();
    for ca in world.authorities.cas.lock().unwrap().iter_mut() {
        ca.crl.as_mut().unwrap().crl_type = Some(crate::ca::CrlType::Partitioned);
    }
    for n in [1, 2] {
        world.put(n, part_of(&world, n, &key(n)));
    }
    for name in ["a", "b"] {
        put_part(&world, name, part_of(&world, 1, &part_key(name)));
    }
    world
}

fn part_key(name: &str) -> String {
    format!("crl/00000000-0000-0000-0000-000000000001/{name}.crl")
}

fn part_url(name: &str) -> String {
    format!("http://crls.s3.us-east-1.amazonaws.com/{}", part_key(name))
}

fn part_of(world: &World, n: u8, key: &str) -> Vec<u8> {
    let issuer = &world.issuers[usize::from(n) - 1];
    let mut draft = Draft::good(issuer, AT);
    let url = format!("http://crls.s3.us-east-1.amazonaws.com/{key}");
    draft.extensions.as_mut().unwrap().push(distribution_point(true, &url, &[]));
    draft.sign(issuer)
}

fn put_part(world: &World, name: &str, bytes: Vec<u8>) {
    world.objects.objects.lock().unwrap().insert(part_key(name), bytes);
}

#[test]
fn every_partition_is_judged_by_itself_and_one_that_is_gone_is_missed() {
    let world = partitioned();
    let audit = world.audit(Duration::ZERO);
    assert_eq!(world.told(), []);
    assert!(audit.passed > 4 * (rules::crl::RULES.len() - 6), "{audit:?}");

    put_part(&world, "a", part_of(&world, 1, &part_key("b")));
    world.audit(Duration::minutes(1));
    assert_eq!(world.told(), [new("crl.issuing-distribution-point")]);
    let partition = format!("arn:aws:s3:::crls/{}", part_key("a"));
    assert_eq!(world.bus.last().resource, partition);
    put_part(&world, "a", part_of(&world, 1, &part_key("a")));
    world.audit(Duration::minutes(2));
    assert_eq!(world.told().pop(), Some(resolved("crl.issuing-distribution-point")));

    let hidden = world.objects.objects.lock().unwrap().remove(&part_key("b")).unwrap();
    world.audit(Duration::minutes(3));
    assert_eq!(world.told().pop(), Some(new("crl.object-present")));
    put_part(&world, "b", hidden);
    world.audit(Duration::minutes(4));
    assert_eq!(world.told().pop(), Some(resolved("crl.object-present")));
}

#[test]
fn what_lies_beside_is_a_partition_if_the_ca_has_signed_it() {
    let world = partitioned();
    let beside = |name: &str, bytes: Vec<u8>| {
        world.objects.objects.lock().unwrap().insert(format!("crl/{name}.crl"), bytes);
    };
    beside("of-a-stranger", Draft::good(&Issuer::new("One"), AT).sign(&Issuer::new("One")));
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), []);
    beside("its-own", part_of(&world, 1, "crl/elsewhere.crl"));
    world.audit(Duration::minutes(1));
    assert_eq!(world.told(), [new("crl.issuing-distribution-point")]);
    // From now on it is known as one, whatever somebody makes of it.
    beside("its-own", b"garbage".to_vec());
    world.audit(Duration::minutes(2));
    let told: Vec<_> = world.told()[1..].to_vec();
    assert_eq!(told, [new("crl.parses"), resolved("crl.issuing-distribution-point")]);
}

#[test]
fn a_partition_that_somebody_else_wrote_is_found_by_its_event() {
    let world = partitioned();
    world.audit(Duration::ZERO);
    let at = "2026-03-01T12:01:00Z";
    let mut event = object_event("Object Created", 1, at, "999999999999");
    event["detail"]["object"]["key"] = json!(part_key("a"));
    world.run(Duration::minutes(1), &event).unwrap();
    assert_eq!(world.told(), [new("crl.writer")]);
}

#[test]
fn what_is_revoked_may_be_listed_in_any_partition() {
    let world = partitioned();
    let mut without = Draft::good(&world.issuers[0], AT);
    without.entries = None;
    let url = format!("http://crls.s3.us-east-1.amazonaws.com/{}", key(1));
    without.extensions.as_mut().unwrap().push(distribution_point(true, &url, &[]));
    world.put_crl(1, &without);
    world.note_report("2026-03-01T11:00:00+0000");
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), []);
    // Now 11 is listed nowhere.
    for name in ["a", "b"] {
        let mut without = Draft::good(&world.issuers[0], AT);
        without.entries.as_mut().unwrap().remove(0);
        without.extensions.as_mut().unwrap().push(distribution_point(true, &part_url(name), &[]));
        put_part(&world, name, without.sign(&world.issuers[0]));
    }
    world.audit(Duration::minutes(1));
    assert_eq!(world.told(), [new("crl.completeness")]);
}

/// The event of an update has the CA's certificates looked at, whatever the hour.
#[test]
fn certificates_that_name_a_partition_of_a_ca_that_has_none_any_more_are_found() {
    let world = partitioned();
    world.note_report("2026-03-01T11:00:00+0000");
    for serial in ["11", "ee22", "12"] {
        let serial = format!("{serial:0>32}");
        let leaf = world.issuers[0].leaf_pem(&part_url("a"));
        world.authorities.issued.lock().unwrap().insert(serial, leaf);
    }
    let update = json!({
        "id": "e-1", "source": "aws.acm-pca", "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventName": "UpdateCertificateAuthority",
                   "requestParameters": {"certificateAuthorityArn": arn(1)}},
    });
    world.run(Duration::ZERO, &update).unwrap();
    assert_eq!(world.told(), [], "the partition is there");

    for name in ["a", "b"] {
        world.objects.objects.lock().unwrap().remove(&part_key(name));
    }
    for ca in world.authorities.cas.lock().unwrap().iter_mut() {
        ca.crl.as_mut().unwrap().crl_type = Some(crate::ca::CrlType::Complete);
    }
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.run(Duration::ZERO, &update).unwrap();
    assert_eq!(world.told(), [new("crl.distribution-points")]);
    assert_eq!(world.bus.last().evidence["first_urls"], json!([part_url("a")]));
}

#[test]
fn an_entry_that_has_left_since_the_version_before_is_found() {
    let world = World::clean();
    let version = |id: &str, bytes: Vec<u8>| {
        world.objects.versions.lock().unwrap().insert((key(1), id.to_owned()), bytes);
    };
    // The latest before is a forgery that somebody has mended.
    version("1", b"garbage".to_vec());
    version("2", Draft::good(&world.issuers[0], AT).sign(&world.issuers[0]));
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), []);
    let mut shorter = Draft::good(&world.issuers[0], AT);
    shorter.entries.as_mut().unwrap().remove(0);
    world.put_crl(1, &shorter);
    world.audit(Duration::minutes(1));
    assert_eq!(world.told(), [new("crl.early-removal")]);
    assert_eq!(world.bus.last().evidence["kind"], "unexplained");
}

#[test]
fn an_object_over_the_limit_is_not_read_and_is_found() {
    let world = World::clean();
    world.put(1, vec![0x30; 1_000_001]);
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), [new("crl.parses")]);
    assert_eq!(world.bus.last().evidence["kind"], "too-large");
}

#[test]
fn a_payload_that_is_neither_a_schedule_nor_ours_is_refused_by_name() {
    let world = World::clean();
    for payload in [json!(null), json!({"act": true}), json!({"source": "aws.s3"})] {
        let error = world.run(Duration::ZERO, &payload).unwrap_err();
        assert_eq!(error.error_type(), "MalformedEvent", "{payload}");
    }
    let issued = json!({"source": "aws.acm-pca", "detail-type": "ACM Private CA Creation"});
    let error = world.run(Duration::ZERO, &issued).unwrap_err();
    let text = crate::failure::chain(&error);
    assert!(text.contains("\"ACM Private CA Creation\""), "{text}");
}

#[test]
fn a_crl_that_expires_is_told_stage_by_stage_and_each_stage_once() {
    let world = World::clean();
    world.authorities.cas.lock().unwrap().truncate(1);
    world.objects.objects.lock().unwrap().remove(&key(2));
    for hour in 0..8 * 24 {
        world.audit(Duration::hours(hour));
    }
    let stages: Vec<_> = world
        .bus
        .published
        .lock()
        .unwrap()
        .iter()
        .map(|finding| (finding.evidence["kind"].as_str().unwrap().to_owned(), finding.status))
        .collect();
    let stage = |kind: &str, status| (kind.to_owned(), status);
    assert_eq!(
        stages,
        [
            stage("overdue", Status::New),
            stage("expires-soon", Status::New),
            stage("expired", Status::New),
            stage("expires-soon", Status::Resolved),
        ]
    );
    let renewed = AT + Duration::days(8);
    let draft = Draft {
        next_update: Some(utc(renewed + Duration::days(7))),
        ..Draft::good(&world.issuers[0], renewed)
    };
    world.put_crl(1, &draft);
    let audit = world.audit(Duration::days(8));
    assert_eq!(audit.findings.resolved.len(), 2);
}

/// A report of 11:00 in which serial 11 is revoked since 10:00, and serial 12 since `late`.
fn report(late: &str) -> Vec<u8> {
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

#[test]
fn the_newest_audit_report_says_what_the_crl_must_list() {
    let world = World::clean();
    let put = |late| world.note_report(late);
    put("2026-03-01T11:00:00+0000");
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), [], "an hour is what the service may take");
    put("2026-03-01T10:59:59+0000");
    world.audit(Duration::ZERO);
    assert_eq!(world.told(), [new("crl.completeness")]);
    assert_eq!(world.bus.last().evidence["first_serials"], json!([format!("{:032x}", 0x12)]));

    world.objects.objects.lock().unwrap().remove("audit-report/r.json");
    world.audit(Duration::HOUR);
    assert_eq!(world.told().len(), 1, "a report that is gone proves nothing");
}

#[test]
fn a_ca_without_revocation_is_told_once_and_resolved_when_it_has_one() {
    let world = World::clean();
    world.authorities.cas.lock().unwrap()[0].crl = None;
    world.audit(Duration::ZERO);
    world.audit(Duration::HOUR);
    assert_eq!(world.told(), [new("ca.revocation")]);
    world.authorities.cas.lock().unwrap()[0].ocsp_enabled = true;
    world.audit(Duration::hours(2));
    assert_eq!(world.told()[1..], [resolved("ca.revocation")]);
}

/// What the fake bus was asked for, as EventBridge would bring it.
fn rest(world: &World) -> Value {
    let rest = world.bus.handed_on.lock().unwrap().pop().unwrap();
    json!({"source": "vigil", "detail-type": "Vigil Rest", "detail": rest})
}

#[test]
fn what_there_is_no_time_for_is_handed_on_until_all_had_their_turn() {
    let world = World::clean();
    world.buckets.0.lock().unwrap().versioning = Fact::Known(false);
    world.put(1, b"garbage".to_vec());
    world.put(2, b"garbage".to_vec());
    *world.pace.turns.lock().unwrap() = 1;
    let audit = world.audit(Duration::HOUR);
    assert_eq!(audit.handed_on, Some(arn(2)));
    assert_eq!(world.told(), [new("crl.parses")]);
    *world.pace.turns.lock().unwrap() = 1;
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &rest(&world)).unwrap() else {
        panic!()
    };
    assert_eq!(audit.handed_on.as_deref(), Some("arn:aws:s3:::crls"));
    assert_eq!(world.told().len(), 2, "the first CA has had its turn");
    *world.pace.turns.lock().unwrap() = 1;
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &rest(&world)).unwrap() else {
        panic!()
    };
    assert_eq!(audit.handed_on, None);
    assert_eq!(world.told()[2..], [new("bucket.versioning")]);
}

#[test]
fn a_run_in_which_nobody_had_a_turn_fails_and_is_not_handed_on() {
    let world = World::clean();
    *world.pace.turns.lock().unwrap() = 0;
    let error = world.run(Duration::HOUR, &json!({})).unwrap_err();
    assert!(error.to_string().contains("no time for a single CA"), "{error}");
    assert!(world.bus.handed_on.lock().unwrap().is_empty());
    let endless = json!({"source": "vigil", "detail-type": "Vigil Rest",
                         "detail": {"job": "crl-audit", "from": arn(1), "hop": 50}});
    *world.pace.turns.lock().unwrap() = 1;
    assert!(world.run(Duration::HOUR, &endless).is_err());
}

#[test]
fn certificates_are_fetched_within_the_quota_once_and_anew_when_they_change() {
    let world = World::clean();
    let template = world.authorities.cas.lock().unwrap()[0].clone();
    for n in 3..=40 {
        let ca = Ca { arn: arn(n).parse().unwrap(), ..template.clone() };
        world.authorities.cas.lock().unwrap().push(ca);
        let pem = world.issuers[0].certificate_pem();
        world.authorities.certificates.lock().unwrap().insert(arn(n), pem);
    }
    world.audit(Duration::HOUR);
    let fetched = || world.authorities.calls.count("certificate");
    assert_eq!(fetched(), 40);
    let pauses = world.pace.pauses.lock().unwrap().clone();
    assert_eq!(pauses, [Duration::SECOND; 2], "40 calls at 15 a second");
    world.audit(Duration::hours(2));
    assert_eq!(fetched(), 40, "they are remembered");
    world.authorities.cas.lock().unwrap()[7].serial = Some("02".to_owned());
    world.audit(Duration::hours(3));
    assert_eq!(fetched(), 41);
}

#[test]
fn a_throttled_call_is_made_again() {
    let world = World::clean();
    let (operation, resource) = ("GetCertificateAuthorityCertificate", arn(1));
    let throttled = PortError::Throttled { operation, resource, cause: "slow down".into() };
    world.authorities.calls.fail_next("certificate", throttled);
    world.audit(Duration::HOUR);
    assert_eq!(world.pace.pauses.lock().unwrap().clone(), [Duration::SECOND]);
    assert_eq!(world.authorities.calls.count("certificate"), 3);
}

#[test]
fn what_relying_parties_get_is_compared_with_what_the_bucket_holds() {
    let mut world = World::clean();
    world.authorities.cas.lock().unwrap().truncate(1);
    world.objects.objects.lock().unwrap().remove(&key(2));
    let good = world.objects.objects.lock().unwrap()[&key(1)].clone();
    world.distribution = Some(FakeDistribution(good));
    let audit = world.audit(Duration::HOUR);
    assert_eq!(world.told(), []);
    let of_a_ca = rules::crl::RULES.len() + rules::configuration::RULES.len();
    let all = of_a_ca + rules::distribution::RULES.len() + rules::bucket::RULES.len();
    assert_eq!(audit.passed + audit.not_applicable + audit.unknown, all);
    let stale = Draft::good(&world.issuers[0], AT - Duration::DAY).sign(&world.issuers[0]);
    world.distribution = Some(FakeDistribution(stale));
    world.audit(Duration::hours(2));
    assert_eq!(world.told(), [new("distribution.content")]);
    assert_eq!(world.bus.last().evidence["kind"], "older");
    world.distribution = None;
    world.audit(Duration::hours(3));
    assert_eq!(
        world.told()[1..],
        [resolved("distribution.content")],
        "it is not looked at any more"
    );
}

#[test]
fn crls_that_no_ca_writes_any_more_are_listed() {
    let world = World::clean();
    let put = |key: &str| world.objects.objects.lock().unwrap().insert(key.to_owned(), vec![0x30]);
    let ours = arn(1).rsplit('/').next().unwrap().to_owned();
    put("crl/00000000-0000-0000-0000-00000000000a.crl");
    put("crl/00000000-0000-0000-0000-00000000000b/00000000-0000-0000-0000-000000000001.crl");
    put("crl/by-hand.crl");
    world.audit(Duration::HOUR);
    assert_eq!(world.told(), [new("bucket.orphans")]);
    let evidence = world.bus.last().evidence;
    assert_eq!((&evidence["kind"], &evidence["count"]), (&json!("no-ca"), &json!(2)));

    put(&format!("crl/{ours}/00000000-0000-0000-0000-000000000001.crl"));
    world.audit(Duration::hours(2));
    assert_eq!(world.told()[1..], [new("bucket.orphans")]);
    assert_eq!(world.bus.last().evidence["kind"], "switched-back");
}
