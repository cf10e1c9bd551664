//! What is published as a window runs down, threshold by threshold.

use time::Duration;

use super::{super::Watch, world::*};
use crate::{
    ca::{Ca, CaStatus},
    fakes,
    finding::Severity,
};

#[test]
fn thirty_days_of_hourly_sweeps_alert_once_for_each_threshold() {
    let world = World::new(vec![month()]);
    for hour in 0..=30 * 24 {
        world.sweep(Duration::hours(hour)).unwrap();
    }
    assert_eq!(world.alerted(), ["14d", "7d", "3d", "1d", "6h", "1h"]);
    let published = world.bus.published.lock().unwrap();
    assert!(published[..6].iter().all(|finding| finding.evidence["delay_seconds"] == 0));
    assert_eq!(published.len(), 7, "and the end of the window");
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
fn missed_thresholds_are_made_up_by_the_most_urgent_one() {
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
        finding.title.contains("Issuing CA") && finding.title.contains("for 1 day"),
        "{}",
        finding.title
    );
    let command = format!(
        "aws acm-pca restore-certificate-authority --certificate-authority-arn {}",
        fakes::ARN
    );
    assert!(finding.what_to_do.contains(&command), "{}", finding.what_to_do);
    assert!(finding.what_to_do.contains("2026-12-20T10:00:00Z"));
}

#[test]
fn a_window_that_ended_with_the_ca_still_listed_is_alerted() {
    let world = World::new(vec![month()]);
    *world.authorities.shows_gone.lock().unwrap() = true;
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

#[test]
fn an_alert_names_the_caller_the_reason_and_the_impact() {
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    approve(&world);
    fakes::put_summary(&world.evidence, fakes::ARN, 12, AT + Duration::days(90), AT);
    delete(&world);
    world.sweep(Duration::days(4)).unwrap();
    let finding = world.bus.last();
    for words in [
        "by arn:aws:sts::111122223333:assumed-role/Admin/alice at 2026-11-20T10:00:00Z",
        "policy `approved` permits it: approved by carol, CHG-1042",
        "12 valid certificates, the last until 2027-02-18T10:00:00Z",
        "whatever subordinate CAs there are",
        "a general-purpose CA, by AWS's list 400 USD a month, for the 4 days",
        "about 53 USD",
        "aws acm-pca restore-certificate-authority",
    ] {
        assert!(finding.to_string().contains(words), "{words}: {finding}");
    }
    assert_eq!(finding.evidence["valid_certificates"], 12);
    assert!(finding.evidence["living_subordinates"].is_null(), "unknown");
    assert_eq!(finding.evidence["audience"], serde_json::json!(["owners", "operators"]));
}

#[test]
fn an_alert_about_an_approved_deletion_asks_for_no_approval() {
    let world = World::new(vec![fakes::deleted_ca(AT)]);
    world.sweep(Duration::ZERO).unwrap();
    assert!(world.bus.last().what_to_do.contains("vigil approve"), "nothing permits it yet");
    approve(&world);
    world.sweep(Duration::days(4)).unwrap();
    let advice = world.bus.last().what_to_do;
    assert!(!advice.contains("vigil approve"), "{advice}");
    assert!(advice.contains("permanent deletion is approved. Leave approvals/"), "{advice}");
}
