//! What a call has changed may take a moment to show.

use super::{
    super::{Act, CaseState, Outcome, Restorer},
    world::*,
};
use crate::failure::Failure;

fn lagging(looks: usize) -> World {
    let world = World::new();
    *world.authorities.lag.lock().unwrap() = looks;
    world
}

#[test]
fn a_restoration_that_shows_late_is_waited_for_and_is_ours() {
    let world = lagging(3);
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.calls.count("wait"), 3);
    let case = world.case();
    let restored = &case.entries()[3].act;
    assert!(
        matches!(restored, Act::Restored { by: Restorer::Vigil, request_id: Some(_), .. }),
        "{restored:?}"
    );
}

#[test]
fn patience_ends_and_the_repetition_finds_what_was_done() {
    let world = lagging(6);
    let error = world.deliver().unwrap_err();
    assert_eq!(error.error_type(), "StillDeleted");
    assert_eq!(world.authorities.calls.count("wait"), 5);
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.changed("restore"), 1);
}

#[test]
fn going_back_into_service_is_waited_for_too() {
    let world = World::new();
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    *world.authorities.lag.lock().unwrap() = 4;
    let Outcome::Case(outcome) = world.deliver().unwrap() else { panic!() };
    assert_eq!(outcome.state, CaseState::Reactivated);
    // Whichever of the two changes took them.
    assert_eq!(world.authorities.calls.count("wait"), 4);
}
