//! The mode `observe`: Vigil decides and publishes, and changes nothing.

use time::Duration;

use super::{
    super::{CaseState, Settings, SweepResult, run},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    fakes,
    finding::Severity,
    jobs::case::{Outcome, act::Act},
    mode::Mode,
};

fn observing() -> Settings {
    Settings { mode: Mode::Observe, ..SETTINGS.clone() }
}

fn observe(world: &World, event: &str) -> Outcome {
    let event = serde_json::from_str(event).unwrap();
    fakes::run(run(&event, &world.ports(), &observing())).unwrap()
}

fn assert_nothing_changed(world: &World) {
    for call in ["restore", "update_status", "put_back"] {
        assert_eq!(world.authorities.calls.count(call), 0, "{call}");
    }
}

const SWEEP: &str = r#"{"task": "sweep"}"#;

#[test]
fn a_deletion_is_judged_and_published_and_not_undone() {
    let world = World::new();
    assert_eq!(state(&observe(&world, EVENT)), Some(CaseState::Escalated));
    assert_nothing_changed(&world);
    assert_eq!(world.bus.rules(), ["auto-restore.escalated"]);
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.title.starts_with("Not restored, as Vigil only observes: "));
    assert!(finding.what_to_do.contains("restore-certificate-authority"), "{}", finding.what_to_do);
    // Sweeps leave it at that, also after every pause.
    world.authorities.set_now(AT + Duration::days(2));
    observe(&world, SWEEP);
    assert_eq!(world.bus.rules().len(), 1);
    assert_nothing_changed(&world);
}

#[test]
fn a_permitted_deletion_is_permitted_as_ever() {
    let world = World::new();
    world.approve("2026-11-21T00:00:00Z");
    assert_eq!(state(&observe(&world, EVENT)), Some(CaseState::Permitted));
}

#[test]
fn set_to_enforce_the_next_sweep_judges_anew_and_restores() {
    let world = World::new();
    observe(&world, EVENT);
    let SweepResult::Run { outcome } = world.result(Duration::HOUR) else { panic!() };
    assert!(is_restored(&outcome));
    assert_eq!(world.authorities.calls.count("restore"), 1);
}

#[test]
fn what_was_approved_meanwhile_is_not_restored() {
    let world = World::new();
    observe(&world, EVENT);
    world.approve("2026-11-21T00:00:00Z");
    let SweepResult::Run { outcome } = world.result(Duration::HOUR) else { panic!() };
    assert_eq!(state(&outcome), Some(CaseState::Permitted));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
}

/// The invocation that began ended after its decision was on record.
#[test]
fn a_restoration_begun_before_is_withheld() {
    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    world.deliver().unwrap_err();
    let called = world.authorities.calls.count("restore");
    assert_eq!(state(&observe(&world, EVENT)), Some(CaseState::Escalated));
    assert_eq!(world.authorities.calls.count("restore"), called);
    assert!(world.case().entries().iter().any(|entry| entry.act == Act::Withheld));
}

#[test]
fn a_ca_that_others_restored_stays_as_it_is() {
    let world = World::new();
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    observe(&world, EVENT);
    let back = Ca { status: CaStatus::Disabled, restorable_until: None, ..fakes::deleted_ca(AT) };
    *world.authorities.cas.lock().unwrap() = vec![back];
    world.authorities.set_now(AT + Duration::HOUR);
    observe(&world, SWEEP);
    assert_nothing_changed(&world);
    let what_happened = world.bus.last().what_happened;
    assert!(what_happened.contains("Mode is observe"), "{what_happened}");
}

/// The last threshold restores nothing either.
#[test]
fn the_dead_mans_switch_only_observes() {
    let world = World::new();
    observe(&world, EVENT);
    world.authorities.set_now(AT + Duration::days(7) - Duration::minutes(30));
    observe(&world, SWEEP);
    assert_nothing_changed(&world);
}
