//! Who deleted a CA is what CloudTrail's event history says, where that would let the deletion stand.

use serde_json::{Value, json};
use time::Duration;

use super::{
    super::{Act, CaseState, Outcome, Source, SweepResult},
    world::*,
};
use crate::{ca::CaStatus, fakes, finding::Severity};

const PIPELINE: &str = "arn:aws:iam::111122223333:role/Pipeline";
const OWN: &str = r#"@id("pipeline")
    permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource)
    when { principal has arn && principal.arn == "arn:aws:iam::111122223333:role/Pipeline" };
    @id("switch") permit(principal, action == Vigil::Action::"RestoreAtDeadline", resource)
    unless { principal has arn && principal.arn == "arn:aws:iam::111122223333:role/Pipeline" };"#;

fn by_pipeline() -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["userIdentity"]["arn"] = json!(PIPELINE);
    event
}

fn world() -> World {
    let world = World::new();
    fakes::put_policies(&world.evidence, &[("own.cedar", OWN)]);
    world
}

fn record(world: &World, event: &Value) {
    world.authorities.history.lock().unwrap().push(event["detail"].clone());
}

#[test]
fn a_principal_permits_once_cloudtrail_has_recorded_it() {
    let world = world();
    record(&world, &by_pipeline());
    let outcome = world.deliver_event(&by_pipeline()).unwrap();
    assert_eq!(state(&outcome), Some(CaseState::Permitted));
}

#[test]
fn an_event_that_is_not_recorded_yet_is_judged_later() {
    let world = world();
    let outcome = world.deliver_event(&by_pipeline()).unwrap();
    assert_eq!(state(&outcome), Some(CaseState::Seen), "CloudTrail takes some minutes");
    assert!(world.bus.rules().is_empty());
    record(&world, &by_pipeline());
    let SweepResult::Run { outcome } = world.result(SETTINGS.settle) else { panic!() };
    assert_eq!(state(&outcome), Some(CaseState::Permitted));
}

#[test]
fn an_event_that_is_never_recorded_restores() {
    let world = world();
    world.deliver_event(&by_pipeline()).unwrap();
    let SweepResult::Run { outcome } = world.result(SETTINGS.settle) else { panic!() };
    assert!(is_restored(&outcome));
    let unknown = world.case().judgement().unwrap().unknown.clone();
    assert!(unknown.iter().any(|why| why.contains("event history does not have")), "{unknown:?}");
}

#[test]
fn a_history_that_may_not_be_asked_restores_at_once() {
    let world = world();
    record(&world, &by_pipeline());
    world.authorities.calls.fail_next("LookupEvents", fakes::denied("LookupEvents"));
    assert!(is_restored(&world.deliver_event(&by_pipeline()).unwrap()));
}

/// Throttled or down: asked again by the sweep, and then no longer.
#[test]
fn a_history_that_fails_is_asked_again_and_then_restores() {
    let world = world();
    world.authorities.calls.fail_next("LookupEvents", fakes::broken("LookupEvents"));
    let outcome = world.deliver_event(&by_pipeline()).unwrap();
    assert_eq!(state(&outcome), Some(CaseState::Seen));
    world.authorities.calls.fail_next("LookupEvents", fakes::broken("LookupEvents"));
    let SweepResult::Run { outcome } = world.result(SETTINGS.settle) else { panic!() };
    assert!(is_restored(&outcome));
}

#[test]
fn a_false_caller_for_a_true_event_restores_and_is_critical() {
    let world = world();
    record(&world, &serde_json::from_str(EVENT).unwrap());
    assert!(is_restored(&world.deliver_event(&by_pipeline()).unwrap()));
    let told = world.bus.last();
    assert_eq!(told.rule, "auto-restore.events-contradictory");
    assert_eq!(told.severity, Severity::Critical);
    assert!(told.what_happened.contains("alice"), "{}", told.what_happened);
}

/// What the record does not say, an event cannot add: a source address, a user agent, a window.
#[test]
fn the_record_is_judged_and_not_what_an_event_adds() {
    let world = World::new();
    let own = r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource)
        when { context has userAgent && context.userAgent == "pipeline" };"#;
    fakes::put_policies(&world.evidence, &[("own.cedar", own)]);
    record(&world, &serde_json::from_str(EVENT).unwrap());
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["userAgent"] = json!("pipeline");
    assert!(is_restored(&world.deliver_event(&event).unwrap()));
}

#[test]
fn the_sweep_asks_who_deleted_what_had_no_event() {
    let world = world();
    record(&world, &by_pipeline());
    let SweepResult::Run { outcome } = world.result(SETTINGS.settle) else { panic!() };
    assert_eq!(state(&outcome), Some(CaseState::Permitted));
    let case = world.case();
    assert!(matches!(case.entries()[0].act, Act::Seen { source: Source::History, .. }));
    assert_eq!(case.deletion().by.name(), PIPELINE);
    assert_eq!(world.authorities.calls.count("LookupEvents"), 1, "two calls a second");
}

