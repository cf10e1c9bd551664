//! Who deleted a CA, where an event claims it.

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::World;
use serde_json::{Value, json};
use time::Duration;
use vigil_local::SECRET;

use super::support::assert_not_lost;

fn permit(caller: &str) -> String {
    format!(
        r#"@id("own") permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource)
           when {{ principal has arn && principal.arn == "{caller}" }};
           @id("switch") permit(principal, action == Vigil::Action::"RestoreAtDeadline", resource);"#
    )
}

/// An event of the CA's deletion by this caller, which CloudTrail never recorded.
async fn deliver_invented(world: &World, ca: &str, caller: &Value) {
    let mut invented: Value =
        serde_json::from_str(include_str!("../../../../infra/events/deletion.json")).unwrap();
    let now = world.stack.timeline().clock().now();
    let detail = &mut invented["detail"];
    detail["userIdentity"] = caller.clone();
    detail["eventTime"] =
        json!(now.format(&time::format_description::well_known::Rfc3339).unwrap());
    detail["requestParameters"]["certificateAuthorityArn"] = json!(ca);
    world.stack.deliver(invented);
    world.stack.settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_permits_where_cloudtrail_has_recorded_it() {
    let world = World::start().await;
    let first = world.active_root(None).await;
    world.delete(&first, 7).await;
    assert_not_lost(&world, &first, "no policy permits it").await;
    let caller = world.event("DeleteCertificateAuthority")["detail"]["userIdentity"]["arn"].clone();
    world.publish(&permit(caller.as_str().unwrap())).await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));
    assert_eq!(world.findings("auto-restore.deletion-permitted").len(), 1);
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_event_cannot_name_the_caller() {
    let world = World::start().await;
    let pipeline = "arn:aws:iam::111122223333:role/Pipeline";
    world.publish(&permit(pipeline)).await;
    let ca = world.active_root(None).await;
    world.stack.lose_events(true);
    world.delete(&ca, 7).await;
    world.stack.lose_events(false);
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));
    deliver_invented(&world, &ca, &json!({"type": "IAMUser", "arn": pipeline})).await;
    assert_not_lost(&world, &ca, "an invented event").await;
    let told = world.findings("auto-restore.events-contradictory");
    assert_eq!((told.len(), &told[0]["severity"]), (1, &json!("CRITICAL")), "{told:#?}");
    world.assert_nothing_failed();
}

/// No event came, and a policy is for the very caller.
#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_learns_from_cloudtrail_who_deleted() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.stack.lose_events(true);
    world.delete(&ca, 7).await;
    world.stack.lose_events(false);
    world.advance(Duration::hours(1)).await;
    assert_not_lost(&world, &ca, "a lost event").await;
    let told = world.findings("auto-restore.restored");
    assert!(told[0]["evidence"]["deleted_by"].to_string().contains("user/"), "{told:#?}");
    world.assert_nothing_failed();
}

/// carol signs an approval, deletes the CA, and has an event name bob in place of the true one.
#[tokio::test(flavor = "multi_thread")]
async fn an_approver_who_hides_behind_an_event_loses_no_ca() {
    // The last resort would be faster by an hour.
    let parameters = [("SweepSchedule", "rate(1 hour)"), ("LastResort", "false")];
    let mut world = World::start_with(&parameters).await;
    world.pca = testkit::pca::client_at(world.stack.endpoint(), "carol", SECRET, "us-east-1");
    let ca = world.active_root(None).await;
    let approve = ["approve", &ca, "--by", "dave", "--reason", "r"];
    let (is_done, text) = world.vigil("carol", &approve).await;
    assert!(is_done, "{text}");
    world.stack.lose_events(true);
    world.delete(&ca, 7).await;
    world.stack.lose_events(false);
    let bob = json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/bob"});
    deliver_invented(&world, &ca, &bob).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "it is approved");
    world.advance(Duration::days(7) - Duration::minutes(30)).await;
    assert_not_lost(&world, &ca, "an event that hides the approver").await;
    let told = world.findings("auto-restore.evidence-suspicious");
    let text = told.last().map(Value::to_string).unwrap_or_default();
    assert!(text.contains("one of those who may sign"), "{told:#?}");
}
