//! Bucket policies and ACLs of every kind, on the stack: what crl-audit says of each, and nothing else.

use aws_sdk_s3::types::{
    BucketCannedAcl, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
};
use e2e::world::{World, id};
use serde_json::{Value, json};
use time::Duration;

use super::{BUCKET, issue, world};

const OBJECTS: &str = "arn:aws:s3:::crl-bucket/*";
const ARN: &str = "arn:aws:s3:::crl-bucket";

/// The policy of the user guide, without a statement on TLS.
fn good(ca: &str) -> Value {
    json!({"Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
           "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
           "Resource": [OBJECTS, ARN],
           "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": ca}}})
}

fn with(ca: &str, pointer: &str, value: Value) -> Value {
    let mut statement = good(ca);
    *statement.pointer_mut(pointer).unwrap() = value;
    statement
}

fn allow(principal: Value, actions: Value, resource: &str, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resource,
           "Condition": condition})
}

async fn put(world: &World, statements: &[Value]) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    world.s3.put_bucket_policy().bucket(BUCKET).policy(policy).send().await.unwrap();
    world.stack.settled().await;
}

/// Rule, kind and severity of what is open, beside that TLS is not enforced and access is not logged.
fn open(world: &World) -> Vec<String> {
    let mut open: Vec<(String, String)> = Vec::new();
    for area in ["crl.", "bucket."] {
        for finding in world.findings(area) {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let found = text(&finding["id"]);
            open.retain(|(known, _)| *known != found);
            let rule = text(&finding["rule"]);
            let is_known = ["bucket.tls-only", "bucket.access-logging", "bucket.versioning"];
            if finding["status"] == "RESOLVED" || is_known.contains(&rule.as_str()) {
                continue;
            }
            let (kind, severity) = (&finding["evidence"]["kind"], &finding["severity"]);
            open.push((found, format!("{rule} {} {}", text(kind), text(severity))));
        }
    }
    let mut open: Vec<_> = open.into_iter().map(|(_, found)| found).collect();
    open.sort();
    open.dedup();
    open
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bucket_policy_is_judged_for_what_it_allows() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    let other = json!({"AWS": "arn:aws:iam::444455556666:root"});
    let none = || json!({});
    let replicate = json!(["s3:ReplicateObject", "s3:ReplicateDelete"]);
    let settings = json!([
        "s3:PutLifecycleConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:PutEncryptionConfiguration",
        "s3:PutBucketVersioning",
        "s3:PutBucketAcl",
        "s3:DeleteBucket"
    ]);
    let own = json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}});
    let tls = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [OBJECTS, ARN],
                     "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}});
    let expired = json!({"StringEquals": {"aws:SourceAccount": "111122223333"},
                         "DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}});
    let other_writes = "bucket.other-writers other-account HIGH";
    for (name, statements, want) in [
        ("as it should be", vec![good(&ca)], &[][..]),
        (
            "replication",
            vec![good(&ca), allow(other.clone(), replicate, OBJECTS, none())],
            &[other_writes],
        ),
        ("settings", vec![good(&ca), allow(other, settings, ARN, none())], &[other_writes]),
        (
            "all on the bucket",
            vec![good(&ca), allow(json!({"AWS": "444455556666"}), json!("s3:*"), ARN, none())],
            &[other_writes],
        ),
        (
            "no probe",
            vec![with(&ca, "/Resource/0", json!("arn:aws:s3:::crl-bucket/crl/*"))],
            &["bucket.service-access probe-refused MEDIUM"],
        ),
        (
            "accounts by pattern",
            vec![with(
                &ca,
                "/Condition",
                json!({"StringLike": {"aws:SourceAccount": "11112222*"}}),
            )],
            &["bucket.confused-deputy other-condition LOW"],
        ),
        ("TLS 1.2", vec![good(&ca), tls], &[]),
        (
            "the own account",
            vec![good(&ca), allow(json!({"AWS": "*"}), json!("s3:PutObject"), OBJECTS, own)],
            &["bucket.other-writers own-account LOW"],
        ),
        (
            "over since 2020",
            vec![with(&ca, "/Condition", expired)],
            &["bucket.service-access refused HIGH"],
        ),
    ] {
        put(&world, &statements).await;
        world.advance(Duration::hours(1)).await;
        assert_eq!(open(&world), want, "{name}");
    }
    world.assert_nothing_failed();
}

/// GetBucketAcl says whose canonical user id is the own one.
#[tokio::test(flavor = "multi_thread")]
async fn the_owners_canonical_id_is_the_own_account() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    let acl = world.s3.get_bucket_acl().bucket(BUCKET).send().await.unwrap();
    let own = acl.owner().unwrap().id().unwrap();
    let other = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    for (user, want) in [(own, "own-account LOW"), (other, "other-account HIGH")] {
        let user = json!({"CanonicalUser": user});
        put(&world, &[good(&ca), allow(user, json!("s3:PutObject"), OBJECTS, json!({}))]).await;
        world.advance(Duration::hours(1)).await;
        assert_eq!(open(&world), [format!("bucket.other-writers {want}")]);
    }
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_open_to_the_world_is_critical() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.s3.delete_public_access_block().bucket(BUCKET).send().await.unwrap();
    let replicate = json!(["s3:ReplicateObject", "s3:ReplicateDelete"]);
    put(&world, &[good(&ca), allow(json!("*"), replicate, OBJECTS, json!({}))]).await;
    world.advance(Duration::hours(1)).await;
    // Relying parties fetch from the bucket itself, so that no rule asks it to block public access.
    assert_eq!(open(&world), ["bucket.other-writers anyone CRITICAL"]);

    put(&world, &[good(&ca)]).await;
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::ObjectWriter);
    let controls = OwnershipControls::builder().rules(rule.build().unwrap()).build().unwrap();
    let ownership = world.s3.put_bucket_ownership_controls().bucket(BUCKET);
    ownership.ownership_controls(controls).send().await.unwrap();
    let acl = || world.s3.put_bucket_acl().bucket(BUCKET);
    acl().acl(BucketCannedAcl::PublicReadWrite).send().await.unwrap();
    world.stack.settled().await;
    assert_eq!(open(&world), ["bucket.acl anyone-writes CRITICAL"]);
    // The ACL does what the finding says.
    let stranger = super::unsigned_put(&world, "crl/forged.crl").await;
    assert_eq!(stranger, 200);

    let theirs = "id=\"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be\"";
    acl().grant_write(theirs).send().await.unwrap();
    world.stack.settled().await;
    assert_eq!(open(&world), ["bucket.acl other-account-writes CRITICAL"]);
    acl().acl(BucketCannedAcl::Private).send().await.unwrap();
    world.stack.settled().await;
    assert!(open(&world).is_empty(), "{:?}", open(&world));
    assert_eq!(super::unsigned_put(&world, "crl/forged.crl").await, 403);
}

