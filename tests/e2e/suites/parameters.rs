//! Parameters that change what Vigil may do, and where its findings go.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::{
    root,
    world::{ALERT_EMAIL, World},
};
use time::Duration;
use vigil_core::failure::chain;
use vigil_local::Stack;

/// What changes a CA.
const CHANGES: [&str; 6] = [
    "acm-pca:CreatePermission",
    "acm-pca:PutPolicy",
    "acm-pca:RestoreCertificateAuthority",
    "acm-pca:TagCertificateAuthority",
    "acm-pca:UntagCertificateAuthority",
    "acm-pca:UpdateCertificateAuthority",
];

const FUNCTIONS: [&str; 6] = [
    "vigil-audit-report",
    "vigil-auto-restore",
    "vigil-crl-audit",
    "vigil-last-resort",
    "vigil-notify",
    "vigil-restore-deadline",
];

/// The findings of a rule, each as title and what to do.
fn texts(world: &World, rule: &str) -> Vec<String> {
    let text =
        |finding: &serde_json::Value| format!("{}\n{}", finding["title"], finding["what_to_do"]);
    world.findings(rule).iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_observe_nothing_is_restored_and_findings_say_so() {
    let parameters = [("Mode", "observe"), ("PutBack", "true"), ("SweepSchedule", "rate(1 hour)")];
    let world = World::start_with(&parameters).await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.disable(&ca).await;
    world.delete_disabled(&ca, 7).await;
    world.advance(Duration::days(7) - Duration::minutes(20)).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));
    world.assert_nothing_failed();

    let judged = texts(&world, "auto-restore.escalated");
    assert_eq!(judged.len(), 1, "{judged:#?}");
    assert!(judged[0].contains("Not restored, as Vigil only observes: "), "{judged:#?}");
    let alerts = texts(&world, "restore-deadline.threshold");
    assert!(alerts.last().unwrap().contains("Mode is observe"), "{alerts:#?}");
    let last = texts(&world, "last-resort.restored");
    assert!(last[0].contains("the last resort would restore it"), "{last:#?}");
    for (function, action) in
        FUNCTIONS.iter().flat_map(|name| CHANGES.map(|action| (*name, action)))
    {
        assert!(!world.stack.would_allow(function, action, &ca), "{function} {action}");
        assert!(!world.stack.calls().iter().any(|call| call.action == action), "{action}");
    }
}

/// The ARN of a role has its path: policies that name a role without it would refuse every seal and
/// every finding.
#[tokio::test(flavor = "multi_thread")]
async fn roles_under_a_path_restore_and_publish() {
    let world = World::start_with(&[("RolePath", "/pki/vigil/")]).await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.delete(&ca, 7).await;
    world.assert_nothing_failed();
    assert_eq!(world.findings("auto-restore.restored").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_others_takes_findings_and_changes() {
    let topic = "arn:aws:sns:us-east-1:444455556666:incidents";
    let world = World::start_with(&[("TopicArn", topic)]).await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.delete(&ca, 7).await;
    world.assert_nothing_failed();
    let published = world.lines("targets", "incidents");
    assert!(published[0]["message"].as_str().unwrap().contains("auto-restore.restored"));
    assert!(!world.mails(ALERT_EMAIL).is_empty(), "AlertEmail is subscribed to it");
    assert!(world.lines("targets", "Alerts").is_empty());
}

/// What a deployment with these parameters is refused with.
async fn refused(parameters: &[(&str, &str)]) -> String {
    let mut stack = Stack::builder().template(root().join("infra/template.yaml"));
    for (name, value) in parameters {
        stack = stack.parameter(*name, *value);
    }
    match stack.start().await {
        Ok(_) => panic!("{parameters:?} is taken"),
        Err(error) => chain(&error),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_parameter_is_refused_with_what_to_change() {
    for (parameter, value, want) in [
        ("RestoresPerDay", "-1", "RestoresPerDay must be a whole number from 0 to 4294967295"),
        ("FetchDistributionPoints", "yes", "true, false"),
        ("LogRetentionDays", "100", "LogRetentionDays"),
        ("Mode", "dry-run", "enforce, observe"),
        ("TopicArn", "incidents", "TopicArn must be the ARN of a standard SNS topic"),
        ("KmsKeyArn", "alias/vigil", "KmsKeyArn must be the ARN of a KMS key"),
        ("RolePath", "pki", "RolePath must begin and end with a slash"),
        ("ObjectLockDays", "-1", "ObjectLockDays must be a whole number"),
    ] {
        let why = refused(&[("AlertEmail", "pki@example.com"), (parameter, value)]).await;
        assert!(why.contains(parameter) && why.contains(want), "{why}");
    }
    let why = refused(&[]).await;
    assert!(why.contains("Set AlertEmail, OnCallEmail, TopicArn or SecurityHub"), "{why}");
    let why = refused(&[("AlertEmail", "pki@example.com"), ("TakeOver", "true")]).await;
    assert!(why.contains("vigil-evidence-111122223333-us-east-1"), "{why}");
}
