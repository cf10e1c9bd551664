//! A failure loses no alert, and keeps no other CA from its alert.

use serde_json::json;
use time::Duration;

use super::{
    super::{Ports, RestoreDeadlineError, Watch, run},
    world::*,
};
use crate::{
    ca::Ca,
    failure::Failure,
    fakes::{self, FakeAuthorities},
};

/// Only its age distinguishes a crash from slowness.
#[test]
fn a_claim_left_by_a_crash_is_taken_over_once_it_has_expired() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.sweep(Duration::ZERO).unwrap();
    let key = format!("alerts/{ID}/20261127T100000Z/7d.json");
    let crashed = world.evidence.json(&key).to_string().replace("\"sent\"", "\"claimed\"");
    world.evidence.put(&key, &crashed);
    let second = Duration::SECOND;
    assert!(matches!(world.watch(Duration::MINUTE - second), Watch::Claimed { .. }));
    assert!(matches!(world.watch(Duration::MINUTE), Watch::Alerted { .. }));
    let published = world.bus.published.lock().unwrap();
    assert_eq!(published.len(), 2);
    assert_eq!(published[0].id, published[1].id);
}

#[test]
fn an_unpublished_alert_is_sent_by_the_next_attempt() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.bus.fail_next();
    assert_eq!(world.sweep(Duration::ZERO).unwrap_err().error_type(), "SweepIncomplete");
    assert!(matches!(world.watch(Duration::SECOND), Watch::Alerted { .. }));
}

#[test]
fn a_record_that_is_garbage_does_not_silence_an_alert() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.evidence.put(&format!("alerts/{ID}/20261127T100000Z/7d.json"), "garbage");
    assert!(matches!(world.watch(Duration::ZERO), Watch::Alerted { .. }));
}

#[test]
fn a_panic_costs_no_other_ca_its_alert() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other";
    let first = Ca { arn: other.parse().unwrap(), ..fakes::deleted_ca(AT - Duration::HOUR) };
    let world = World::new(vec![fakes::deleted_ca(AT), first]);
    world.evidence.panic_reading("state/deadline/other");
    let error = world.sweep(Duration::ZERO).unwrap_err();
    assert!(error.to_string().contains(&format!("{other}: Vigil panicked")), "{error}");
    assert_eq!(world.alerted(), ["7d"]);
}

#[test]
fn one_failing_ca_does_not_keep_the_others_from_their_turn() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other";
    let first = Ca { arn: other.parse().unwrap(), ..fakes::deleted_ca(AT - Duration::HOUR) };
    let world = World::new(vec![fakes::deleted_ca(AT), first]);
    world.evidence.calls.fail_next("read", fakes::broken("read"));
    let error = world.sweep(Duration::ZERO).unwrap_err();
    assert!(error.to_string().contains(other), "{error}");
    let RestoreDeadlineError::Incomplete { outcome, failures } = error else { panic!() };
    assert_eq!((outcome.deleted.len(), failures.len()), (1, 1));
    assert_eq!(world.alerted(), ["7d"]);
}

#[test]
fn without_a_list_there_is_no_sweep() {
    let world = World::new(Vec::new());
    world.authorities.calls.fail_next("list", fakes::denied("list"));
    assert_eq!(world.sweep(Duration::ZERO).unwrap_err().error_type(), "ListFailed");
}

#[test]
fn a_region_that_is_down_hides_no_other_and_closes_nothing() {
    let arn = fakes::ARN.replace("us-east-1", "eu-west-1").replace("11223344", "99887766");
    let other = Ca { arn: arn.parse().unwrap(), ..fakes::deleted_ca(AT) };
    let here = FakeAuthorities::new(AT, vec![fakes::deleted_ca(AT)]);
    let there = FakeAuthorities::new(AT, vec![other]).in_region("eu-west-1");
    let regions = fakes::FakeRegions::new(vec![here, there]);
    let world = World::new(Vec::new());
    let ports = Ports { regions: &regions, ..world.ports() };
    let sweep = || fakes::run(run(&json!({}), &ports, &settings()));
    let outcome = sweep().unwrap();
    assert_eq!((outcome.regions.len(), outcome.deleted.len()), (2, 2));
    regions.services[1].calls.fail_next("list", fakes::broken("list"));
    regions.services[1].cas.lock().unwrap().clear();
    let error = sweep().unwrap_err();
    assert!(error.to_string().contains("eu-west-1: could not list the CAs"), "{error}");
    assert!(world.bus.rules().iter().all(|rule| rule == "restore-deadline.threshold"));
    assert_eq!(sweep().unwrap().closed.len(), 1, "once it answers, what is gone is told");
    for service in &regions.services {
        service.calls.fail_next("list", fakes::broken("list"));
    }
    assert_eq!(sweep().unwrap_err().error_type(), "ListFailed");
}

/// Another account takes an absent heartbeat for an alarm.
#[test]
fn every_run_gives_a_sign_of_life_and_says_what_failed() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.sweep(Duration::ZERO).unwrap();
    world.bus.fail_next();
    world.sweep(Duration::days(4)).unwrap_err();
    let beats = world.bus.beats.lock().unwrap();
    let said: Vec<_> = beats.iter().map(|beat| (beat.deleted, beat.failures)).collect();
    assert_eq!(said, [(1, 0), (0, 1)]);
    assert_eq!(beats[1].as_of, AT + Duration::days(4));
}

#[test]
fn a_heartbeat_that_cannot_be_published_fails_the_run() {
    let world = World::new(Vec::new());
    world.bus.calls.fail_next("beat", fakes::broken("PutEvents"));
    assert!(world.sweep(Duration::ZERO).unwrap_err().to_string().contains("heartbeat"));
}

/// A record that is made anew has another head than the day's anchor.
#[test]
fn once_a_day_the_heads_of_all_records_are_anchored() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    let until = AT + Duration::days(7);
    let case = crate::jobs::case::Case::open(fakes::deletion(AT), until, AT).unwrap();
    let key = format!("cases/{ID}/20261127T100000Z.json");
    world.evidence.put(&key, &String::from_utf8(case.to_json().unwrap()).unwrap());
    world.evidence.put(&format!("cases/{ID}/20260101T100000Z.json"), "long ended");
    world.evidence.put(&format!("cases/{ID}/20261127T100000Z-2.json"), "garbage");
    for hours in [0, 1, 24] {
        world.sweep(Duration::hours(hours)).unwrap();
    }
    let anchors = world.bus.anchors.lock().unwrap();
    let keys: Vec<_> = anchors.iter().map(|one| (one.key.as_str(), one.heads)).collect();
    assert_eq!(keys, [("anchors/20261120.json", 1), ("anchors/20261121.json", 1)]);
    let first = world.evidence.json("anchors/20261120.json");
    assert_eq!(first["heads"][&key], json!({"head": case.head(), "acts": 1}));
    assert_eq!(first["unusable"], json!([format!("cases/{ID}/20261127T100000Z-2.json")]));
    let second = world.evidence.json("anchors/20261121.json");
    assert_eq!(second["previous"], json!(anchors[0].digest));
}
