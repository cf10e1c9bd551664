//! What an event brings: one CA, one bucket or one object is audited, at once.

use serde_json::{Value, json};
use time::Duration;

use super::{super::Outcome, world::*};
use crate::{bucket::Fact, crl::fixture::Draft, failure::Failure};

pub(super) fn generation(n: u8, at: &str, detail: &Value) -> Value {
    json!({"version": "0", "id": "e-1", "detail-type": "ACM Private CA CRL Generation",
           "source": "aws.acm-pca", "account": "111122223333", "time": at, "region": "us-east-1",
           "resources": [arn(n)], "detail": detail})
}

/// As S3 tells EventBridge.
pub(super) fn object_event(detail_type: &str, n: u8, at: &str, requester: &str) -> Value {
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
fn a_foreign_write_is_found_by_event_until_acm_pca_writes() {
    let world = World::clean();
    world.put(1, b"garbage".to_vec());
    let forged = object_event("Object Created", 1, "2026-03-01T13:00:00Z", "999999999999");
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &forged).unwrap() else { panic!() };
    assert_eq!(
        (audit.audited, audit.report.as_str()),
        (1, "reports/crl-audit/20260301T130000Z-crls.json")
    );
    assert_eq!(world.published(), [new("crl.writer"), new("crl.parses")]);
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.audit(Duration::HOUR);
    let back = [new("crl.writer"), resolved("crl.writer"), resolved("crl.parses")];
    assert_eq!(world.published()[2..].len(), 3, "{:?}", world.published());
    for published in back {
        assert!(
            world.published()[2..].contains(&published),
            "put back, and not by the service: {published:?}"
        );
    }
    let own = object_event("Object Created", 1, "2026-03-01T13:30:00Z", "acm-pca.amazonaws.com");
    world.run(Duration::hours(2), &own).unwrap();
    assert_eq!(world.published()[5..], [resolved("crl.writer")]);
    world.run(Duration::hours(2), &forged).unwrap();
    assert_eq!(world.published().len(), 6, "an event that comes twice or late changes nothing");
}

#[test]
fn a_deleted_object_is_missing_at_once_even_if_never_audited() {
    let world = World::clean();
    world.objects.objects.lock().unwrap().remove(&key(2));
    let gone = object_event("Object Deleted", 2, "2026-03-01T13:00:00Z", "111122223333");
    world.run(Duration::HOUR, &gone).unwrap();
    assert_eq!(world.published(), [new("crl.object-present")]);
}

#[test]
fn a_changed_bucket_is_audited_at_once_if_a_ca_uses_it() {
    let world = World::clean();
    world.buckets.0.lock().unwrap().policy = Fact::Known(None);
    let call = bucket_call("DeleteBucketPolicy", "crls");
    let Outcome::Audited(audit) = world.run(Duration::ZERO, &call).unwrap() else { panic!() };
    assert_eq!(audit.audited, 0, "the CRLs are as they were");
    let access = new("bucket.service-access");
    assert_eq!(world.published(), [access.clone(), access, new("bucket.tls-only")]);
    let other = bucket_call("DeleteBucketPolicy", "photos");
    let Outcome::NotAudited(not) = world.run(Duration::ZERO, &other).unwrap() else { panic!() };
    assert_eq!(
        (not.about.as_str(), not.reason.as_str()),
        ("photos", "no CA writes its CRL to the bucket")
    );
}

/// It names no bucket, and may be about any.
#[test]
fn a_change_for_the_whole_account_audits_every_bucket_at_once() {
    let world = World::clean();
    world.buckets.0.lock().unwrap().policy = Fact::Known(None);
    for (name, copy) in
        [("PutAccountPublicAccessBlock", ""), ("DeleteAccountPublicAccessBlock", "-2")]
    {
        let mut call = bucket_call(name, "");
        call["detail"]["requestParameters"] = json!({"x-amz-account-id": "111122223333"});
        let Outcome::Audited(audit) = world.run(Duration::ZERO, &call).unwrap() else { panic!() };
        assert_eq!(audit.audited, 0, "the CRLs are as they were");
        let report = format!("reports/crl-audit/20260301T120000Z-account{copy}.json");
        assert_eq!(audit.report, report, "two runs of one second");
    }
    assert_eq!(world.published().len(), 3);
    let mut call = bucket_call("PutBucketPolicy", "");
    call["detail"]["requestParameters"] = json!({});
    assert_eq!(world.run(Duration::ZERO, &call).unwrap_err().error_type(), "MalformedEvent");
}

#[test]
fn an_updated_ca_is_audited_at_once() {
    let world = World::clean();
    world.authorities.cas.lock().unwrap()[0].crl = None;
    let mut call = bucket_call("UpdateCertificateAuthority", "");
    call["source"] = json!("aws.acm-pca");
    call["detail"]["requestParameters"] = json!({"certificateAuthorityArn": arn(1)});
    world.run(Duration::ZERO, &call).unwrap();
    assert_eq!(world.published(), [new("ca.revocation")]);
    call["detail"]["requestParameters"] = json!({"certificateAuthorityArn": arn(9)});
    assert!(matches!(world.run(Duration::ZERO, &call).unwrap(), Outcome::NotAudited(_)));
    call["detail"]["requestParameters"] = json!({});
    assert_eq!(world.run(Duration::ZERO, &call).unwrap_err().error_type(), "MalformedEvent");
}

#[test]
fn a_failure_event_is_one_ca_s_finding_until_a_newer_crl() {
    let world = World::clean();
    let reason = "Failed to write CRL to S3. Check your S3 bucket permissions.";
    let failure =
        generation(1, "2026-03-01T13:00:00Z", &json!({"result": "failure", "reason": reason}));
    let Outcome::Audited(audit) = world.run(Duration::HOUR, &failure).unwrap() else { panic!() };
    assert_eq!(
        audit.report,
        "reports/crl-audit/20260301T130000Z-00000000-0000-0000-0000-000000000001.json"
    );
    assert_eq!(world.published(), [new("crl.generation")]);
    assert!(world.bus.last().what_happened.contains(reason));
    world.run(Duration::HOUR, &failure).unwrap();
    world.audit(Duration::hours(2));
    assert_eq!(world.published().len(), 1, "duplicates and schedules change nothing");

    world.put_crl(1, &Draft::good(&world.issuers[0], AT + Duration::hours(2)));
    let success = generation(1, "2026-03-01T14:00:00Z", &json!({"result": "success"}));
    world.run(Duration::hours(2), &success).unwrap();
    assert_eq!(world.published(), [new("crl.generation"), resolved("crl.generation")]);
    // Events come in any order.
    world.run(Duration::hours(3), &failure).unwrap();
    assert_eq!(world.published().len(), 2);
}

#[test]
fn an_event_about_a_ca_without_crl_or_gone_is_a_stated_skip() {
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
    assert!(world.evidence.keys().is_empty() && world.published().is_empty());
}

#[test]
fn an_unknown_payload_is_refused_by_name() {
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
