//! Least privilege. The stack refuses each call that a function's role in infra/template.yaml does not
//! allow, so every scenario shows that enough is granted. This one shows that no more is.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use e2e::world::{World, id};
use serde_json::json;
use time::Duration;

/// Granted and not called below. Without s3:ListBucket, S3 answers for a missing object as for a
/// forbidden one (S3 API reference, GetObject).
const UNCALLED: &[(&str, &str)] =
    &[("audit-report", "s3:ListBucket"), ("restore-deadline", "s3:ListBucket")];

#[tokio::test(flavor = "multi_thread")]
async fn a_role_allows_nothing_that_its_function_never_does() {
    // The only threshold is also the last, and passes with the deletion. A sweep runs only on the
    // first day, so that restore-deadline makes the restoration at the end of the window.
    let parameters =
        [("DeadlineThresholds", "7d"), ("SweepSchedule", "rate(1 day)"), ("PutBack", "true")];
    let world = World::start_with(&parameters).await;
    let bucket = "crl-bucket";
    world.crl_bucket(bucket).await;
    world.keep_versions(bucket).await;
    let key = world.key_for(bucket);
    world.encrypt_with(bucket, &key).await;
    // The default policies, and one that permits the reactivation of a root.
    let policy = concat!(
        include_str!("../../../infra/policies/default.cedar"),
        r#"permit (principal, action == Vigil::Action::"ReactivateCertificateAuthority", resource);"#,
    );
    let body = policy.as_bytes().to_vec().into();
    let put = world.s3.put_object().bucket(e2e::world::EVIDENCE).key("policies/own.cedar");
    put.body(body).send().await.unwrap();

    // A CA with a CRL and a daily report; a deletion that is undone, and one that is permitted.
    let ca = world.active_root(Some(bucket)).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    let csr = parameters.serialize_request(&key).unwrap().pem().unwrap();
    world.issue(&ca, csr.as_bytes(), "EndEntityCertificate", 30).await;
    world.advance(Duration::hours(25)).await;
    world.disable(&ca).await;
    world.stack.settled().await;
    world.remember_more(&ca).await;
    world.delete_disabled(&ca, 7).await;
    world.stack.settled().await;
    world.assert_nothing_failed();
    let mut gone = world.event("DeleteCertificateAuthority");
    let expires = "2026-01-12T00:00:00Z";
    let approval = json!({"ca": ca, "approved_by": "carol", "reason": "r", "expires": expires});
    world.put(&format!("approvals/{}.json", id(&ca)), &approval).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::hours(2)).await;
    // A deletion that is permitted, and undone at the end of its window.
    let root = world.active_root(None).await;
    let below = world.active_subordinate(&root).await;
    let anybody =
        r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    let body = format!("{policy}\n{anybody}").into_bytes().into();
    let put = world.s3.put_object().bucket(e2e::world::EVIDENCE).key("policies/own.cedar");
    put.body(body).send().await.unwrap();
    world.disable(&below).await;
    world.stack.settled().await;
    world.remember_more(&below).await;
    world.delete_disabled(&below, 7).await;
    world.stack.settled().await;
    world.advance(Duration::hours(2)).await;
    world.assert_nothing_failed();
    // The approved deletion nears its end, and no parameter permits that.
    world.advance(Duration::days(7) - Duration::hours(4)).await;
    // An event of another Region, which fails with a named error.
    let elsewhere = gone.to_string().replace("us-east-1", "eu-west-1");
    let elsewhere: serde_json::Value = serde_json::from_str(&elsewhere).unwrap();
    // A report that failed, and a deletion that comes after the end.
    let failed = include_str!("../../../infra/events/audit-report-generation.json");
    let mut failed: serde_json::Value = serde_json::from_str(failed).unwrap();
    failed["detail"]["result"] = json!("failure");
    failed["resources"][0] = json!(ca);
    world.stack.deliver(failed);
    gone["detail"]["eventID"] = json!("00000000-0000-4000-8000-000000000000");
    gone["detail"]["requestParameters"]["certificateAuthorityArn"] =
        json!(ca.replace(id(&ca), "00000000-0000-4000-8000-000000000001"));
    world.stack.deliver(gone);
    world.stack.settled().await;

    world.assert_nothing_failed();
    world.stack.deliver(elsewhere);
    world.stack.settled().await;
    let calls = world.stack.calls();
    let called: BTreeSet<(&str, &str)> =
        calls.iter().map(|call| (call.function.as_str(), call.action.as_str())).collect();
    let unused: Vec<_> = world
        .stack
        .granted()
        .filter(|grant| !called.contains(grant) && !UNCALLED.contains(grant))
        .collect();
    assert!(unused.is_empty(), "granted, and never used: {unused:#?}");
}
