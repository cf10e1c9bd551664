//! The life of a CRL, read by OpenSSL and audited by crl-audit: publication, tampering, removal. And
//! the audit reports. Real binaries run on the stack of infra/template.yaml.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod buckets;
mod partitions;
mod policies;
mod round_trip;
mod written;

use std::process::Command;

use aws_sdk_acmpca::types::RevocationReason;
use aws_sdk_s3::types::{EventBridgeConfiguration, NotificationConfiguration};
use e2e::{
    run,
    world::{EVIDENCE, World, id},
};
use serde_json::{Value, json};
use time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const BUCKET: &str = "crl-bucket";

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_reaches_the_crl_and_openssl_agrees() {
    let (world, ca) = world().await;
    let serial = issue(&world, &ca).await;
    world.advance(Duration::seconds(1)).await;
    assert!(!is_revoked(&world, &ca, &serial).await, "the first CRL comes with the certificate");
    let revoke = world.pca.revoke_certificate().certificate_authority_arn(&ca);
    let reason = RevocationReason::KeyCompromise;
    revoke.certificate_serial(&serial).revocation_reason(reason).send().await.unwrap();
    world.advance(Duration::minutes(29)).await;
    assert!(!is_revoked(&world, &ca, &serial).await, "published about 30 minutes later");
    world.advance(Duration::minutes(1)).await;
    assert!(is_revoked(&world, &ca, &serial).await);

    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new(), "crl-audit agrees");
}

/// The clock stands still, so only S3's events start the audit.
#[tokio::test(flavor = "multi_thread")]
async fn tampering_with_a_crl_is_found_and_resolved_by_its_event() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());

    let key = format!("crl/{}.crl", id(&ca));
    let good = world.object(BUCKET, &key).await;
    let put = async |body: Vec<u8>| {
        world.s3.put_object().bucket(BUCKET).key(&key).body(body.into()).send().await.unwrap();
        world.stack.settled().await;
    };
    put(b"not a CRL".to_vec()).await;
    assert_eq!(urgent(&world), ["crl.writer", "crl.parses"]);
    let mut tampered = good.clone();
    *tampered.last_mut().unwrap() ^= 1;
    put(tampered).await;
    assert_eq!(urgent(&world), ["crl.writer", "crl.signature"]);
    world.s3.delete_object().bucket(BUCKET).key(&key).send().await.unwrap();
    world.stack.settled().await;
    assert_eq!(urgent(&world), ["crl.object-present"]);
    put(good).await;
    assert_eq!(urgent(&world), Vec::<String>::new());
    world.assert_nothing_failed();
}

