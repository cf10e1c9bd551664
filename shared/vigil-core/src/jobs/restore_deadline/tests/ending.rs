//! How a watch ends: the CA is back, or gone.

use serde_json::{Value, json};
use time::Duration;

use super::{
    super::{Ending, Watch, run},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    failure::Failure,
    fakes,
    finding::{Severity, Status},
};

fn disabled() -> Ca {
    Ca { status: CaStatus::Disabled, restorable_until: None, ..month() }
}

#[test]
fn a_restored_ca_resolves_its_alerts_once() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::days(16)).unwrap();
    world.sweep(Duration::days(23)).unwrap();
    let published: Vec<_> =
        world.bus.published.lock().unwrap().iter().map(|finding| finding.id.clone()).collect();
    world.set(vec![disabled()]);
    let outcome = world.sweep(Duration::days(24)).unwrap();
    assert_eq!(outcome.closed.len(), 1);
    assert_eq!(outcome.closed[0].ending, Ending::Restored);
    let findings = world.bus.published.lock().unwrap()[2..].to_vec();
    assert!(findings.iter().all(|finding| finding.status == Status::Resolved));
    let mut resolved: Vec<_> = findings.into_iter().map(|finding| finding.id).collect();
    resolved.sort();
    assert_eq!(resolved, {
        let mut published = published;
        published.sort();
        published
    });
    assert!(world.sweep(Duration::days(25)).unwrap().closed.is_empty());
    assert_eq!(world.bus.rules().len(), 4);
}

/// What cannot be listed is asked for by its key.
#[test]
fn alerts_are_resolved_where_their_prefixes_are_full() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::days(16)).unwrap();
    world.evidence.flood(&format!("alerts/{ID}/20261220T100000Z/"));
    world.evidence.flood("state/deadline/");
    world.set(vec![disabled()]);
    let told = world.sweep(Duration::days(24)).unwrap_err().to_string();
    assert!(told.contains("more than 10000 keys"), "{told}");
    assert_eq!(world.bus.last().status, Status::Resolved);
}

/// The alert names the thresholds that were missed, by the keys of their alerts.
#[test]
fn missed_thresholds_are_known_where_alerts_are_too_many() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::days(16)).unwrap();
    world.evidence.flood(&format!("alerts/{ID}/20261220T100000Z/"));
    let Watch::Alerted { missed, .. } = world.watch(Duration::days(29)) else { panic!() };
    assert_eq!(missed, ["7d", "3d"]);
}

#[test]
fn a_new_deletion_between_sweeps_resolves_the_earlier_alerts() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.sweep(Duration::ZERO).unwrap();
    world.set(vec![fakes::deleted_ca(AT + Duration::HOUR)]);
    world.sweep(Duration::hours(2)).unwrap();
    let published = world.bus.published.lock().unwrap();
    let statuses: Vec<_> = published.iter().map(|finding| finding.status).collect();
    assert_eq!(statuses, [Status::New, Status::Resolved, Status::New]);
    assert_eq!(published[0].id, published[1].id);
    assert_ne!(published[0].id, published[2].id);
}

#[test]
fn a_ca_that_goes_as_announced_is_published_quietly_and_once() {
    let world = World::new(vec![month()]);
    for hour in 0..30 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    world.set(Vec::new());
    let outcome = world.sweep(Duration::days(30)).unwrap();
    assert_eq!(outcome.closed[0].ending, Ending::Gone);
    let finding = world.bus.last();
    assert_eq!(
        (finding.rule.as_ref(), finding.severity),
        ("restore-deadline.gone", Severity::Informational)
    );
    let published = world.bus.rules().len();
    assert!(world.sweep(Duration::days(31)).unwrap().closed.is_empty());
    assert_eq!(world.bus.rules().len(), published);
}

#[test]
fn a_ca_that_vanishes_without_a_goodbye_gets_a_post_mortem() {
    // The schedule was down from the first day on.
    let world = World::new(vec![month()]);
    world.sweep(Duration::DAY).unwrap();
    world.set(Vec::new());
    world.sweep(Duration::days(31)).unwrap();
    let finding = world.bus.last();
    assert_eq!(
        (finding.rule.as_ref(), finding.severity),
        ("restore-deadline.gone", Severity::Critical)
    );
    assert!(finding.title.contains("never sent"), "{}", finding.title);
    assert!(finding.title.contains("Issuing CA"), "{}", finding.title);

    let world = World::new(vec![month()]);
    world.sweep(Duration::DAY).unwrap();
    world.set(Vec::new());
    world.sweep(Duration::days(2)).unwrap();
    assert!(world.bus.last().title.contains("28 days before its restoration window ends"));
    assert_eq!(world.bus.last().severity, Severity::Critical);
}

#[test]
fn an_unpublished_post_mortem_is_published_by_the_next_sweep() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::DAY).unwrap();
    world.set(Vec::new());
    world.bus.fail_next();
    assert_eq!(world.sweep(Duration::days(31)).unwrap_err().error_type(), "SweepIncomplete");
    assert_eq!(world.sweep(Duration::days(32)).unwrap().closed.len(), 1);
}

/// However well it was announced, and whatever the records of its alerts say.
#[test]
fn a_loss_that_was_not_permitted_is_critical() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    for hour in 0..7 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    world.set(Vec::new());
    world.sweep(Duration::days(7)).unwrap();
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.evidence["kind"], "unpermitted");
}

/// As last-resort judges it: what it could not know did not permit the end.
#[test]
fn a_loss_is_permitted_if_the_record_names_another() {
    const GROUP: &str = "arn:aws:iam::111122223333:role/PkiApprovers";
    let event = include_str!("../../../../../../infra/events/deletion.json");
    let event: Value = serde_json::from_str(event).unwrap();
    let deleter = "arn:aws:iam::111122223333:role/Admin";
    let denied = || Some(fakes::denied("LookupEvents"));
    for (group, is_recorded, failure, want) in [
        (GROUP, true, None, "as-announced"),
        (deleter, true, None, "unpermitted"),
        (GROUP, false, None, "unpermitted"),
        (GROUP, true, denied(), "unpermitted"),
    ] {
        let mut held = settings();
        held.rescue.approvers = fakes::signers().held_by(group, "");
        let world = World::new(vec![fakes::deleted_ca(AT)]);
        approve(&world);
        if is_recorded {
            world.authorities.history.lock().unwrap().push(event["detail"].clone());
        }
        let sweep = |after| {
            world.authorities.set_now(AT + after);
            fakes::run(run(&json!({}), &world.ports(), &held)).unwrap()
        };
        sweep(Duration::DAY);
        sweep(Duration::days(7) - Duration::minutes(30));
        world.set(Vec::new());
        if let Some(failure) = failure {
            world.authorities.calls.fail_next("LookupEvents", failure);
        }
        assert_eq!(sweep(Duration::days(7)).closed.len(), 1);
        assert_eq!(world.bus.last().evidence["kind"], want, "{group} {is_recorded}");
    }
}

/// Its end was announced and no approval permits it; it issued nothing.
#[test]
fn a_ca_that_never_had_a_certificate_is_no_loss() {
    let ca = fakes::deleted_ca(AT);
    let world = World::new(vec![Ca { serial: None, not_before: None, not_after: None, ..ca }]);
    for hour in 0..7 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    world.set(Vec::new());
    world.sweep(Duration::days(7)).unwrap();
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Informational);
    assert_eq!(finding.evidence["kind"], "never-certified");
    assert!(finding.impact.starts_with("None: "), "{}", finding.impact);
}
