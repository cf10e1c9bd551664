//! A restored CA has to sign its next CRL.

use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{super::Act, world::*};
use crate::{
    ca::{Ca, CrlConfiguration},
    failure::Failure,
    fakes,
    finding::Severity,
};

const MEMORY: &str = "state/crl-audit/cas/11223344-1234-1122-2233-112233445566.json";
/// Half of seven days, and one.
const DUE: Duration = Duration::hours(84 + 24);

/// Half a minute after its deletion, a CA with CRLs is back.
fn restored() -> World {
    let crl = CrlConfiguration {
        enabled: true,
        expiration_in_days: Some(7),
        ..CrlConfiguration::default()
    };
    let world = World::with(vec![Ca { crl: Some(crl), ..fakes::deleted_ca(AT) }]);
    assert!(is_restored(&world.deliver().unwrap()));
    world
}

/// What crl-audit has seen.
fn crl(world: &World, this_update: OffsetDateTime) {
    let this_update = crate::instant::rfc3339(this_update);
    let memory = json!({"resource": fakes::ARN, "open": {}, "crl": {"this_update": this_update}});
    world.evidence.put(MEMORY, &memory.to_string());
}

fn last_act(world: &World) -> Act {
    world.case().entries().last().unwrap().act.clone()
}

#[test]
fn the_next_crl_proves_that_a_restored_ca_works() {
    let world = restored();
    let restored_at = AT + Duration::seconds(30);
    crl(&world, restored_at);
    world.sweep(Duration::HOUR).unwrap();
    assert!(matches!(last_act(&world), Act::Published { .. }), "it is of before");
    let this_update = restored_at + Duration::SECOND;
    crl(&world, this_update);
    world.sweep(Duration::hours(2)).unwrap();
    assert_eq!(last_act(&world), Act::FirstCrl { this_update });
    assert!(world.case().is_closed());
    let acts = world.case().entries().len();
    world.sweep(Duration::hours(3)).unwrap();
    assert_eq!(world.case().entries().len(), acts, "once");
    assert_eq!(world.bus.rules(), ["auto-restore.restored"], "which bothers nobody");
}

#[test]
fn a_crl_that_is_late_is_published_once_and_again_when_it_comes() {
    let world = restored();
    let last = AT - Duration::DAY;
    crl(&world, last);
    let due = Duration::seconds(30) + DUE;
    world.sweep(due - Duration::SECOND).unwrap();
    assert_eq!(world.bus.rules().len(), 1, "not yet");
    world.sweep(due).unwrap();
    world.sweep(due + Duration::HOUR).unwrap();
    assert_eq!(last_act(&world), Act::Unverified { last: Some(last) });
    let published = world.bus.last();
    assert_eq!(
        (published.rule.as_ref(), published.severity),
        ("auto-restore.restoration-unverified", Severity::High)
    );
    assert_eq!(world.bus.rules().len(), 2);
    crl(&world, AT + due);
    world.sweep(due + Duration::hours(2)).unwrap();
    let resolved = world.bus.last();
    assert_eq!(resolved.found_at(), published.as_of);
    assert_eq!((resolved.id, resolved.status), (published.id, crate::finding::Status::Resolved));
    assert!(matches!(last_act(&world), Act::FirstCrl { .. }));
}

#[test]
fn where_crls_are_not_read_nothing_is_said_but_in_the_record() {
    let world = restored();
    world.evidence.put(MEMORY, "garbage");
    for hours in [0, 1] {
        world.sweep(Duration::seconds(30) + DUE + Duration::hours(hours)).unwrap();
    }
    assert_eq!(last_act(&world), Act::Unverified { last: None });
    assert_eq!(world.bus.rules().len(), 1);
    crl(&world, AT + DUE);
    world.sweep(DUE + Duration::hours(2)).unwrap();
    assert!(matches!(last_act(&world), Act::FirstCrl { .. }), "crl-audit has begun to look");
    assert_eq!(world.bus.rules().len(), 1, "and nothing was told that could be over");
}

#[test]
fn a_ca_without_crls_or_deleted_again_waits_for_no_first_crl() {
    let world = World::new();
    world.deliver().unwrap();
    world.sweep(Duration::days(20)).unwrap();
    assert!(matches!(last_act(&world), Act::Published { .. }));
    let world = restored();
    crl(&world, AT - Duration::DAY);
    world.approve("2027-01-01T00:00:00Z");
    world.delete_again(AT + Duration::HOUR);
    world.sweep(Duration::HOUR + DUE).unwrap();
    assert!(matches!(last_act(&world), Act::Published { .. }));
}

/// Published first, and then recorded: after a crash in between it is published again, under the
/// same id.
#[test]
fn a_crash_between_telling_and_recording_loses_nothing() {
    let world = restored();
    crl(&world, AT - Duration::DAY);
    let due = Duration::seconds(30) + DUE;
    world.bus.fail_next();
    assert_eq!(world.sweep(due).unwrap_err().error_type(), "SweepIncomplete");
    world.evidence.calls.fail_next("replace", fakes::broken("replace"));
    world.sweep(due).unwrap_err();
    world.sweep(due).unwrap();
    assert_eq!(world.finding_ids().len(), 2);
    assert!(matches!(last_act(&world), Act::Unverified { .. }));
}
