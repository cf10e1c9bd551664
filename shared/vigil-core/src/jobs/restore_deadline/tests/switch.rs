//! The dead man's switch, which takes a deletion back at its last threshold.

use serde_json::{Value, json};
use time::Duration;

use super::{
    super::{Ending, Outcome, RestoreDeadlineError, Settings, Watch},
    world::*,
};
use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    fakes,
    jobs::auto_restore,
};

/// A deletion that stands by no approval, of a CA that is in use.
#[test]
fn the_dead_mans_switch_restores_only_at_the_last_threshold() {
    let second = Duration::SECOND;
    let last = Duration::days(7) - Duration::HOUR;
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    assert!(matches!(world.watch(last - second), Watch::Alerted { .. }));
    let Watch::Rescued { threshold, .. } = world.watch(last) else { panic!() };
    assert_eq!((threshold.as_str(), world.authorities.status()), ("1h", CaStatus::Disabled));
    assert!(world.bus.last().title.contains("at the last threshold"));
    let closed = world.sweep(last + Duration::HOUR).unwrap().closed;
    assert_eq!(closed[0].ending, Ending::Restored);
}

#[test]
fn the_dead_mans_switch_respects_approvals_and_acknowledgements() {
    let last = Duration::days(7) - Duration::HOUR;
    let approved = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    approve(&approved);
    delete(&approved);
    assert!(matches!(approved.watch(last), Watch::Alerted { .. }));
    let acknowledged = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    let end = AT + Duration::days(7);
    acknowledged.acknowledge(AT + last + Duration::SECOND, Some(end));
    assert!(matches!(acknowledged.watch(last), Watch::Alerted { .. }), "the last is told");
    assert_eq!(acknowledged.authorities.status(), CaStatus::Deleted);
    // It runs out with the window still open.
    assert!(matches!(acknowledged.watch(last + Duration::SECOND), Watch::Rescued { .. }));
}

/// The case says that there was one. That S3 fails at the last moment does not withdraw it.
#[test]
fn the_switch_respects_an_approval_that_became_unreadable() {
    let ten_minutes_left = Duration::days(7) - Duration::minutes(10);
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    approve(&world);
    delete(&world);
    world.evidence.fail_reading(&format!("approvals/{ID}.json"));
    assert!(matches!(world.watch(ten_minutes_left), Watch::Alerted { .. }));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);

    let unapproved = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    unapproved.evidence.fail_reading(&format!("approvals/{ID}.json"));
    assert!(matches!(unapproved.watch(ten_minutes_left), Watch::Rescued { .. }));
}

#[test]
fn where_the_switch_fails_it_is_reported_and_tried_again() {
    let last = Duration::days(7) - Duration::HOUR;
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    let error = world.sweep(last).unwrap_err();
    assert!(error.to_string().contains("at its last threshold"), "{error}");
    assert_eq!(world.alerted(), ["1h"]);
    assert!(matches!(world.watch(last + Duration::MINUTE), Watch::Rescued { .. }));
}

/// The CA is back then, and what leads auto-restore's sweep to the case is the restoration's note.
#[test]
fn auto_restores_sweep_continues_a_rescue_that_was_cut_short() {
    let last = Duration::days(7) - Duration::HOUR;
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    world.bus.fail_next();
    world.sweep(last).unwrap_err();
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    let is_published = || world.bus.rules().contains(&"auto-restore.restored".to_owned());
    world.sweep(last + Duration::MINUTE).unwrap();
    assert!(!is_published(), "restore-deadline looks after DELETED CAs");
    world.authorities.set_now(AT + last + Duration::minutes(20));
    let sweep = serde_json::json!({"task": "sweep"});
    fakes::run(auto_restore::run(&sweep, &world.ports(), &settings().rescue)).unwrap();
    assert!(is_published());
}

/// The alert says what would have been done, and the CA stays as it is.
#[test]
fn in_observe_the_last_alert_says_what_would_be_done() {
    let last = Duration::days(7) - Duration::HOUR;
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    let mut observing = settings();
    observing.rescue.mode = crate::mode::Mode::Observe;
    world.authorities.set_now(AT + last);
    let outcome = fakes::run(super::super::run(&json!({}), &world.ports(), &observing)).unwrap();
    assert!(matches!(outcome.deleted[0].watch, Watch::Alerted { .. }));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    let what_to_do = world.bus.last().what_to_do;
    assert!(what_to_do.contains("Mode is observe"), "{what_to_do}");
}

const GROUP: &str = "arn:aws:iam::111122223333:role/PkiApprovers";

