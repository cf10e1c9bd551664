//! What a second approver is brought to sign: an approval that another principal has changed or made up.

use e2e::world::{EVIDENCE, POLICY_KEY, World, id};
use serde_json::{Value, json};
use vigil_core::policy::Approval;

use super::support::{put_signed, put_text};

async fn two_groups() -> World {
    let held = &format!("{POLICY_KEY}=arn:aws:iam::111122223333:user/erin");
    World::start_with(&[("ApproverKeys", POLICY_KEY), ("ApproverKeyHolders", held)]).await
}

async fn cosign(world: &World, ca: &str) -> (bool, String) {
    let more = ["approve", ca, "--by", "dave", "--cosign", "--key", POLICY_KEY];
    world.vigil("carol", &more).await
}

async fn signatures(world: &World, key: &str) -> usize {
    let object: Value = serde_json::from_slice(&world.object(EVIDENCE, key).await).unwrap();
    object["signatures"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_was_changed_is_not_cosigned() {
    let world = two_groups().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    let key = format!("approvals/{}.json", id(&ca));
    let good: Value = serde_json::from_slice(&world.object(EVIDENCE, &key).await).unwrap();
    for (member, value) in [
        ("reason", "another"),
        ("approved_by", "mallory"),
        ("approved_at", "2026-01-05T09:02:00Z"),
        ("expires", "2026-01-06T00:00:00Z"),
    ] {
        let mut changed = good.clone();
        changed["statement"][member] = json!(value);
        put_text(&world, &key, changed.to_string()).await;
        let (is_done, text) = cosign(&world, &ca).await;
        assert!(!is_done && text.contains("is not for what the approval says"), "{member}: {text}");
        assert_eq!(signatures(&world, &key).await, 1, "{member}");
    }
    // What is signed is shown before the signature, and once more with it.
    put_text(&world, &key, good.to_string()).await;
    let (is_done, text) = cosign(&world, &ca).await;
    assert!(is_done && signatures(&world, &key).await == 2, "{text}");
    let (before, after) = text.split_once("signing it with").expect("it says when it signs");
    for shown in [before, after] {
        assert!(shown.contains("approved by carol: CHG-1042") && shown.contains(&ca), "{text}");
        assert!(shown.contains("called before 2026-01-12T"), "{text}");
    }
}

/// Signed by the first group all right, with another program than `vigil`.
#[tokio::test(flavor = "multi_thread")]
async fn what_vigil_would_not_approve_is_not_cosigned() {
    let world = two_groups().await;
    let ca = world.active_root(None).await;
    let key = format!("approvals/{}.json", id(&ca));
    for (approved_at, until, expires, why) in [
        ("2026-01-06T09:00:00Z", None, "2026-01-07T00:00:00Z", "has not come"),
        ("2026-01-05T09:00:00Z", None, "2026-01-20T00:00:00Z", "more than seven days"),
        ("2026-01-01T00:00:00Z", None, "2026-01-04T00:00:00Z", "it has expired"),
        (
            "2026-01-05T09:00:00Z",
            Some("2026-01-12T09:00:00Z"),
            "2026-01-12T09:00:00Z",
            "which is not DELETED",
        ),
    ] {
        let statement = json!({"ca": ca, "approved_by": "carol", "reason": "r",
            "approved_at": approved_at, "restorable_until": until, "expires": expires});
        put_signed::<Approval>(&world, &key, &statement).await;
        let (is_done, text) = cosign(&world, &ca).await;
        assert!(!is_done && text.contains(why), "{why}: {text}");
        assert_eq!(signatures(&world, &key).await, 1, "{why}");
    }
}
