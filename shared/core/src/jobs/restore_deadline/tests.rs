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

/// Policies without a dead man's switch.
const NO_SWITCH: &str =
    r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;

impl World {
    fn new(cas: Vec<Ca>) -> Self {
        let world = Self::with_the_built_in_policies(cas);
        world.ledger.put("policies/ours.cedar", NO_SWITCH);
        world
    }

    fn with_the_built_in_policies(cas: Vec<Ca>) -> Self {
        Self {
            authorities: FakeAuthorities::new(AT, cas),
            ledger: FakeLedger::default(),
            bus: FakeBus::default(),
        }
    }

    /// One sweep, `after` the deletion.
    fn sweep(&self, after: Duration) -> Result<Outcome, RestoreDeadlineError> {
        self.authorities.set_now(AT + after);
        fakes::run(run(&self.authorities, &self.ledger, &self.bus, &settings()))
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

fn settings() -> Settings {
    Settings {
        thresholds: "14d,7d,3d,1d,6h,1h".parse().unwrap(),
        claim_expires_after: Duration::MINUTE,
        rescue: auto_restore::Settings {
            account: None,
            last_call: Duration::HOUR,
            reactivate_within: Duration::DAY,
            restores_per_day: 3,
            settle: Duration::minutes(15),
        },
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

fn approve(world: &World) {
    let approval = serde_json::json!({"ca": fakes::ARN, "approved_by": "carol",
        "reason": "CHG-1042", "expires": "2026-11-21T00:00:00Z"});
    world.ledger.put(&format!("approvals/{ID}.json"), &approval.to_string());
}

fn delete(world: &World) -> auto_restore::Outcome {
    let event = include_str!("../../../../../infra/events/deletion.json");
    let event = serde_json::from_str(event).unwrap();
    let (authorities, ledger, bus) = (&world.authorities, &world.ledger, &world.bus);
    let rescue = settings().rescue;
    fakes::run(auto_restore::run(&event, authorities, ledger, bus, &rescue)).unwrap()
}

#[test]
fn an_alert_says_who_deleted_it_why_it_stands_what_is_lost_and_what_it_costs() {
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    approve(&world);
    fakes::put_summary(&world.ledger, fakes::ARN, 12, AT + Duration::days(90), AT);
    delete(&world);
    world.sweep(Duration::days(4)).unwrap();
    let finding = world.bus.last();
    for words in [
        "by arn:aws:sts::111122223333:assumed-role/Admin/alice at 2026-11-20T10:00:00Z",
        "policy permits it (approved; approved by carol: CHG-1042)",
        "12 valid certificates, the last until 2027-02-18T10:00:00Z",
        "whatever subordinate CAs there are",
        "a general-purpose CA, by AWS's list 400 USD a month, for the 4 days",
        "about 53 USD",
        "aws acm-pca restore-certificate-authority",
    ] {
        assert!(finding.remediation.contains(words), "{words}: {}", finding.remediation);
    }
    assert_eq!(finding.evidence["valid_certificates"], 12);
    assert!(finding.evidence["living_subordinates"].is_null(), "unknown");
    assert_eq!(finding.evidence["audience"], serde_json::json!(["owners", "operators"]));
}

/// A deletion that stands by no approval, of a CA that is in use.
#[test]
fn the_dead_mans_switch_restores_at_the_last_threshold_and_not_before() {
    let second = Duration::SECOND;
    let last = Duration::days(7) - Duration::HOUR;
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    assert!(matches!(world.watch(last - second), Watch::Alerted { .. }));
    let Watch::Rescued { threshold, .. } = world.watch(last) else { panic!() };
    assert_eq!((threshold.as_str(), world.authorities.status()), ("1h", CaStatus::Disabled));
    assert!(world.bus.last().title.contains("window was about to end"));
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
    acknowledged.acknowledge(AT + last + Duration::SECOND, None);
    assert!(matches!(acknowledged.watch(last), Watch::Alerted { .. }), "the last is told");
    assert_eq!(acknowledged.authorities.status(), CaStatus::Deleted);
    // It runs out with the window still open.
    assert!(matches!(acknowledged.watch(last + Duration::SECOND), Watch::Rescued { .. }));
}

/// The case says that there was one. That S3 fails at the last moment does not withdraw it.
#[test]
fn the_dead_mans_switch_respects_an_approval_that_cannot_be_read_any_more() {
    let ten_minutes_left = Duration::days(7) - Duration::minutes(10);
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    approve(&world);
    delete(&world);
    world.ledger.fail_reading(&format!("approvals/{ID}.json"));
    assert!(matches!(world.watch(ten_minutes_left), Watch::Alerted { .. }));
    assert_eq!(world.authorities.status(), CaStatus::Deleted);

    let unapproved = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    unapproved.ledger.fail_reading(&format!("approvals/{ID}.json"));
    assert!(matches!(unapproved.watch(ten_minutes_left), Watch::Rescued { .. }));
}

#[test]
fn where_the_switch_fails_people_are_told_and_it_is_tried_again() {
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
fn a_rescue_that_is_cut_short_is_carried_on_by_auto_restores_sweep() {
    let last = Duration::days(7) - Duration::HOUR;
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    world.bus.fail_next();
    world.sweep(last).unwrap_err();
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    let is_told = || world.bus.rules().contains(&"auto-restore.restored".to_owned());
    world.sweep(last + Duration::MINUTE).unwrap();
    assert!(!is_told(), "restore-deadline looks after DELETED CAs");
    world.authorities.set_now(AT + last + Duration::minutes(20));
    let sweep = serde_json::json!({"task": "sweep"});
    let (authorities, ledger, bus) = (&world.authorities, &world.ledger, &world.bus);
    fakes::run(auto_restore::run(&sweep, authorities, ledger, bus, &settings().rescue)).unwrap();
    assert!(is_told());
}

#[test]
fn tags_that_the_ca_had_acknowledge_its_deletion() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    let snapshot = serde_json::json!({"ca": fakes::ARN, "as_of": "2026-11-20T09:00:00Z",
        "policy": null, "permissions": [], "revocation": {"crl": null, "ocsp_enabled": false,
        "ocsp_custom_cname": null}, "tags": {"vigil:deletion-acknowledged-by": "carol",
        "vigil:deletion-acknowledged-until": "2026-11-24T00:00:00Z"}});
    world.ledger.put(&format!("state/snapshots/{ID}.json"), &snapshot.to_string());
    assert!(matches!(world.watch(Duration::ZERO), Watch::Acknowledged { .. }));
    assert!(matches!(world.watch(Duration::days(4)), Watch::Alerted { .. }));
}

#[test]
fn a_region_that_is_down_hides_no_other_and_closes_nothing() {
    let arn = fakes::ARN.replace("us-east-1", "eu-west-1").replace("11223344", "99887766");
    let other = Ca { arn: arn.parse().unwrap(), ..fakes::deleted_ca(AT) };
    let here = FakeAuthorities::new(AT, vec![fakes::deleted_ca(AT)]);
    let there = FakeAuthorities::new(AT, vec![other]).in_region("eu-west-1");
    let regions = fakes::FakeRegions::new(vec![here, there]);
    let world = World::new(Vec::new());
    let sweep = || fakes::run(run(&regions, &world.ledger, &world.bus, &settings()));
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