fn event() -> Value {
    serde_json::from_str(include_str!("../../../../../../infra/events/deletion.json")).unwrap()
}

fn held_by(group: &str) -> Settings {
    let mut held = settings();
    held.rescue.approvers = fakes::signers().held_by(group, "");
    held
}

/// Approved by one group, and permitted by an event that names bob.
fn permitted(settings: &Settings) -> World {
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    approve(&world);
    let mut event = event();
    event["detail"]["userIdentity"] =
        json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/bob"});
    fakes::run(auto_restore::run(&event, &world.ports(), &settings.rescue)).unwrap();
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    world
}

fn with_left(
    world: &World,
    settings: &Settings,
    left: Duration,
) -> Result<Outcome, RestoreDeadlineError> {
    world.authorities.set_now(AT + Duration::days(7) - left);
    fakes::run(super::super::run(&json!({}), &world.ports(), settings))
}

/// The event may be made up by the group that approved, to hide that it deleted the CA, too.
#[test]
fn at_the_end_an_approval_counts_if_another_is_on_record() {
    let admin = "arn:aws:iam::111122223333:role/Admin";
    for (group, is_recorded, want) in [
        (GROUP, true, CaStatus::Deleted),
        (GROUP, false, CaStatus::Disabled),
        (admin, true, CaStatus::Disabled),
    ] {
        for is_readable in [true, false] {
            let settings = held_by(group);
            let world = permitted(&settings);
            if is_recorded {
                world.authorities.history.lock().unwrap().push(event()["detail"].clone());
            }
            if !is_readable {
                world.evidence.fail_reading(&format!("approvals/{ID}.json"));
            }
            with_left(&world, &settings, Duration::minutes(10)).unwrap();
            assert_eq!(world.authorities.status(), want, "{group} {is_recorded} {is_readable}");
            let published = world.bus.published.lock().unwrap();
            let is_named = published.iter().any(|told| {
                told.rule == "auto-restore.evidence-suspicious"
                    && told.evidence["objects"].to_string().contains("deleted")
            });
            assert_eq!(is_named, want == CaStatus::Disabled, "{published:?}");
        }
    }
}

#[test]
fn a_history_that_fails_is_asked_again_while_there_is_time() {
    let settings = held_by(GROUP);
    let repeats = Duration::minutes(20);
    for (failure, left, want) in [
        (fakes::broken("LookupEvents"), Duration::HOUR, CaStatus::Deleted),
        (fakes::broken("LookupEvents"), repeats + Duration::SECOND, CaStatus::Deleted),
        (fakes::broken("LookupEvents"), repeats, CaStatus::Disabled),
        (fakes::denied("LookupEvents"), Duration::HOUR, CaStatus::Disabled),
    ] {
        let world = permitted(&settings);
        world.authorities.history.lock().unwrap().push(event()["detail"].clone());
        world.authorities.calls.fail_next("LookupEvents", failure);
        let failed = with_left(&world, &settings, left).is_err();
        assert_eq!(world.authorities.status(), want, "{left}");
        assert_eq!(failed, want == CaStatus::Deleted, "it is repeated");
        with_left(&world, &settings, left - Duration::MINUTE).unwrap();
        assert_eq!(world.authorities.status(), want, "{left}, repeated");
    }
}

#[test]
fn the_history_is_not_asked_where_no_approval_is_needed() {
    let settings = held_by(GROUP);
    let world = permitted(&settings);
    let end = AT + Duration::days(7);
    world.acknowledge(end - Duration::minutes(30), Some(end));
    with_left(&world, &settings, Duration::HOUR).unwrap();
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    assert_eq!(world.authorities.calls.count("LookupEvents"), 0);
}

/// The account has two calls a second, and CAs are deleted in groups.
#[test]
fn one_question_to_the_history_is_about_all_cas() {
    let settings = held_by(GROUP);
    let world = permitted(&settings);
    let arn = fakes::ARN.replace("11223344-", "99999999-");
    let other: CaArn = arn.parse().unwrap();
    approve_ca(&world, other.clone());
    world.set(vec![fakes::deleted_ca(AT), Ca { arn: other, ..fakes::deleted_ca(AT) }]);
    let mut second = event()["detail"].clone();
    second["eventID"] = json!("of-the-other");
    second["requestParameters"]["certificateAuthorityArn"] = json!(arn);
    world.authorities.history.lock().unwrap().extend([event()["detail"].clone(), second]);
    with_left(&world, &settings, Duration::minutes(10)).unwrap();
    assert_eq!(world.authorities.changed("restore"), 0);
    assert_eq!(world.authorities.calls.count("LookupEvents"), 1);
}
