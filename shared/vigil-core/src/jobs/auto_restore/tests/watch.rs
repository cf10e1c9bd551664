//! What permits and decides, as it appears in the evidence bucket.

use serde_json::json;
use time::Duration;

use super::world::*;
use crate::{
    ca::{Ca, CaStatus},
    fakes,
    finding::Severity,
    jobs::acknowledgement::Ack,
    policy::{PolicyFile, Publication},
    rules::{
        fixtures::{assert_all_kinds, assert_presentable},
        permits,
    },
};

const PERMIT: &str = "permit(principal, action, resource);";
const FORBID: &str = "forbid(principal, action, resource);";

/// A CA that nothing happens to.
fn quiet() -> World {
    World::with(vec![Ca { status: CaStatus::Active, ..fakes::deleted_ca(AT) }])
}

fn publish(world: &World, version: u64, text: &str) {
    let files = vec![PolicyFile { name: "own.cedar".to_owned(), text: text.to_owned() }];
    let author = "carol".to_owned();
    let set = Publication { version, author, published_at: AT, files };
    fakes::put_signed(&world.evidence, "policies/set.json", set);
}

fn acknowledge(world: &World) {
    let ack = Ack {
        ca: fakes::ARN.parse().unwrap(),
        by: "carol".to_owned(),
        until: AT + Duration::DAY,
        restorable_until: Some(AT + Duration::days(7)),
        acknowledged_at: AT,
    };
    fakes::put_signed(&world.evidence, &APPROVAL.replace("approvals/", "acks/"), ack);
}

fn told(world: &World, after: i64) -> Vec<(String, Severity)> {
    let before = world.bus.published.lock().unwrap().len();
    world.sweep(Duration::minutes(after)).unwrap();
    let published = world.bus.published.lock().unwrap();
    let kind = |of: &crate::finding::Finding| {
        (of.evidence["kind"].as_str().unwrap().to_owned(), of.severity)
    };
    published[before..].iter().map(kind).collect()
}

#[test]
fn a_new_set_of_policies_is_reported_once() {
    let world = quiet();
    publish(&world, 1, FORBID);
    assert_eq!(told(&world, 1), [("replaced".to_owned(), Severity::High)]);
    assert!(world.bus.last().what_happened.contains("the built-in policies"));
    assert_eq!(told(&world, 2), []);
    publish(&world, 2, PERMIT);
    assert_eq!(told(&world, 3), [("replaced".to_owned(), Severity::High)]);
    assert!(world.bus.last().what_happened.contains("version 1 by carol"));
    assert!(world.bus.last().what_happened.contains(fakes::APPROVERS));
}

#[test]
fn an_older_set_that_is_put_back_does_not_decide() {
    let world = World::new();
    publish(&world, 1, PERMIT);
    let old = String::from_utf8(world.evidence.body("policies/set.json")).unwrap();
    publish(&world, 2, FORBID);
    told(&world, 1);
    world.evidence.put("policies/set.json", &old);
    assert!(is_restored(&world.deliver().unwrap()));
    let why = world.bus.last().evidence["problem"].to_string();
    assert!(why.contains("version 1 is older than version 2"), "{why}");
    assert_eq!(told(&world, 20), [("not-counted".to_owned(), Severity::Critical)]);
    assert_eq!(told(&world, 40), [], "once");
}

#[test]
fn another_set_of_the_same_version_does_not_decide() {
    let world = World::new();
    publish(&world, 1, FORBID);
    told(&world, 1);
    publish(&world, 1, PERMIT);
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(world.bus.rules().contains(&"auto-restore.policies-unusable".to_owned()));
}

#[test]
fn a_set_that_is_gone_is_reported() {
    let world = quiet();
    publish(&world, 7, FORBID);
    told(&world, 1);
    world.evidence.remove("policies/set.json");
    assert_eq!(told(&world, 2), [("not-counted".to_owned(), Severity::Critical)]);
    publish(&world, 8, FORBID);
    assert_eq!(told(&world, 3), [("replaced".to_owned(), Severity::High)]);
}

#[test]
fn an_approval_or_acknowledgement_is_reported_once() {
    let world = quiet();
    world.approve("2026-11-26T00:00:00Z");
    assert_eq!(told(&world, 1), [("approval".to_owned(), Severity::High)]);
    let finding = world.bus.last();
    assert!(finding.what_happened.contains("bob"), "{}", finding.what_happened);
    assert!(finding.what_happened.contains(fakes::APPROVERS), "{}", finding.what_happened);
    assert_eq!(told(&world, 2), []);
    world.approve("2026-11-25T00:00:00Z");
    assert_eq!(told(&world, 3), [("approval".to_owned(), Severity::High)], "changed");
    acknowledge(&world);
    assert_eq!(told(&world, 4), [("acknowledgement".to_owned(), Severity::High)]);
}

/// Its text would otherwise reach who is on call, as often as its author likes.
#[test]
fn what_does_not_count_is_reported_daily_and_not_quoted() {
    let world = quiet();
    let forge = |name: &str| {
        let statement = json!({"ca": fakes::ARN, "approved_by": format!("URGENT\u{202e} {name}"),
            "reason": "URGENT", "approved_at": "2026-11-20T09:00:00Z",
            "expires": "2026-11-21T10:00:00Z"});
        let signature = json!({"key": "URGENT\u{2028} verified by AWS", "signature": "URGENT"});
        let forged = json!({"statement": statement, "signatures": [signature]});
        world.evidence.put(APPROVAL, &forged.to_string());
    };
    let once = [("not-counted".to_owned(), Severity::Medium)];
    forge("sign in at https://vigil-sso.example");
    assert_eq!(told(&world, 1), once);
    let finding = serde_json::to_string(&world.bus.last()).unwrap();
    assert!(!finding.contains("URGENT"), "{finding}");
    forge("again");
    assert_eq!(told(&world, 2), [], "at most one a day");
    world.evidence.remove(APPROVAL);
    assert_eq!(told(&world, 3), []);
    forge("and again");
    assert_eq!(told(&world, 4), []);
    assert_eq!(told(&world, 24 * 60), [], "it has not changed");
    world.evidence.put(APPROVAL, "URGENT");
    assert_eq!(told(&world, 24 * 60 + 1), once);
    world.approve("2026-11-26T00:00:00Z");
    let counts = [("approval".to_owned(), Severity::High)];
    assert_eq!(told(&world, 24 * 60 + 2), counts, "what counts is reported at once");
}

#[test]
fn every_kind_reads_as_its_golden_file_says() {
    let world = quiet();
    publish(&world, 2, FORBID);
    world.approve("2026-11-26T00:00:00Z");
    acknowledge(&world);
    told(&world, 1);
    world.evidence.put(&APPROVAL.replace("approvals/", "acks/"), "{}");
    publish(&world, 1, PERMIT);
    told(&world, 2);
    let all = world.bus.published.lock().unwrap().clone();
    all.iter().for_each(assert_presentable);
    assert_all_kinds("permits", permits::RULES, &all);
}
