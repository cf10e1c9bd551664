use time::{Duration, OffsetDateTime, macros::datetime};

use super::*;
use crate::{
    arn::CaArn,
    failure::Failure,
    fakes::{self, FakeAuthorities, FakeBus, FakeLedger},
    finding::{Severity, Status},
};

const AT: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);
const ID: &str = "11223344-1234-1122-2233-112233445566";

struct World {
    authorities: FakeAuthorities,
    ledger: FakeLedger,
    bus: FakeBus,
}

impl World {
    fn new(cas: Vec<Ca>) -> Self {
        Self {
            authorities: FakeAuthorities::new(AT, cas),
            ledger: FakeLedger::default(),
            bus: FakeBus::default(),
        }
    }

    /// One sweep, `after` the deletion.
    fn sweep(&self, after: Duration) -> Result<Outcome, RestoreDeadlineError> {
        self.authorities.set_now(AT + after);
        let settings = Settings {
            thresholds: "14d,7d,3d,1d,6h,1h".parse().unwrap(),
            claim_expires_after: Duration::MINUTE,
        };
        fakes::run(run(&self.authorities, &self.ledger, &self.bus, &settings))
    }

    fn watch(&self, after: Duration) -> Watch {
        self.sweep(after).unwrap().deleted.remove(0).watch
    }

    fn alerted(&self) -> Vec<String> {
        let published = self.bus.published.lock().unwrap();
        let alerts = published.iter().filter(|finding| finding.status == Status::New);
        let thresholds = alerts.filter_map(|finding| finding.evidence.get("threshold")?.as_str());
        thresholds.map(str::to_owned).collect()
    }

    fn acknowledge(&self, until: OffsetDateTime, restorable_until: Option<OffsetDateTime>) {
        let ca: CaArn = fakes::ARN.parse().unwrap();
        let ack = Ack { ca, by: "carol".to_owned(), until, restorable_until };
        let body = String::from_utf8(ack.to_json().unwrap()).unwrap();
        self.ledger.put(&format!("acks/{ID}.json"), &body);
    }

    fn set(&self, cas: Vec<Ca>) {
        *self.authorities.cas.lock().unwrap() = cas;
    }
}

fn month() -> Ca {
    Ca { restorable_until: Some(AT + Duration::days(30)), ..fakes::deleted_ca(AT) }
}

#[test]
fn thirty_days_of_hourly_sweeps_alert_once_for_each_threshold() {
    let world = World::new(vec![month()]);
    for hour in 0..=30 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    assert_eq!(world.alerted(), ["14d", "7d", "3d", "1d", "6h", "1h"]);
    let delays = world.bus.published.lock().unwrap();
    assert!(delays.iter().all(|finding| finding.evidence["delay_seconds"] == 0));
}

/// The service's own time, the Date header, has no fractions.
#[test]
fn a_fraction_of_a_second_does_not_put_an_alert_off() {
    let until = AT + Duration::days(30) + Duration::milliseconds(324);
    let world = World::new(vec![Ca { restorable_until: Some(until), ..month() }]);
    assert!(matches!(world.watch(Duration::days(16)), Watch::Alerted { .. }));
}

#[test]
fn a_short_window_has_only_the_thresholds_that_fit() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    for hour in 0..=7 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    assert_eq!(world.alerted(), ["7d", "3d", "1d", "6h", "1h"]);
}

#[test]
fn every_deletion_of_a_ca_is_alerted_anew() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.sweep(Duration::ZERO).unwrap();
    world.set(vec![fakes::deleted_ca(AT + Duration::DAY)]);
    world.sweep(Duration::DAY).unwrap();
    assert_eq!(world.alerted(), ["7d", "7d"]);
}

