//! Approvals, acknowledgements and policies that are not signed, or not by an approver.

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use e2e::world::{APPROVER_KEY, POLICY_KEY, World, id};
use serde_json::{Value, json};
use time::Duration;
use vigil_core::{
    policy::Approval,
    signed::{Signature, Signed},
};

use vigil_local::SECRET;

use super::support::{after_the_window, assert_not_lost, put_text, sign};

const PERMIT_ALL: &str = "permit(principal, action, resource);";

fn approval(ca: &str) -> Approval {
    serde_json::from_value(json!({"ca": ca, "approved_by": "carol", "reason": "CHG-1",
        "approved_at": "2026-01-05T09:00:00Z", "expires": "2026-01-07T09:00:00Z"}))
    .unwrap()
}

fn body(statement: Approval, signatures: Vec<Signature>) -> Vec<u8> {
    Signed { statement, signatures }.to_json().unwrap()
}

/// The findings about the CA, as text.
fn told(world: &World, ca: &str) -> String {
    let told = world.findings("auto-restore.evidence-suspicious");
    told.iter().filter(|one| one["resource"] == ca).map(Value::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_is_signed_lets_a_ca_end() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    assert_eq!(world.status(&ca).await, Some(Status::Deleted));
    after_the_window(&world).await;
    assert_eq!(world.status(&ca).await, None, "gone, with the last resort at work");
    assert!(world.findings("last-resort.").is_empty());
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_without_a_good_signature_permits_nothing() {
    let world = World::start().await;
    let retired = format!("{POLICY_KEY}0");
    for attack in ["unsigned", "foreign", "of another", "changed", "by the publishers"] {
        let ca = world.active_root(None).await;
        let good = approval(&ca);
        let other = Approval { reason: "CHG-2".to_owned(), ..good.clone() };
        let by_approver = sign(&world, APPROVER_KEY, &good).await;
        let (object, why) = match attack {
            "unsigned" => (serde_json::to_vec(&good).unwrap(), "it is not signed"),
            "foreign" => {
                let signature = Signature { key: retired.clone(), ..by_approver };
                (body(good, vec![signature]), "which the stack does not name")
            }
            "of another" => {
                let signature = sign(&world, POLICY_KEY, &good).await;
                let claimed = Signature { key: APPROVER_KEY.to_owned(), ..signature };
                (body(good, vec![claimed]), "not for what it says")
            }
            "changed" => (body(other, vec![by_approver]), "not for what it says"),
            _ => {
                let signature = sign(&world, POLICY_KEY, &good).await;
                (body(good, vec![signature]), "which the stack does not name")
            }
        };
        put_text(&world, &format!("approvals/{}.json", id(&ca)), object).await;
        world.delete(&ca, 7).await;
        assert_not_lost(&world, &ca, attack).await;
        let told = told(&world, &ca);
        assert!(told.contains(&format!("approvals/{}.json", id(&ca))), "{attack}: {told}");
        assert!(told.contains(why), "{attack}: {told}");
    }
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_key_permits_nothing_and_is_named_with_its_date() {
    let retired = format!("{APPROVER_KEY}@2026-01-01");
    let world = World::start_with(&[("RetiredKeys", &retired)]).await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    assert_not_lost(&world, &ca, "retired").await;
    let told = told(&world, &ca);
    assert!(told.contains("which was retired on 2026-01-01"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kms_that_is_disabled_restores() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    let endpoint = world.stack.endpoint();
    e2e::cli::aws(endpoint, &["kms", "disable-key", "--key-id=ApproverKey"]).unwrap();
    e2e::cli::aws(endpoint, &["kms", "disable-key", "--key-id=StateKey"]).unwrap();
    world.delete(&ca, 7).await;
    assert_not_lost(&world, &ca, "disabled keys").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_sign_cannot_approve() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    let (is_done, text) = world.vigil("bob", &["approve", &ca, "--by", "carol"]).await;
    assert!(!is_done && text.contains("Sign was refused"), "{text}");
    assert!(world.evidence("approvals/").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_groups_must_sign_where_the_stack_says_so() {
    let held = &format!("{POLICY_KEY}=arn:aws:iam::111122223333:user/erin");
    let two = [("ApprovalsNeeded", "2"), ("ApproverKeys", POLICY_KEY)];
    let world = World::start_with(&[&two[..], &[("ApproverKeyHolders", held)]].concat()).await;
    for cosigned in [false, true] {
        let ca = world.active_root(None).await;
        world.approve(&ca).await;
        if cosigned {
            let more = ["approve", &ca, "--by", "dave", "--cosign", "--key", POLICY_KEY];
            let (is_done, text) = world.vigil("carol", &more).await;
            assert!(is_done && text.contains(APPROVER_KEY), "{text}");
        }
        world.delete(&ca, 7).await;
        if cosigned {
            assert_eq!(world.status(&ca).await, Some(Status::Deleted));
        } else {
            assert_not_lost(&world, &ca, "one of two").await;
            assert!(told(&world, &ca).contains("1 of the 2 keys"), "{}", told(&world, &ca));
        }
    }
    // Whose signature it is must be known: it may be the deleter's.
    let world = World::start_with(&two).await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    let more = ["approve", &ca, "--by", "dave", "--cosign", "--key", POLICY_KEY];
    assert!(world.vigil("carol", &more).await.0);
    world.delete(&ca, 7).await;
    assert_not_lost(&world, &ca, "signed by one of nobody knows whom").await;
    assert!(told(&world, &ca).contains("ApproverKeyHolders"), "{}", told(&world, &ca));
}

/// The name in an approval and that of a session are a person's choice; who may sign is the stack's.
#[tokio::test(flavor = "multi_thread")]
async fn an_approver_who_deletes_needs_another_group() {
    let held = &format!("{POLICY_KEY}=arn:aws:iam::111122223333:user/erin");
    let others = [("ApproverKeys", POLICY_KEY), ("ApproverKeyHolders", held)];
    let mut world = World::start_with(&others).await;
    world.pca = testkit::pca::client_at(world.stack.endpoint(), "carol", SECRET, "us-east-1");
    for cosigned in [false, true] {
        let ca = world.active_root(None).await;
        let approve = ["approve", &ca, "--by", "dave", "--reason", "r", "--key", APPROVER_KEY];
        let (is_done, text) = world.vigil("carol", &approve).await;
        assert!(is_done, "{text}");
        if cosigned {
            let more = ["approve", &ca, "--by", "erin", "--cosign", "--key", POLICY_KEY];
            let (is_done, text) = world.vigil("carol", &more).await;
            assert!(is_done, "{text}");
        }
        world.delete(&ca, 7).await;
        if cosigned {
            assert_eq!(world.status(&ca).await, Some(Status::Deleted));
        } else {
            assert_not_lost(&world, &ca, "approved and deleted by one group").await;
            assert!(
                told(&world, &ca).contains("one of those who may sign"),
                "{}",
                told(&world, &ca)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_no_publisher_signed_do_not_decide() {
    let world = World::start().await;
    let set = json!({"version": 1, "author": "mallory", "published_at": "2026-01-05T09:00:00Z",
        "files": [{"name": "x.cedar", "text": PERMIT_ALL}]});
    let signature = json!({"key": POLICY_KEY, "signature": "AAAA"});
    let signed = json!({"statement": set, "signatures": [signature]});
    for (key, text) in [
        ("policies/x.cedar", PERMIT_ALL.to_owned()),
        ("policies/set.json", set.to_string()),
        ("policies/set.json", signed.to_string()),
    ] {
        let ca = world.active_root(None).await;
        put_text(&world, key, text).await;
        world.delete(&ca, 7).await;
        assert_not_lost(&world, &ca, key).await;
        let told = world.findings("auto-restore.policies-unusable");
        let last = told.last().expect("it is told");
        assert_eq!(last["severity"], "CRITICAL");
        assert!(last.to_string().contains(key), "{last:#}");
    }
    world.assert_nothing_failed();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_that_is_not_signed_silences_nothing() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    let until = super::support::window_end(&world, &ca).await;
    let until = until.format(&time::format_description::well_known::Rfc3339).unwrap();
    let ack = json!({"ca": ca, "by": "mallory", "until": until, "restorable_until": until,
        "acknowledged_at": until});
    world.put(&format!("acks/{}.json", id(&ca)), &ack).await;
    world.advance(Duration::days(4) + Duration::hours(2)).await;
    assert_eq!(world.findings("restore-deadline.threshold").len(), 2, "7 d and 3 d");
    let told = world.findings("restore-deadline.acknowledgement");
    assert_eq!(told.len(), 1, "once: {told:#?}");
    assert!(told[0].to_string().contains("it is not signed"), "{told:#?}");
    world.assert_nothing_failed();
}

/// An alert that was sent, put where the next ones would be.
#[tokio::test(flavor = "multi_thread")]
async fn forged_alerts_silence_nothing() {
    let world = World::start_for_days().await;
    let ca = world.active_root(None).await;
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::hours(2)).await;
    let sent = world.evidence(&format!("alerts/{}/", id(&ca))).await;
    assert!(sent.len() == 1 && sent[0].ends_with("/7d.json"), "{sent:?}");
    let body = world.object(e2e::world::EVIDENCE, &sent[0]).await;
    for threshold in ["3d", "1d", "6h", "1h"] {
        let next = sent[0].replace("/7d.json", &format!("/{threshold}.json"));
        put_text(&world, &next, body.clone()).await;
    }
    world.advance(Duration::days(7) - Duration::minutes(150)).await;
    assert_eq!(world.findings("restore-deadline.threshold").len(), 5);
    world.assert_nothing_failed();
}
