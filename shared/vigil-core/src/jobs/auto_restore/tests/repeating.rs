//! An attempt that was cut short, and the record that the next one finds of it.

use super::{
    super::{Act, CaseState, Outcome},
    world::*,
};
use crate::{failure::Failure, fakes};

/// Wherever an attempt is cut short, the next one ends with one restored CA, one closed case and
/// the same finding.
#[test]
fn a_repeat_continues_wherever_the_last_attempt_was_cut_short() {
    for (name, error_type, restores, spoil) in [
        (
            "describe",
            "DescribeFailed",
            1,
            (|world: &World| {
                world.authorities.calls.fail_next("describe", fakes::broken("describe"));
            }) as fn(&World),
        ),
        ("finding the case", "EvidenceFailed", 1, |world| {
            world.evidence.calls.fail_next("list", fakes::broken("list"));
        }),
        ("judgement", "EvidenceFailed", 1, |world| {
            world.evidence.calls.fail_next("create", fakes::broken("create"));
        }),
        ("restore", "RestoreFailed", 2, |world| {
            world.authorities.calls.fail_next("restore", fakes::broken("restore"));
        }),
        ("publish", "PublishFailed", 1, |world| world.bus.fail_next()),
        ("closing", "EvidenceFailed", 1, |world| {
            world.evidence.calls.fail_next("replace", fakes::broken("replace"));
        }),
    ] {
        let world = World::new();
        spoil(&world);
        let error = world.deliver().unwrap_err();
        assert_eq!(error.error_type(), error_type, "{name}");
        assert!(is_restored(&world.deliver().unwrap()), "{name}");
        assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }), "{name}");
        assert_eq!(world.authorities.calls.count("restore"), restores, "{name}");
        let published = world.bus.published.lock().unwrap();
        assert!(published.iter().all(|finding| finding.id == published[0].id), "{name}");
        assert!(world.case().is_closed(), "{name}");
    }
}

#[test]
fn after_a_crash_a_restored_ca_is_not_restored_again() {
    let world = World::new();
    world.bus.fail_next();
    world.deliver().unwrap_err();
    assert_eq!(world.case().state(), CaseState::Restoring);
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.calls.count("restore"), 1);
}

#[test]
fn a_recorded_decision_is_carried_out_even_if_the_facts_change() {
    let world = World::new();
    world.authorities.calls.fail_next("restore", fakes::broken("restore"));
    world.deliver().unwrap_err();
    world.approve("2027-01-01T00:00:00Z");
    assert!(is_restored(&world.deliver().unwrap()));
}

#[test]
fn a_case_that_is_garbage_is_judged_anew_and_written_over() {
    let world = World::new();
    world.evidence.put(KEY, "not a case");
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.case().entries()[0].act, Act::Seen { over_unreadable: true, .. }));
}

/// Who writes into the bucket what was not so must not keep a CA from being restored.
#[test]
fn a_record_that_was_tampered_with_is_no_record() {
    let world = World::new();
    world.approve("2027-01-01T00:00:00Z");
    world.deliver().unwrap();
    let forged = world.evidence.json(KEY).to_string().replace("alice", "mallory");
    let world = World::new();
    world.evidence.put(KEY, &forged);
    assert!(is_restored(&world.deliver().unwrap()));
    assert!(matches!(world.case().entries()[0].act, Act::Seen { over_unreadable: true, .. }));
}
