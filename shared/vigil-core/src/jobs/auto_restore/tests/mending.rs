//! What a CA had before its deletion is put down while it is there, and put back where it is lost.

use std::collections::BTreeMap;

use time::Duration;

use super::{
    super::{Act, CaseState, Outcome},
    world::*,
};
use crate::{
    ca::{Ca, CaStatus},
    failure::Failure,
    fakes,
    ports::PortError,
    snapshot::{Attached, Permission},
};

fn full() -> Attached {
    Attached {
        policy: Some("{}".to_owned()),
        permissions: vec![Permission {
            principal: "acm.amazonaws.com".to_owned(),
            source_account: None,
            actions: vec!["IssueCertificate".to_owned()],
        }],
        tags: BTreeMap::from([("owner".to_owned(), Some("pki".to_owned()))]),
        ..Attached::default()
    }
}

fn attach(world: &World, attached: Attached) {
    world.authorities.attached.lock().unwrap().insert(fakes::ARN.to_owned(), attached);
}

fn attached(world: &World) -> Attached {
    world.authorities.attached.lock().unwrap().get(fakes::ARN).cloned().unwrap_or_default()
}

/// ACTIVE until a sweep has seen it, and then deleted with the loss of all that hung on it.
fn stripped() -> World {
    let active = Ca {
        status: CaStatus::Active,
        restorable_until: None,
        ..fakes::deleted_ca(AT - Duration::DAY)
    };
    let world = World::with(vec![active]);
    attach(&world, full());
    world.sweep(-Duration::HOUR).unwrap();
    attach(&world, Attached::default());
    world.delete_again(AT);
    world
}

#[test]
fn what_was_lost_with_the_deletion_is_put_back_and_on_record() {
    let world = stripped();
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(attached(&world), full());
    let case = world.case();
    let acts: Vec<_> = case.entries().iter().map(|entry| entry.act.clone()).collect();
    assert!(matches!(acts[4], Act::PuttingBack { .. }), "{acts:?}");
    assert!(matches!(&acts[5], Act::PutBack { request_ids } if request_ids == &["r-1"; 3]));
    let finding = world.bus.last();
    let put_back = finding.evidence["put_back"].as_str().unwrap();
    assert!(put_back.contains("resource policy") && put_back.contains("tag owner"), "{put_back}");
}

#[test]
fn what_is_still_there_is_not_touched() {
    let world = stripped();
    attach(&world, full());
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.changed("put_back"), 0);
    assert!(world.bus.last().evidence["put_back"].is_null());
}

#[test]
fn a_denied_repair_is_published_and_the_ca_is_still_reactivated() {
    let world = stripped();
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    world.authorities.calls.fail_next("put_back", fakes::denied("PutPolicy"));
    let Outcome::Case(outcome) = world.deliver().unwrap() else { panic!() };
    assert_eq!(outcome.state, CaseState::Reactivated);
    let what_to_do = world.bus.last().what_to_do;
    assert!(
        what_to_do.contains("may be missing: Vigil could not put them back (PutPolicy was refused"),
        "{what_to_do}"
    );
}

#[test]
fn a_crash_while_putting_back_is_made_up_for() {
    let world = stripped();
    world.authorities.calls.fail_next("put_back", fakes::broken("put_back"));
    assert_eq!(world.deliver().unwrap_err().error_type(), "MendFailed");
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(attached(&world), full());
    assert_eq!(world.authorities.changed("restore"), 1);
    // Put back by an attempt that did not live to say so.
    let world = stripped();
    world.authorities.calls.fail_next("put_back", fakes::broken("put_back"));
    world.deliver().unwrap_err();
    attach(&world, full());
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(world.authorities.changed("put_back"), 0);
}

#[test]
fn a_disabling_is_the_last_moment_for_a_snapshot_and_takes_it() {
    let active = Ca {
        status: CaStatus::Disabled,
        restorable_until: None,
        ..fakes::deleted_ca(AT - Duration::MINUTE)
    };
    let world = World::with(vec![active]);
    attach(&world, full());
    world.disabled("2026-11-20T09:59:00Z").unwrap();
    let key = format!("state/snapshots/{}.json", fakes::ARN.rsplit('/').next().unwrap());
    assert_eq!(world.evidence.json(&key)["tags"]["owner"], "pki");
}

#[test]
fn a_sweep_reads_few_cas_in_detail_and_stops_when_throttled() {
    let ca = |number: usize| Ca {
        arn: fakes::ARN.replace("11223344-", &format!("{number:08}-")).parse().unwrap(),
        status: CaStatus::Active,
        restorable_until: None,
        serial: None,
        ..fakes::deleted_ca(AT - Duration::DAY)
    };
    let world = World::with((0..25).map(ca).collect());
    for (sweep, want) in [(1, 10), (2, 20), (3, 25), (4, 25)] {
        world.sweep(Duration::minutes(15 * sweep)).unwrap();
        assert_eq!(world.authorities.calls.count("attached"), want, "sweep {sweep}");
    }
    let throttled = PortError::Throttled {
        operation: "ListPermissions",
        resource: "x".to_owned(),
        cause: "slow down".into(),
    };
    world.authorities.calls.fail_next("attached", throttled);
    world.sweep(Duration::days(2)).unwrap();
    assert_eq!(world.authorities.calls.count("attached"), 26, "the next sweep goes on");
}

fn change(name: &str, parameter: &str, at: &str) -> serde_json::Value {
    let mut event: serde_json::Value = serde_json::from_str(EVENT).unwrap();
    let detail = &mut event["detail"];
    detail["eventName"] = name.into();
    detail["eventTime"] = at.into();
    detail["requestParameters"] = serde_json::json!({parameter: fakes::ARN});
    event
}

/// The owner takes everything away, and the CA is deleted before the next sweep.
#[test]
fn a_snapshot_follows_what_the_owner_changes() {
    for (name, parameter) in [
        ("CreatePermission", "certificateAuthorityArn"),
        ("DeletePermission", "certificateAuthorityArn"),
        ("DeletePolicy", "resourceArn"),
        ("PutPolicy", "resourceArn"),
        ("TagCertificateAuthority", "certificateAuthorityArn"),
        ("UntagCertificateAuthority", "certificateAuthorityArn"),
    ] {
        let active = Ca { status: CaStatus::Active, ..fakes::deleted_ca(AT - Duration::DAY) };
        let world = World::with(vec![active]);
        attach(&world, full());
        world.sweep(-Duration::HOUR).unwrap();
        attach(&world, Attached::default());
        let event = change(name, parameter, "2026-11-20T09:59:00Z");
        let outcome = world.deliver_event(&event).unwrap();
        assert!(matches!(outcome, Outcome::AttachmentsFollowed { recorded: true, .. }), "{name}");
        world.delete_again(AT);
        assert!(is_restored(&world.deliver().unwrap()));
        assert_eq!(attached(&world), Attached::default(), "{name}");
    }
}

/// The event of the change comes when the CA is DELETED, so that nothing can be read.
#[test]
fn a_change_that_cannot_be_read_any_more_is_not_undone() {
    let world = stripped();
    let event = change("DeletePolicy", "resourceArn", "2026-11-20T09:59:00Z");
    world.deliver_event(&event).unwrap();
    assert!(is_restored(&world.deliver().unwrap()));
    assert_eq!(attached(&world), Attached::default());
    let why = world.bus.last().what_to_do;
    assert!(why.contains("older than the owner's last change"), "{why}");
}
