//! What is authentic, used once more or for something else; and what S3 and KMS can do to an object.

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::{APPROVER_KEY, EVIDENCE, POLICY_KEY, World, id};
use serde_json::{Value, json};
use time::Duration;

use super::support::{after_the_window, assert_not_lost, case_key, put_text};

const HOURLY: (&str, &str) = ("SweepSchedule", "rate(1 hour)");

fn aws(world: &World, arguments: &[&str]) -> Result<String, String> {
    e2e::cli::aws(world.stack.endpoint(), arguments)
}

fn approval_of(ca: &str) -> String {
    format!("approvals/{}.json", id(ca))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_approval_of_one_ca_is_none_for_another() {
    let world = World::start().await;
    let (approved, other) = (world.active_root(None).await, world.active_root(None).await);
    world.approve(&approved).await;
    let copy = world.object(EVIDENCE, &approval_of(&approved)).await;
    put_text(&world, &approval_of(&other), copy).await;
    world.delete(&other, 7).await;
    assert_not_lost(&world, &other, "another CA's approval").await;
    world.assert_nothing_failed();
}

/// The approval of a deletion that was undone meanwhile, put there again for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn the_approval_of_a_past_deletion_is_none_for_the_next() {
    let world = World::start_with(&[HOURLY, ("RestoresPerDay", "0")]).await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "an operator decides");
    // Of this very deletion: it names its RestorableUntil.
    world.approve(&ca).await;
    let restore = world.pca.restore_certificate_authority().certificate_authority_arn(&ca);
    restore.send().await.unwrap();
    world.advance(Duration::hours(2)).await;
    world.delete_disabled(&ca, 7).await;
    after_the_window(&world).await;
    assert_not_lost(&world, &ca, "an approval of before").await;
}

/// What permits is asked again at the end: an approval that is removed permits no longer.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_under_a_delete_marker_permits_nothing() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));
    let delete = world.s3.delete_object().bucket(EVIDENCE).key(approval_of(&ca)).send().await;
    assert_eq!(delete.unwrap().delete_marker, Some(true));
    after_the_window(&world).await;
    assert_not_lost(&world, &ca, "an approval that was removed").await;
    assert_eq!(world.findings("last-resort.restored").len(), 1);
}

/// Nor does a record that is removed, whatever versions lie below the marker.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_under_a_delete_marker_loses_no_ca() {
    let world =
        World::start_with(&[HOURLY, ("RestoresPerDay", "0"), ("LastResort", "false")]).await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted), "an operator decides");
    let key = case_key(&world, &ca).await;
    let delete = || world.s3.delete_object().bucket(EVIDENCE).key(&key);
    let denied = delete().send().await.unwrap_err();
    assert!(format!("{denied:?}").contains("EvidenceIsOnlyAddedTo"), "{denied:?}");
    world.s3.delete_bucket_policy().bucket(EVIDENCE).send().await.unwrap();
    delete().send().await.unwrap();
    after_the_window(&world).await;
    assert_not_lost(&world, &ca, "a record that was removed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_with_all_that_s3_can_say_of_it_loses_no_ca() {
    let world = World::start().await;
    for encoding in ["gzip", "br"] {
        let ca = world.active_root(None).await;
        world.stack.lose_events(true);
        world.delete(&ca, 7).await;
        world.stack.lose_events(false);
        for key in
            [case_key(&world, &ca).await, approval_of(&ca), format!("holds/{}.json", id(&ca))]
        {
            let put = world.s3.put_object().bucket(EVIDENCE).key(key).body(b"{}".to_vec().into());
            let put = put.content_encoding(encoding).metadata("a", "x".repeat(1900));
            put.content_type("application/x-tar").send().await.unwrap();
        }
        world.advance(Duration::hours(1)).await;
        assert_not_lost(&world, &ca, encoding).await;
    }
}

/// An alias leads to another key; what counts is the key's ARN, which KMS says itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_alias_that_leads_elsewhere_approves_nothing() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    let make = [
        "kms",
        "create-key",
        "--key-spec=ECC_NIST_P256",
        "--key-usage=SIGN_VERIFY",
        "--query=KeyMetadata.KeyId",
        "--output=text",
    ];
    let own = aws(&world, &make).unwrap();
    let target = format!("--target-key-id={}", own.trim());
    aws(&world, &["kms", "create-alias", "--alias-name=alias/approvers", &target]).unwrap();
    let arguments = ["approve", &ca, "--by", "carol", "--reason", "r", "--key", "alias/approvers"];
    let (is_done, text) = world.vigil("mallory", &arguments).await;
    assert!(is_done, "{text}");
    // As signed, and as if it were by the approvers' key.
    let signed = world.object(EVIDENCE, &approval_of(&ca)).await;
    let mut claimed: Value = serde_json::from_slice(&signed).unwrap();
    assert_ne!(claimed["signatures"][0]["key"], APPROVER_KEY);
    for key in [APPROVER_KEY, POLICY_KEY, "alias/approvers", &APPROVER_KEY.to_uppercase()] {
        world.delete(&ca, 7).await;
        assert_not_lost(&world, &ca, key).await;
        claimed["signatures"][0]["key"] = json!(key);
        put_text(&world, &approval_of(&ca), claimed.to_string()).await;
        world.advance(Duration::days(1) + Duration::hours(1)).await;
    }
}