/// The genuine CRL, put with another metadata each time.
#[tokio::test(flavor = "multi_thread")]
async fn what_s3_serves_a_crl_with_is_judged() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    let key = format!("crl/{}.crl", id(&ca));
    let crl = world.object(BUCKET, &key).await;
    let put = || world.s3.put_object().bucket(BUCKET).key(&key).body(crl.clone().into());
    let typed = || put().content_type("application/pkix-crl");
    for (request, want) in [
        (put().content_type("binary/octet-stream"), "content-type LOW"),
        (typed().content_encoding("gzip"), "content-encoding MEDIUM"),
        (typed().website_redirect_location("/elsewhere"), "website-redirect MEDIUM"),
        (typed().cache_control("max-age=31536000"), "cached-too-long LOW"),
    ] {
        request.send().await.unwrap();
        world.stack.settled().await;
        let found = open(&world);
        assert!(found.contains(&format!("crl.object-metadata {want}")), "{found:?}");
    }
    typed().send().await.unwrap();
    world.stack.settled().await;
    let found = open(&world);
    assert!(!found.iter().any(|found| found.starts_with("crl.object-metadata")), "{found:?}");
}

/// The clock stands still between the runs, and the policy does not.
#[tokio::test(flavor = "multi_thread")]
async fn two_runs_of_one_second_keep_a_report_each() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    let before = world.evidence("reports/crl-audit/").await.len();
    for policy in [vec![with(&ca, "/Action", json!("s3:GetBucketAcl"))], vec![good(&ca)]] {
        put(&world, &policy).await;
    }
    let reports = world.evidence("reports/crl-audit/").await;
    assert_eq!(reports.len(), before + 2, "{reports:?}");
    assert!(reports.iter().any(|key| key.ends_with("-2.json")), "{reports:?}");
}