#[test]
fn thresholds_missed_while_the_schedule_was_down_are_made_up_by_the_most_urgent_one() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::days(16)).unwrap();
    let Watch::Alerted { threshold, delay_seconds, missed, .. } =
        world.watch(Duration::hours(29 * 24 + 12))
    else {
        panic!()
    };
    assert_eq!((threshold.as_str(), delay_seconds), ("1d", 12 * 3600));
    assert_eq!(missed, ["7d", "3d"], "14d was alerted in time");
    let finding = world.bus.last();
    assert!(finding.title.contains("12 hours late"), "{}", finding.title);
    assert_eq!(world.alerted(), ["14d", "1d"]);
    assert!(matches!(
        world.watch(Duration::days(29) + Duration::hours(13)),
        Watch::AlreadyAlerted { .. }
    ));
    let Watch::Alerted { threshold, missed, .. } = world.watch(Duration::hours(29 * 24 + 18))
    else {
        panic!()
    };
    assert_eq!((threshold.as_str(), missed.len()), ("6h", 0), "1d has spoken for 7d and 3d");
}

#[test]
fn an_alert_says_what_is_lost_when_and_how_to_prevent_it() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::days(29)).unwrap();
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::High);
    assert!(
        finding.title.contains("Issuing CA") && finding.title.contains("in 1 day"),
        "{}",
        finding.title
    );
    let command = format!(
        "aws acm-pca restore-certificate-authority --certificate-authority-arn {}",
        fakes::ARN
    );
    assert!(finding.remediation.contains(&command), "{}", finding.remediation);
    assert!(finding.remediation.contains("2026-12-20T10:00:00Z"));
}

#[test]
fn a_window_that_ended_with_the_ca_still_listed_is_alerted() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::days(30) + Duration::MINUTE).unwrap();
    let finding = world.bus.last();
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.title.contains("ended 1 minute ago"), "{}", finding.title);
}

#[test]
fn only_deleted_cas_with_a_window_are_watched() {
    let never = Ca { restorable_until: None, ..fakes::deleted_ca(AT) };
    let active = Ca { status: CaStatus::Active, ..fakes::deleted_ca(AT) };
    let world = World::new(vec![active, never]);
    let outcome = world.sweep(Duration::ZERO).unwrap();
    assert_eq!(outcome.seen, 2);
    assert_eq!(outcome.deleted.len(), 1);
    assert_eq!(outcome.deleted[0].watch, Watch::NoWindow);
}

#[test]
fn before_the_first_threshold_the_outcome_says_when_it_comes() {
    let world = World::new(vec![month()]);
    let Watch::Waiting { next: Some(next) } = world.watch(Duration::DAY) else { panic!() };
    assert_eq!((next.threshold.as_str(), next.at), ("14d", AT + Duration::days(16)));
}

/// A crash can only be told from slowness by its age.
#[test]
fn a_claim_left_by_a_crash_is_taken_over_once_it_has_expired() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.sweep(Duration::ZERO).unwrap();
    let key = format!("alerts/{ID}/20261127T100000Z/7d.json");
    let crashed = world.ledger.json(&key).to_string().replace("\"sent\"", "\"claimed\"");
    world.ledger.put(&key, &crashed);
    let second = Duration::SECOND;
    assert!(matches!(world.watch(Duration::MINUTE - second), Watch::Claimed { .. }));
    assert!(matches!(world.watch(Duration::MINUTE), Watch::Alerted { .. }));
    let published = world.bus.published.lock().unwrap();
    assert_eq!(published.len(), 2);
    assert_eq!(published[0].id, published[1].id);
}

#[test]
fn an_alert_that_the_bus_did_not_take_is_sent_by_the_next_attempt() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.bus.fail_next();
    assert_eq!(world.sweep(Duration::ZERO).unwrap_err().error_type(), "SweepIncomplete");
    assert!(matches!(world.watch(Duration::SECOND), Watch::Alerted { .. }));
}

#[test]
fn a_record_that_is_garbage_does_not_silence_an_alert() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.ledger.put(&format!("alerts/{ID}/20261127T100000Z/7d.json"), "garbage");
    assert!(matches!(world.watch(Duration::ZERO), Watch::Alerted { .. }));
}

