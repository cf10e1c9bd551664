//! What approvals and policies decide, and what a policy that cannot be used does not.

use super::{
    super::{CaseOutcome, CaseState, Outcome},
    world::*,
};
use crate::{ca::CaStatus, failure::Failure, fakes, finding::Severity};

#[test]
fn an_approved_deletion_stands() {
    let world = World::new();
    world.approve("2026-11-20T10:00:01Z");
    let Outcome::Case(CaseOutcome { state: CaseState::Permitted, policies, .. }) =
        world.deliver().unwrap()
    else {
        panic!()
    };
    assert_eq!(policies, ["approved"]);
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    assert_eq!(world.bus.rules(), ["auto-restore.deletion-permitted"]);
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
}

#[test]
fn an_unreadable_approval_permits_nothing_and_is_mentioned() {
    let world = World::new();
    world.evidence.put(APPROVAL, "{}");
    assert!(is_restored(&world.deliver().unwrap()));
    let unknown = world.case().judgement().unwrap().unknown.clone();
    assert!(unknown[0].contains(APPROVAL), "{unknown:?}");
}

/// A moment's trouble with S3 is not taken for there being no approval.
#[test]
fn an_approval_that_could_not_be_asked_for_is_asked_for_again() {
    let world = World::new();
    world.approve("2026-11-26T00:00:00Z");
    world.evidence.calls.fail_next("read", fakes::broken("GetObject"));
    assert_eq!(world.deliver().unwrap_err().error_type(), "EvidenceFailed");
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    assert_eq!(state(&world.deliver().unwrap()), Some(CaseState::Permitted));
}

#[test]
fn the_buckets_policies_take_the_built_in_ones_place() {
    let world = World::new();
    let ours = "@id(\"ours\") permit(principal, action, resource);";
    fakes::put_policies(&world.evidence, &[("ours.cedar", ours)]);
    world.evidence.put("policies/README.md", "not a policy");
    let Outcome::Case(CaseOutcome { policies, .. }) = world.deliver().unwrap() else { panic!() };
    assert_eq!(policies, ["ours"]);
}

#[test]
fn policies_that_do_not_load_decide_nothing_and_are_critical() {
    let world = World::new();
    let all = "permit(principal, action, resource);";
    fakes::put_policies(&world.evidence, &[("ours.cedar", all), ("zz.cedar", "permit(")]);
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.bus.rules(), ["auto-restore.restored", "auto-restore.policies-unusable"]);
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.evidence["problem"].to_string().contains("zz.cedar"));
}

#[test]
fn policies_that_cannot_be_read_decide_nothing_either() {
    let world = World::new();
    world.evidence.fail_list("policies/");
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(world.bus.rules().contains(&"auto-restore.policies-unusable".to_owned()));
}
