//! What the sweep finds, and how it shares a case with the event.

use serde_json::json;
use time::Duration;

use super::{
    super::{Act, CaseState, Outcome, Source, SweepResult},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    failure::Failure,
    fakes,
};

#[test]
fn the_sweep_decides_a_deletion_whose_event_was_lost() {
    let world = World::new();
    let settle = SETTINGS.settle;
    assert_eq!(world.result(settle - Duration::SECOND), SweepResult::EventAwaited);
    assert!(world.evidence.keys().iter().all(|key| !key.starts_with("cases/")));
    let SweepResult::Run { outcome } = world.result(settle) else { panic!() };
    assert!(is_restored(&outcome));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    let case = world.case();
    assert!(matches!(case.entries()[0].act, Act::Seen { source: Source::Sweep, .. }));
    assert_eq!(case.deletion().by.name(), "Unknown");
    assert!(world.bus.last().what_happened.contains("CloudTrail has not recorded"));
}

#[test]
fn a_late_event_joins_the_case_that_the_sweep_has_opened() {
    let world = World::new();
    world.sweep(SETTINGS.settle).unwrap();
    let published = world.bus.rules().len();
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.evidence.keys().iter().filter(|key| key.starts_with("cases/")).count(), 1);
    assert_eq!(world.case().deletion().by.name().rsplit('/').next(), Some("alice"));
    assert_eq!((world.bus.rules().len(), world.authorities.changed("restore")), (published, 1));
}

/// What was let stand without knowing who did it is judged again once that is known.
#[test]
fn a_late_event_can_overturn_what_was_let_stand_without_it() {
    let world = World::new();
    let policies = r#"@id("any") permit(principal, action, resource);
        @id("not-admins") forbid(principal in Vigil::Principal::"arn:aws:iam::111122223333:role/Admin",
            action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    fakes::put_policies(&world.evidence, &[("ours.cedar", policies)]);
    world.sweep(SETTINGS.settle).unwrap();
    assert_eq!(world.case().state(), CaseState::Permitted);
    let Outcome::Case(outcome) = world.deliver().unwrap() else { panic!() };
    assert_eq!(
        (outcome.state, outcome.policies),
        (CaseState::Restored, vec!["not-admins".to_owned()])
    );
    assert_eq!(
        world.bus.rules(),
        [
            "auto-restore.deletion-permitted",
            "auto-restore.policies-changed",
            "auto-restore.restored"
        ]
    );
}

#[test]
fn the_sweep_leaves_alone_what_is_closed_or_in_somebodys_hands() {
    let world = World::new();
    world.approve("2026-11-26T00:00:00Z");
    world.deliver().unwrap();
    assert_eq!(world.result(Duration::HOUR), SweepResult::Closed { state: CaseState::Permitted });

    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    world.deliver().unwrap_err();
    let in_hand = SweepResult::InHand { state: CaseState::Restoring };
    assert_eq!(world.result(Duration::minutes(10)), in_hand);
    assert!(matches!(world.result(Duration::minutes(16)), SweepResult::Run { .. }));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

/// Lambda gives up after three attempts; the sweep does not.
#[test]
fn the_sweep_closes_a_case_cut_short_after_the_restoration() {
    let world = World::new();
    world.bus.fail_next();
    world.deliver().unwrap_err();
    assert!(!world.case().is_closed());
    world.sweep(Duration::HOUR).unwrap();
    assert!(world.case().is_closed());
    assert_eq!(world.bus.rules(), ["auto-restore.restored"]);
    world.sweep(Duration::hours(2)).unwrap();
    assert_eq!(world.bus.rules().len(), 1);
}

#[test]
fn a_sweep_gives_everyone_a_turn_and_fails_afterwards() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other";
    let first = Ca { arn: other.parse().unwrap(), ..fakes::deleted_ca(AT - Duration::HOUR) };
    let world = World::with(vec![fakes::deleted_ca(AT), first]);
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    let error = world.sweep(Duration::HOUR).unwrap_err();
    assert_eq!(error.error_type(), "SweepIncomplete");
    assert!(error.to_string().contains(other), "{error}");
    assert!(world.case().is_closed(), "the other one had its turn");
}

#[test]
fn only_the_templates_own_input_is_a_sweep() {
    for event in [json!({}), json!({"task": "Sweep"}), json!({"task": "sweep", "x": 1}), json!([])]
    {
        let error = World::new().deliver_event(&event).unwrap_err();
        assert_eq!(error.error_type(), "MalformedEvent", "{event}");
    }
}

/// A defect that comes of what one CA is, or of what lies in the bucket for it.
#[test]
fn a_panic_costs_no_other_ca_its_turn() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other";
    let first = Ca { arn: other.parse().unwrap(), ..fakes::deleted_ca(AT - Duration::HOUR) };
    let world = World::with(vec![fakes::deleted_ca(AT), first]);
    world.evidence.panic_reading("cases/other/");
    let error = world.sweep(SETTINGS.settle).unwrap_err();
    assert!(error.to_string().contains(&format!("{other}: Vigil panicked")), "{error}");
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}

#[test]
fn a_panic_over_a_snapshot_costs_no_other_snapshot() {
    let first = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/00";
    let active = |arn: &str| Ca {
        arn: arn.parse().unwrap(),
        status: CaStatus::Active,
        ..fakes::deleted_ca(AT)
    };
    let world = World::with(vec![active(first), active(fakes::ARN)]);
    world.evidence.panic_reading("state/snapshots/00");
    let error = world.sweep(Duration::MINUTE).unwrap_err();
    assert!(error.to_string().contains(&format!("{first}: Vigil panicked")), "{error}");
    let is_snapshot = |key: &String| key.starts_with("state/snapshots/11223344");
    assert!(world.evidence.keys().iter().any(is_snapshot));
}