/// An older CRL is put back. It is valid in itself: only the version before it has the entry.
#[tokio::test(flavor = "multi_thread")]
async fn an_early_removal_is_found_in_the_previous_version() {
    let (world, ca) = world().await;
    world.keep_versions(BUCKET).await;
    let serial = issue(&world, &ca).await;
    world.advance(Duration::seconds(1)).await;
    let key = format!("crl/{}.crl", id(&ca));
    let without = world.object(BUCKET, &key).await;
    let revoke = world.pca.revoke_certificate().certificate_authority_arn(&ca);
    let reason = RevocationReason::KeyCompromise;
    revoke.certificate_serial(&serial).revocation_reason(reason).send().await.unwrap();
    // An audit report says when the certificate expires.
    world.advance(Duration::days(1) + Duration::hours(2)).await;
    assert!(is_revoked(&world, &ca, &serial).await);
    assert_eq!(world.findings("crl.early-removal"), Vec::<Value>::new());

    let put = world.s3.put_object().bucket(BUCKET).key(&key).body(without.into());
    put.send().await.unwrap();
    world.stack.settled().await;
    let found = world.findings("crl.early-removal").pop().unwrap();
    assert_eq!((&found["severity"], &found["evidence"]["kind"]), (&"HIGH".into(), &"early".into()));
    let gone = found["evidence"]["first_serials"].as_array().unwrap();
    let same = |text: &str| text.replace(':', "").trim_start_matches('0').to_lowercase();
    assert_eq!(gone.len(), 1);
    assert_eq!(same(gone[0].as_str().unwrap()), same(&serial), "{found:#}");

    // The remedy: the version before is copied back.
    let versions = world.s3.list_object_versions().bucket(BUCKET).prefix(&key);
    let versions = versions.send().await.unwrap();
    let before = versions.versions()[1].version_id().unwrap();
    let copy = world.s3.copy_object().bucket(BUCKET).key(&key);
    let copy = copy.copy_source(format!("{BUCKET}/{key}?versionId={before}"));
    copy.send().await.unwrap();
    world.stack.settled().await;
    assert!(is_revoked(&world, &ca, &serial).await);
    assert_eq!(urgent(&world), Vec::<String>::new());
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_a_crl_bucket_or_its_ca_starts_one_audit() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    let audits = || {
        let invocations = world.stack.invocations();
        invocations.iter().filter(|done| done.function == "vigil-crl-audit").count()
    };
    let policy = world.s3.get_bucket_policy().bucket(BUCKET).send().await.unwrap().policy.unwrap();
    world.s3.delete_bucket_policy().bucket(BUCKET).send().await.unwrap();
    world.stack.settled().await;
    assert_eq!(urgent(&world), ["bucket.service-access"]);
    world.s3.put_bucket_policy().bucket(BUCKET).policy(policy).send().await.unwrap();
    world.stack.settled().await;
    assert_eq!(urgent(&world), Vec::<String>::new());

    let before = audits();
    world.disable(&ca).await;
    world.stack.settled().await;
    assert_eq!(audits(), before + 1, "a CA was updated");
    // An object that is no CRL of a watched bucket starts no audit.
    world.put("crl/of-the-evidence.crl", &json!({})).await;
    world.s3.put_object().bucket(BUCKET).key("readme.txt").send().await.unwrap();
    world.stack.settled().await;
    assert_eq!(audits(), before + 1);
    world.assert_nothing_failed();
}

/// CloudTrail reports what ACM PCA does by itself beside the calls.
#[tokio::test(flavor = "multi_thread")]
async fn service_events_match_no_rule() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::seconds(1)).await;
    let events = world.stack.events();
    let is_service_event =
        |event: &Value| event["detail-type"] == "AWS Service Event via CloudTrail";
    let own = events.iter().filter(|seen| is_service_event(&seen.event)).collect::<Vec<_>>();
    for name in
        ["SignCACSR", "SignCertificate", "IssueCertificateDetails", "SignCRL", "GenerateCRL"]
    {
        assert!(own.iter().any(|seen| seen.event["detail"]["eventName"] == name), "{name}");
    }
    assert!(own.iter().all(|seen| seen.rules.is_empty()), "{own:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ca_has_a_report_a_day_that_is_summarised_once() {
    let (world, ca) = world().await;
    issue(&world, &ca).await;
    world.advance(Duration::days(1) + Duration::minutes(1)).await;
    let summaries = world.evidence(&format!("summaries/{}/", id(&ca))).await;
    let [summary] = summaries.as_slice() else { panic!("one summary: {summaries:?}") };
    let summary: Value = serde_json::from_slice(&world.object(EVIDENCE, summary).await).unwrap();
    assert!(summary.to_string().contains("EndEntityCertificate/V1"), "{summary:#}");

    let report = world
        .stack
        .events()
        .into_iter()
        .map(|seen| seen.event)
        .find(|event| event["detail-type"] == "ACM Private CA Audit Report Generation")
        .unwrap();
    world.stack.deliver(report);
    world.stack.settled().await;
    let again = world.evidence(&format!("summaries/{}/", id(&ca))).await;
    assert_eq!(again, summaries, "a second delivery changes nothing");
    assert!(world.stack.invocations().iter().all(|done| done.succeeded()));
}