/// Deleted, restored and deleted again within a minute: the last deletion left the CA as it is.
#[test]
fn of_records_within_a_minute_the_last_one_names_the_caller() {
    let by = |at: &str, is_pipeline: bool| {
        let mut event = deletion_at(at);
        if is_pipeline {
            event["detail"]["userIdentity"]["arn"] = json!(PIPELINE);
            event["detail"]["eventID"] = json!("of-the-pipeline");
        }
        event
    };
    let (before, last) = ("2026-11-20T09:59:30Z", "2026-11-20T10:00:00Z");
    for (first, second, want) in [
        (by(before, false), by(last, true), CaseState::Permitted),
        (by(before, true), by(last, false), CaseState::Restored),
        (by(last, true), by(last, false), CaseState::Restored),
    ] {
        let is_one_second = first["detail"]["eventTime"] == second["detail"]["eventTime"];
        let world = world();
        record(&world, &first);
        record(&world, &second);
        let SweepResult::Run { outcome } = world.result(SETTINGS.settle) else { panic!() };
        assert_eq!(state(&outcome), Some(want), "{first} {second}");
        let contradicts = world.bus.rules().iter().any(|rule| rule.ends_with("contradictory"));
        assert_eq!(contradicts, is_one_second);
    }
}

/// The event of the pipeline is true, and another principal's deletion came after it.
#[test]
fn an_event_is_not_believed_where_a_later_call_is_recorded() {
    let world = world();
    let mut earlier = by_pipeline();
    earlier["detail"]["eventTime"] = json!("2026-11-20T09:59:30Z");
    record(&world, &earlier);
    record(&world, &deletion_at("2026-11-20T10:00:00Z"));
    assert!(is_restored(&world.deliver_event(&earlier).unwrap()));
}

/// Two events of a deletion that was permitted: one is made up, and it is not known which.
#[test]
fn a_second_event_of_a_permitted_deletion_restores() {
    let world = world();
    record(&world, &by_pipeline());
    world.deliver_event(&by_pipeline()).unwrap();
    let second = deletion_at("2026-11-20T10:00:00Z");
    assert!(is_restored(&world.deliver_event(&second).unwrap()));
    assert_eq!(world.bus.last().rule, "auto-restore.events-contradictory");
}

fn by_mallory() -> Value {
    let mut event: Value = serde_json::from_str(EVENT).unwrap();
    event["detail"]["userIdentity"]["arn"] = json!("arn:aws:iam::111122223333:user/mallory");
    event
}

/// A principal that may invoke the function knows the true id, and can be faster than CloudTrail.
#[test]
fn a_known_id_with_another_caller_or_time_restores() {
    let truth: Value = serde_json::from_str(EVENT).unwrap();
    let mut later = truth.clone();
    later["detail"]["eventTime"] = json!("2026-11-20T10:00:20Z");
    for forged in [by_mallory(), later] {
        for (first, second) in [(&forged, &truth), (&truth, &forged)] {
            let world = World::new();
            world.approve("2026-11-26T00:00:00Z");
            let permitted = world.deliver_event(first).unwrap();
            assert_eq!(state(&permitted), Some(CaseState::Permitted));
            let again = world.deliver_event(first).unwrap();
            assert!(matches!(again, Outcome::Duplicate { .. }), "CloudTrail delivers it twice");
            assert!(is_restored(&world.deliver_event(second).unwrap()));
            let told = world.bus.last();
            assert_eq!(told.rule, "auto-restore.events-contradictory");
            assert!(told.what_happened.contains("alice at 2026-11-20T10:00:00Z"), "{told:?}");
        }
    }
}

#[test]
fn the_event_of_a_recorded_deletion_is_a_duplicate() {
    let world = World::new();
    world.approve("2026-11-26T00:00:00Z");
    record(&world, &serde_json::from_str(EVENT).unwrap());
    let SweepResult::Run { outcome } = world.result(SETTINGS.settle) else { panic!() };
    assert_eq!(state(&outcome), Some(CaseState::Permitted));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert!(is_restored(&world.deliver_event(&by_mallory()).unwrap()));
    let changes = world.authorities.calls.count("restore");
    let third = by_pipeline();
    assert!(
        matches!(world.deliver_event(&third).unwrap(), Outcome::Duplicate { .. }),
        "it is back"
    );
    assert_eq!(world.authorities.calls.count("restore"), changes);
}

/// The switch lets a CA go because of its deleter, whom an event has made up.
#[test]
fn the_switch_believes_no_deleter_that_is_not_recorded() {
    let world = world();
    record(&world, &by_pipeline());
    world.deliver_event(&by_pipeline()).unwrap();
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    let last = Duration::days(7) - Duration::minutes(30);
    world.sweep(last).unwrap();
    assert_eq!(world.authorities.status(), CaStatus::Deleted, "the pipeline's own");
    world.authorities.history.lock().unwrap().clear();
    world.sweep(last + Duration::minutes(5)).unwrap();
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}
