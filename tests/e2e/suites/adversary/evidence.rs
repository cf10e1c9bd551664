//! The evidence bucket's own protection, the watch over what permits, and signs of life.

use e2e::world::{EVIDENCE, World, id};
use serde_json::json;
use time::Duration;

use super::support::{assert_not_lost, publish_hostile, put_text};

/// bob may do everything with S3 that the bucket's policy does not deny.
#[tokio::test(flavor = "multi_thread")]
async fn each_prefix_is_written_by_its_role_alone() {
    let world = World::start_with(&[("ProtectEvidence", "true")]).await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    assert_not_lost(&world, &ca, "a protected bucket").await;
    world.advance(Duration::hours(2)).await;
    world.assert_nothing_failed();
    for key in [
        "acks/a.json",
        "alerts/a/b/1h.json",
        "anchors/20260105.json",
        "approvals/a.json",
        "cases/a/b.json",
        "findings/crl-audit/a.json",
        "policies/set.json",
        "rejected-events/a.json",
        "reports/crl-audit/a.json",
        "state/crl-audit/cas/a.json",
        "state/deadline/a.json",
        "state/inventory/us-east-1.json",
        "state/permits/policies.json",
        "state/snapshots/a.json",
        "summaries/a/b.json",
    ] {
        let put = world.s3.put_object().bucket(EVIDENCE).key(key).body(vec![1].into()).send().await;
        let refused = put.expect_err(key);
        assert!(format!("{refused:?}").contains("AccessDenied"), "{key}: {refused:?}");
    }
    // carol approves and publishes all the same.
    world.approve(&ca).await;
    world.publish("permit(principal, action, resource);").await;
}

/// Without approvers and publishers nothing that lies there could count.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_principal_may_sign_is_written_by_none() {
    let parameters = [("ProtectEvidence", "true"), ("Approvers", ""), ("Publishers", "")];
    let world = World::start_with(&parameters).await;
    for key in ["acks/a.json", "approvals/a.json", "policies/x.cedar"] {
        let put = world.s3.put_object().bucket(EVIDENCE).key(key).body(vec![1].into()).send().await;
        let refused = put.expect_err(key);
        assert!(format!("{refused:?}").contains("AccessDenied"), "{key}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_set_of_policies_is_named_and_does_not_decide() {
    let world = World::start().await;
    publish_hostile(&world, "permit(principal, action, resource);".to_owned()).await;
    let old = world.object(EVIDENCE, "policies/set.json").await;
    world.publish("forbid(principal, action, resource);").await;
    world.advance(Duration::minutes(20)).await;
    let told = world.findings("auto-restore.policies-changed");
    assert_eq!((told.len(), &told[0]["severity"]), (1, &json!("HIGH")), "{told:#?}");
    put_text(&world, "policies/set.json", old).await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    assert_not_lost(&world, &ca, "an older set").await;
    let told = world.findings("auto-restore.policies-unusable");
    assert!(told[0].to_string().contains("version 1 is older than version 2"), "{told:#?}");
    world.advance(Duration::minutes(20)).await;
    let told = world.findings("auto-restore.policies-changed");
    assert_eq!(told.last().unwrap()["severity"], "CRITICAL", "{told:#?}");
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_appears_is_sent_to_who_is_on_call() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.advance(Duration::minutes(20)).await;
    let told = world.findings("auto-restore.permit-added");
    assert_eq!((told.len(), &told[0]["resource"]), (1, &json!(ca)), "{told:#?}");
    assert_eq!(told[0]["severity"], "HIGH");
    assert!(!world.mails(e2e::world::ON_CALL_EMAIL).is_empty());
    world.assert_nothing_failed();
}

/// What left the account does not change with the records.
#[tokio::test(flavor = "multi_thread")]
async fn heads_and_signs_of_life_leave_by_the_bus() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::hours(3)).await;
    let of = |kind: &str| {
        let events = world.stack.events().into_iter().map(|seen| seen.event);
        events.filter(|event| event["detail-type"] == kind).collect::<Vec<_>>()
    };
    let beats = of("Vigil Heartbeat");
    assert!(beats.len() >= 2, "{beats:#?}");
    assert_eq!(beats[0]["detail"]["function"], "restore-deadline");
    let anchors = of("Vigil Anchor");
    assert_eq!(anchors.len(), 1, "{anchors:#?}");
    let folder = tempfile::tempdir().unwrap();
    let key = anchors[0]["detail"]["key"].as_str().unwrap();
    let anchor = folder.path().join("anchor.json");
    std::fs::write(&anchor, world.object(EVIDENCE, key).await).unwrap();
    let cases = folder.path().join("cases").join(id(&ca));
    std::fs::create_dir_all(&cases).unwrap();
    for key in world.evidence(&format!("cases/{}/", id(&ca))).await {
        let name = key.rsplit('/').next().unwrap();
        std::fs::write(cases.join(name), world.object(EVIDENCE, &key).await).unwrap();
    }
    let told: Vec<String> =
        world.findings("auto-restore.").iter().map(ToString::to_string).collect();
    std::fs::write(folder.path().join("told.log"), told.join("\n")).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let arguments = [
        "evidence",
        "verify",
        &path(""),
        "--findings",
        &path("told.log"),
        "--anchor",
        &path("anchor.json"),
    ];
    let (is_good, text) = world.vigil("carol", &arguments).await;
    assert!(is_good, "{text}");
    let digest = anchors[0]["detail"]["digest"].as_str().unwrap();
    assert!(text.contains(digest), "{text}");
}
