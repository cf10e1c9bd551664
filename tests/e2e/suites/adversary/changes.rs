//! Records that are to have Vigil change a CA beyond undoing its deletion.

use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, Tag};
use e2e::world::{World, id};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_snapshot_shares_and_tags_nothing() {
    let world = World::start().await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.disable(&ca).await;
    world.stack.settled().await;
    world.store_attachments(&ca).await;
    world.delete_disabled(&ca, 7).await;
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Active));
    world.pca.get_policy().resource_arn(&ca).send().await.expect_err("it is shared with nobody");
    let tags = world.pca.list_tags().certificate_authority_arn(&ca).send().await.unwrap();
    assert!(tags.tags().is_empty(), "{tags:?}");
    let held = world.pca.list_permissions().certificate_authority_arn(&ca).send().await.unwrap();
    assert!(held.permissions().is_empty(), "{held:?}");
    let published = world.findings("auto-restore.restored");
    assert!(published[0].to_string().contains("PutBack is off"), "{published:#?}");
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_is_marked_compromised_stays_disabled() {
    let world = World::start().await;
    let root = world.active_root(None).await;
    for by_tag in [true, false] {
        let ca = world.active_subordinate(&root).await;
        if by_tag {
            let tag = Tag::builder().key("vigil:compromised").value("INC-7").build().unwrap();
            let call = world.pca.tag_certificate_authority().certificate_authority_arn(&ca);
            call.tags(tag).send().await.unwrap();
        } else {
            world.put(&format!("holds/{}.json", id(&ca)), &json!({"incident": "INC-7"})).await;
        }
        world.delete(&ca, 7).await;
        assert_eq!(world.status(&ca).await, Some(Status::Disabled), "restored, and no more");
    }
    world.assert_nothing_failed();
}

/// Disabled for long, and a record says that it was ACTIVE until a moment ago.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_note_of_a_disabling_makes_no_ca_active() {
    let world = World::start_for_days().await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.disable(&ca).await;
    world.advance(time::Duration::days(3)).await;
    let note = json!({"ca": ca, "since": "2026-01-08T08:59:00Z", "was_active": true, "by": null,
        "event_id": null, "active_again": null});
    world.put(&format!("state/disabled/{}.json", id(&ca)), &note).await;
    world.delete_disabled(&ca, 7).await;
    world.stack.settled().await;
    assert_eq!(world.status(&ca).await, Some(Status::Disabled));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_that_vigil_did_not_publish_is_refused() {
    let world = World::start().await;
    let entries = json!([{"Source": "vigil", "DetailType": "Vigil Finding", "EventBusName": "vigil",
        "Detail": json!({"severity": "CRITICAL", "title": "false"}).to_string()}]);
    let entries = format!("--entries={entries}");
    let put = e2e::cli::aws(world.stack.endpoint(), &["events", "put-events", &entries]);
    let refused = put.unwrap_err();
    assert!(refused.contains("(AccessDeniedException)"), "{refused}");
    assert!(world.findings("").is_empty());
}