#[test]
fn one_failing_ca_does_not_keep_the_others_from_their_turn() {
    let other = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/other";
    let first = Ca { arn: other.parse().unwrap(), ..fakes::deleted_ca(AT - Duration::HOUR) };
    let world = World::new(vec![fakes::deleted_ca(AT), first]);
    world.ledger.calls.fail_next("read", fakes::broken("read"));
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

fn disabled() -> Ca {
    Ca { status: CaStatus::Disabled, restorable_until: None, ..month() }
}

#[test]
fn an_acknowledgement_silences_all_but_the_last_threshold_and_expires() {
    let world = World::new(vec![month()]);
    // Until two days before the end: 14 d, 7 d and 3 d pass before that, 1 d after it.
    world.acknowledge(AT + Duration::days(28), None);
    for hour in 0..=30 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    assert_eq!(world.alerted(), ["1d", "6h", "1h"]);
    let first = world.bus.published.lock().unwrap()[0].clone();
    assert_eq!(first.evidence["missed_thresholds"], serde_json::json!([]), "nobody missed them");

    let world = World::new(vec![month()]);
    world.acknowledge(AT + Duration::days(60), Some(AT + Duration::days(30)));
    for hour in 0..=30 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    assert_eq!(world.alerted(), ["1h"], "the last one always");
}

#[test]
fn an_acknowledgement_covers_what_passes_before_its_end_and_not_at_it() {
    let passes = AT + Duration::days(16);
    for (until, is_silent) in [(passes, false), (passes + Duration::SECOND, true)] {
        let world = World::new(vec![month()]);
        world.acknowledge(until, None);
        let watch = world.watch(Duration::days(16));
        assert_eq!(matches!(watch, Watch::Acknowledged { .. }), is_silent, "{watch:?}");
    }
}

#[test]
fn an_acknowledgement_of_another_deletion_or_of_garbage_silences_nothing() {
    let world = World::new(vec![month()]);
    world.acknowledge(AT + Duration::days(60), Some(AT + Duration::days(29)));
    assert!(matches!(world.watch(Duration::days(16)), Watch::Alerted { .. }));
    let world = World::new(vec![month()]);
    world.ledger.put(&format!("acks/{ID}.json"), "garbage");
    assert!(matches!(world.watch(Duration::days(16)), Watch::Alerted { .. }));
}

#[test]
fn a_restored_ca_resolves_its_alerts_once() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::days(16)).unwrap();
    world.sweep(Duration::days(23)).unwrap();
    let told: Vec<_> =
        world.bus.published.lock().unwrap().iter().map(|finding| finding.id.clone()).collect();
    world.set(vec![disabled()]);
    let outcome = world.sweep(Duration::days(24)).unwrap();
    assert_eq!(outcome.closed.len(), 1);
    assert_eq!(outcome.closed[0].ending, Ending::Restored);
    let published = world.bus.published.lock().unwrap()[2..].to_vec();
    assert!(published.iter().all(|finding| finding.status == Status::Resolved));
    let mut resolved: Vec<_> = published.into_iter().map(|finding| finding.id).collect();
    resolved.sort();
    assert_eq!(resolved, {
        let mut told = told;
        told.sort();
        told
    });
    assert!(world.sweep(Duration::days(25)).unwrap().closed.is_empty());
    assert_eq!(world.bus.rules().len(), 4);
}

#[test]
fn a_ca_that_is_deleted_anew_between_two_sweeps_resolves_what_was_alerted_before() {
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
fn a_ca_that_goes_as_announced_is_told_quietly_and_once() {
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
    let told = world.bus.rules().len();
    assert!(world.sweep(Duration::days(31)).unwrap().closed.is_empty());
    assert_eq!(world.bus.rules().len(), told);
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
    assert!(world.bus.last().title.contains("28 days before its window's end"));
    assert_eq!(world.bus.last().severity, Severity::Critical);
}

#[test]
fn a_post_mortem_that_the_bus_did_not_take_is_told_by_the_next_sweep() {
    let world = World::new(vec![month()]);
    world.sweep(Duration::DAY).unwrap();
    world.set(Vec::new());
    world.bus.fail_next();
    assert_eq!(world.sweep(Duration::days(31)).unwrap_err().error_type(), "SweepIncomplete");
    assert_eq!(world.sweep(Duration::days(32)).unwrap().closed.len(), 1);
}
