//! A CA that is deleted again: each deletion is a case of its own, and there is an end to them.

use serde_json::json;
use time::Duration;

use super::{
    super::{CaseState, Outcome, SweepResult},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    fakes,
    finding::Severity,
};

/// The second deletion has an event of its own, with facts of its own.
#[test]
fn a_late_event_does_not_judge_a_later_deletion() {
    let world = World::with(vec![fakes::deleted_ca(AT + Duration::hours(1))]);
    let outcome = world.deliver().unwrap();
    assert!(matches!(outcome, Outcome::Superseded { .. }), "{outcome:?}");
    assert_eq!(world.authorities.calls.count("restore"), 0);
}

#[test]
fn a_late_repetition_does_not_act_on_a_later_deletion() {
    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    world.deliver().unwrap_err();
    *world.authorities.cas.lock().unwrap() = vec![fakes::deleted_ca(AT + Duration::hours(1))];
    assert_eq!(state(&world.deliver().unwrap()), Some(CaseState::Restored), "by somebody");
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    assert!(world.bus.rules().is_empty(), "the later deletion tells for itself");
}

#[test]
fn who_insists_on_deleting_gets_people_in_the_end() {
    let world = World::new();
    for (turn, at) in
        ["2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z", "2026-11-20T14:00:00Z"].iter().enumerate()
    {
        world.delete_again(AT + Duration::hours(2 * turn as i64));
        assert!(is_restored(&world.deliver_event(&deletion_at(at)).unwrap()), "{at}");
    }
    world.delete_again(AT + Duration::hours(6));
    let fourth = deletion_at("2026-11-20T16:00:00Z");
    let outcome = world.deliver_event(&fourth).unwrap();
    assert_eq!(state(&outcome), Some(CaseState::Escalated));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
    let finding = world.bus.last();
    assert_eq!(
        (finding.rule.as_ref(), finding.severity),
        ("auto-restore.escalated", Severity::Critical)
    );
    assert!(finding.title.contains("after 3 restorations"), "{}", finding.title);
    assert!(matches!(world.deliver_event(&fourth).unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(
        world.result(Duration::hours(7) - Duration::SECOND),
        SweepResult::Closed { state: CaseState::Escalated }
    );
    let SweepResult::Run { outcome } = world.result(Duration::hours(7)) else { panic!() };
    assert!(is_restored(&outcome), "after an hour's pause: {outcome:?}");
    world.delete_again(AT + Duration::hours(26));
    let next_day = deletion_at("2026-11-21T12:00:00Z");
    assert!(is_restored(&world.deliver_event(&next_day).unwrap()), "the first two are a day old");
}

/// `vigil approve` says that an approval of a DELETED CA counts for this deletion: also in a pause.
#[test]
fn an_approval_in_a_pause_lets_the_deletion_stand() {
    let world = World::new();
    for hour in [0, 2, 4] {
        world.delete_again(AT + Duration::hours(hour));
        world.deliver_event(&deletion_at(&format!("2026-11-20T{}:00:00Z", 10 + hour))).unwrap();
    }
    let deleted_at = AT + Duration::hours(6);
    world.delete_again(deleted_at);
    let outcome = world.deliver_event(&deletion_at("2026-11-20T16:00:00Z")).unwrap();
    assert_eq!(state(&outcome), Some(CaseState::Escalated));
    world.approve_deletion(deleted_at + Duration::minutes(10), deleted_at + Duration::days(7));
    let SweepResult::Run { outcome } = world.result(Duration::hours(7)) else { panic!() };
    assert_eq!(state(&outcome), Some(CaseState::Permitted));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);
}

/// Windows are whole days: a later deletion with a shorter one ends at the same second.
#[test]
fn an_approval_permits_no_later_deletion_of_that_end() {
    let until = AT + Duration::days(7);
    for permitted in [false, true] {
        let world = World::new();
        if permitted {
            world.approve_deletion(AT + Duration::SECOND, until);
        }
        world.deliver().unwrap();
        world.approve_deletion(AT + Duration::HOUR, until);
        // A person restores the CA, and another principal deletes it.
        let later = AT + Duration::DAY;
        world.authorities.set_now(later);
        *world.authorities.cas.lock().unwrap() =
            vec![Ca { restorable_until: Some(until), ..fakes::deleted_ca(later) }];
        let SweepResult::Run { outcome } = world.result(Duration::hours(25)) else { panic!() };
        assert!(is_restored(&outcome), "{outcome:?}");
        let last = world.case().judgement().unwrap().suspicious.clone();
        assert!(last.iter().any(|why| why.contains("an earlier deletion")), "{last:?}");
    }
}

/// A script can delete faster than seconds pass; both windows then end at the same one.
#[test]
fn two_deletions_within_one_second_are_two_deletions() {
    let world = World::new();
    world.deliver().unwrap();
    world.delete_again(AT);
    let mut second = deletion_at("2026-11-20T10:00:00Z");
    second["detail"]["eventID"] = json!("another");
    assert!(is_restored(&world.deliver_event(&second).unwrap()));
    assert!(matches!(world.deliver_event(&second).unwrap(), Outcome::Duplicate { .. }));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.authorities.changed("restore"), 2);
    world.delete_again(AT);
    assert!(matches!(world.result(Duration::HOUR), SweepResult::Run { .. }), "its event is lost");
    assert_eq!(world.authorities.changed("restore"), 3);
    world.delete_again(AT);
    // Each counts: before the hour's pause was over, the fourth would have been escalated.
    let SweepResult::Run { outcome } = world.result(Duration::hours(2)) else { panic!() };
    assert!(is_restored(&outcome), "{outcome:?}");
}
