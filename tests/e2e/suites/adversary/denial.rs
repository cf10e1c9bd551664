//! Objects, tags and bucket policies that are to keep a CA from being restored.

use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, Tag};
use e2e::world::{World, id};
use serde_json::json;
use time::Duration;
use vigil_core::policy::Approval;

use super::support::{
    HUGE, after_the_window, assert_not_lost, case_key, deny, publish_hostile, put_signed, put_text,
};

/// A deletion whose event is lost, so that there is time to write before the sweep.
async fn deleted(world: &World) -> String {
    let ca = world.active_root(None).await;
    world.stack.lose_events(true);
    world.disable(&ca).await;
    world.delete_disabled(&ca, 7).await;
    world.stack.lose_events(false);
    ca
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_case_or_count_loses_no_ca() {
    let world = World::start_for_days().await;
    for of_case in [true, false] {
        let ca = deleted(&world).await;
        let count = format!("state/restorations/{}.json", id(&ca));
        let key = if of_case { case_key(&world, &ca).await } else { count };
        put_text(&world, &key, vec![b' '; HUGE]).await;
        world.advance(Duration::hours(2)).await;
        assert_not_lost(&world, &ca, &key).await;
        let published = world.findings("auto-restore.evidence-suspicious");
        assert!(
            published.iter().any(|one| one.to_string().contains(&key)),
            "{key}: {published:#?}"
        );
    }
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deeply_nested_policy_neither_kills_nor_decides() {
    let world = World::start_for_days().await;
    for levels in [156, 20_000] {
        let ca = world.active_root(None).await;
        let text = format!(
            r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource)
            when {{ {}true{} }};"#,
            "(".repeat(levels),
            ")".repeat(levels)
        );
        publish_hostile(&world, text).await;
        world.delete(&ca, 7).await;
        assert_not_lost(&world, &ca, "nested").await;
    }
    let published = world.findings("auto-restore.policies-unusable");
    assert!(
        published.iter().all(|one| one["severity"] == "CRITICAL") && published.len() == 2,
        "{published:#?}"
    );
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_that_acknowledge_for_ever_lose_no_ca() {
    // Without the last resort: the dead man's switch alone must not be held back.
    let parameters = [("SweepSchedule", "rate(1 hour)"), ("LastResort", "false")];
    let world = World::start_with(&parameters).await;
    let ca = world.active_root(None).await;
    for (key, value) in [
        ("vigil:deletion-acknowledged-by", "mallory"),
        ("vigil:deletion-acknowledged-until", "2099-01-01T00:00:00Z"),
    ] {
        let tag = Tag::builder().key(key).value(value).build().unwrap();
        let call = world.pca.tag_certificate_authority().certificate_authority_arn(&ca);
        call.tags(tag).send().await.unwrap();
    }
    world.advance(Duration::hours(1)).await;
    for _ in 0..4 {
        world.delete(&ca, 7).await;
    }
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "the pause after three");
    after_the_window(&world).await;
    assert_not_lost(&world, &ca, "tags").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_cannot_be_written_or_read_loses_no_ca() {
    for (actions, resource) in [(&["s3:PutObject"][..], "cases/*"), (&["s3:*"][..], "*")] {
        let parameters = [("SweepSchedule", "rate(1 hour)"), ("LastResort", "false")];
        let world = World::start_with(&parameters).await;
        let ca = world.active_root(None).await;
        deny(&world, actions, resource).await;
        world.delete(&ca, 7).await;
        world.advance(Duration::hours(2)).await;
        assert_not_lost(&world, &ca, resource).await;
        let published = world.findings("auto-restore.evidence-suspicious");
        assert!(
            published.iter().any(|one| one["severity"] == "CRITICAL"),
            "{resource}: {published:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_restorations_of_the_future_do_not_count() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    let one = json!({"case": "cases/x", "at": "9000-01-01T00:00:00Z"});
    let record = json!({"ca": ca, "restorations": [one, one, one]});
    world.put(&format!("state/restorations/{}.json", id(&ca)), &record).await;
    world.delete(&ca, 7).await;
    assert_not_lost(&world, &ca, "counts").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_by_the_deleter_or_without_end_permits_nothing() {
    let world = World::start().await;
    for (by, expires) in [
        ("arn:aws:iam::111122223333:user/bob", "2026-01-06T00:00:00Z"),
        ("Board of Directors", "9999-12-31T00:00:00Z"),
    ] {
        let ca = world.active_root(None).await;
        let statement = json!({"ca": ca, "approved_by": by, "reason": "r",
            "approved_at": "2026-01-05T09:00:00Z", "expires": expires});
        put_signed::<Approval>(&world, &format!("approvals/{}.json", id(&ca)), &statement).await;
        world.delete(&ca, 7).await;
        assert_not_lost(&world, &ca, by).await;
    }
    assert_eq!(world.findings("auto-restore.evidence-suspicious").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_the_last_year_is_a_named_error() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    let mut event = world.event("DeleteCertificateAuthority");
    event["detail"]["eventTime"] = json!("9999-12-31T23:59:59Z");
    world.stack.deliver(event);
    world.stack.settled().await;
    let last = world.stack.invocations().into_iter().rev().find(|one| !one.succeeded());
    let outcome = serde_json::to_value(last.unwrap().outcome).unwrap().to_string();
    assert!(outcome.contains("MalformedEvent"), "{outcome}");
}
