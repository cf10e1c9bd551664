//! CAs that are no longer listed, and whose deletion Vigil did not see.

use time::Duration;

use super::world::*;
use crate::{
    ca::{Ca, CaStatus},
    failure::Failure,
    fakes,
    finding::Severity,
};

fn active() -> Ca {
    Ca { status: CaStatus::Active, restorable_until: None, ..fakes::deleted_ca(AT - Duration::DAY) }
}

fn seen(ca: Ca) -> World {
    let world = World::with(vec![ca]);
    world.sweep(Duration::ZERO).unwrap();
    world.authorities.cas.lock().unwrap().clear();
    world
}

#[test]
fn a_ca_that_vanishes_unseen_is_published_once_as_critical() {
    let world = seen(active());
    world.sweep(Duration::days(10)).unwrap();
    world.sweep(Duration::days(11)).unwrap();
    assert_eq!(world.bus.rules(), ["auto-restore.vanished"]);
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.evidence["last_status"], "ACTIVE");
    assert_eq!(finding.evidence["last_seen"], "2026-11-20T10:00:00Z");
}

#[test]
fn what_the_bus_does_not_take_is_published_by_the_next_sweep() {
    let world = seen(active());
    world.bus.fail_next();
    let error = world.sweep(Duration::days(10)).unwrap_err();
    assert_eq!(error.error_type(), "SweepIncomplete");
    world.sweep(Duration::days(10)).unwrap();
    assert_eq!(world.bus.rules(), ["auto-restore.vanished"]);
}

#[test]
fn whom_restore_deadline_guards_it_tells_of_itself() {
    let world = seen(active());
    let window_tracker = format!("state/deadline/{}.json", fakes::ARN.rsplit('/').next().unwrap());
    world.evidence.put(&window_tracker, "{}");
    world.sweep(Duration::days(10)).unwrap();
    assert!(world.bus.rules().is_empty());
}

#[test]
fn what_never_signed_anything_is_no_loss() {
    let never = |status| Ca { status, serial: None, not_before: None, not_after: None, ..active() };
    let world = seen(never(CaStatus::PendingCertificate));
    world.sweep(Duration::days(10)).unwrap();
    assert_eq!(world.bus.last().severity, Severity::Informational);
    for status in [CaStatus::Creating, CaStatus::Failed] {
        let world = seen(never(status));
        world.sweep(Duration::DAY).unwrap();
        assert!(world.bus.rules().is_empty(), "it had no window");
    }
}