/// The distribution points are in the bucket, which is private at first and public later.
#[tokio::test(flavor = "multi_thread")]
async fn distribution_points_are_fetched_where_this_is_enabled() {
    let (world, ca) = world_with(&[("FetchDistributionPoints", "true")]).await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), ["distribution.reachable"]);
    let refused = world.findings("distribution.").pop().unwrap();
    assert_eq!(refused["evidence"]["kind"], "refused");
    let url = format!("http://{BUCKET}.s3.us-east-1.amazonaws.com/crl/{}.crl", id(&ca));
    assert_eq!(refused["evidence"]["url"], url.as_str());

    world.s3.delete_public_access_block().bucket(BUCKET).send().await.unwrap();
    let policy = world.s3.get_bucket_policy().bucket(BUCKET).send().await.unwrap().policy.unwrap();
    let mut policy: Value = serde_json::from_str(&policy).unwrap();
    policy["Statement"].as_array_mut().unwrap().push(json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{BUCKET}/crl/*"),
    }));
    let put = world.s3.put_bucket_policy().bucket(BUCKET).policy(policy.to_string());
    put.send().await.unwrap();
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());
    world.assert_nothing_failed();
}

async fn world() -> (World, String) {
    world_with(&[]).await
}

/// A CA that writes its CRL to a bucket with the policy of the user guide.
async fn world_with(parameters: &[(&str, &str)]) -> (World, String) {
    let world = World::start_with(parameters).await;
    world.crl_bucket(BUCKET).await;
    let notifications = NotificationConfiguration::builder()
        .event_bridge_configuration(EventBridgeConfiguration::builder().build())
        .build();
    let put = world.s3.put_bucket_notification_configuration().bucket(BUCKET);
    put.notification_configuration(notifications).send().await.unwrap();
    let ca = world.active_root(Some(BUCKET)).await;
    (world, ca)
}

/// The serial of a new certificate.
async fn issue(world: &World, ca: &str) -> String {
    issue_for(world, ca, 30).await
}

async fn issue_for(world: &World, ca: &str, days: i64) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    let csr = parameters.serialize_request(&key).unwrap().pem().unwrap();
    let arn = world.issue(ca, csr.as_bytes(), "EndEntityCertificate", days).await;
    id(&arn).to_owned()
}

/// Has OpenSSL verify the published CRL with the CA's certificate, and look for the serial.
async fn is_revoked(world: &World, ca: &str, serial: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let crl = world.object(BUCKET, &format!("crl/{}.crl", id(ca))).await;
    std::fs::write(folder.path().join("ca.crl"), crl).unwrap();
    let own = world.pca.get_certificate_authority_certificate().certificate_authority_arn(ca);
    let own = own.send().await.unwrap().certificate.unwrap();
    std::fs::write(folder.path().join("ca.pem"), own).unwrap();
    let mut openssl = Command::new("openssl");
    openssl
        .current_dir(folder.path())
        .args(["crl", "-inform", "DER", "-in", "ca.crl", "-CAfile", "ca.pem", "-noout", "-text"]);
    let text = run(&mut openssl).unwrap();
    let serial = serial.to_uppercase();
    text.lines().any(|line| {
        line.trim().strip_prefix("Serial Number: ").is_some_and(|found| {
            // OpenSSL prints a leading zero octet of its own and none of ours.
            found.trim_start_matches('0') == serial.trim_start_matches('0')
        })
    })
}

/// The status of a PUT that nothing signs.
async fn unsigned_put(world: &World, key: &str) -> u16 {
    let host = world.stack.endpoint().strip_prefix("http://").unwrap().to_owned();
    let request = format!(
        "PUT /{BUCKET}/{key} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 6\r\n\
         Connection: close\r\n\r\nforged"
    );
    let mut stream = TcpStream::connect(&host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The rules with an unresolved finding of crl-audit whose severity is HIGH or CRITICAL.
fn urgent(world: &World) -> Vec<String> {
    let mut open: Vec<(String, String)> = Vec::new();
    for area in ["crl.", "bucket.", "distribution."] {
        for finding in world.findings(area) {
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            open.retain(|(id, _)| *id != text("id"));
            let is_urgent = ["HIGH", "CRITICAL"].contains(&text("severity").as_str());
            if is_urgent && text("status") != "RESOLVED" {
                open.push((text("id"), text("rule")));
            }
        }
    }
    open.into_iter().map(|(_, rule)| rule).collect()
}
