//! A writer that is faster each time: it keeps a restoration off the record at most, and no CA DELETED.

use time::Duration;

use super::{
    super::{Outcome, Settings, run},
    world::*,
};
use crate::{ca::CaStatus, failure::Failure, fakes};

#[test]
fn a_record_that_is_contended_goes_to_the_next_key() {
    let world = World::new();
    world.evidence.contend(KEY);
    assert!(is_restored(&world.deliver().unwrap()));
    let next = KEY.replace(".json", "-2.json");
    let case = world.evidence.json(&next);
    assert!(case["entries"][0]["passed_over"][0].as_str().unwrap().contains(KEY), "{case}");
    let published = world.bus.last();
    assert_eq!(published.rule, "auto-restore.evidence-suspicious");
    assert!(published.evidence["objects"].to_string().contains("another writer"));
    assert!(matches!(world.deliver().unwrap(), Outcome::Duplicate { .. }));
    assert_eq!(world.authorities.changed("restore"), 1);
}

/// With one restoration a day, the one at the next key would be the second.
#[test]
fn a_restoration_counts_once_at_whichever_key_it_is_on_record() {
    let world = World::new();
    world.evidence.contend(KEY);
    let event = serde_json::from_str(EVENT).unwrap();
    let settings = Settings { restores_per_day: 1, ..SETTINGS.clone() };
    assert!(is_restored(&fakes::run(run(&event, &world.ports(), &settings)).unwrap()));
}

/// Two invocations may meet: nothing is done without a record before the repetitions are over.
#[test]
fn records_that_are_contended_for_ten_minutes_cost_no_ca() {
    let world = World::new();
    world.evidence.contend("cases/");
    assert_eq!(world.deliver().unwrap_err().error_type(), "CaseContended");
    assert_eq!(world.authorities.status(), CaStatus::Deleted, "a repetition may succeed");
    let swept = world.sweep(Duration::minutes(16));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
    assert_eq!(swept.unwrap_err().error_type(), "SweepIncomplete");
    assert!(world.bus.rules().contains(&"auto-restore.restored".to_owned()));
    let published = world.bus.last();
    assert_eq!(published.evidence["kind"], "unwritable");
    assert!(published.evidence["cause"].to_string().contains("another writer"));
}

#[test]
fn a_count_that_is_contended_for_ten_minutes_costs_no_ca() {
    for prefix in ["state/restorations/", ""] {
        let world = World::new();
        world.evidence.contend(prefix);
        assert_eq!(world.deliver().unwrap_err().error_type(), "CaseContended", "{prefix:?}");
        let _ = world.sweep(Duration::minutes(16));
        assert_eq!(world.authorities.status(), CaStatus::Disabled, "{prefix:?}");
        assert!(world.bus.rules().contains(&"auto-restore.restored".to_owned()), "{prefix:?}");
    }
}

/// The dead man's switch writes the same records.
#[test]
fn a_contended_bucket_does_not_hold_the_switch_back() {
    let world = World::new();
    world.approve("2026-11-21T00:00:00Z");
    world.deliver().unwrap();
    assert_eq!(world.authorities.status(), CaStatus::Deleted, "approved");
    world.evidence.remove(APPROVAL);
    world.evidence.contend("");
    let _ = world.sweep(Duration::days(7) - Duration::minutes(50));
    assert_eq!(world.authorities.status(), CaStatus::Disabled);
}
