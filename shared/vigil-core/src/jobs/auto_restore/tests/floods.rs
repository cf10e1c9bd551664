//! More keys than a function can list: a prefix that is full is named, and keeps nothing from happening.

use time::Duration;

use super::world::*;
use crate::{
    ca::{Ca, CaStatus},
    fakes,
};

const CASES: &str = "cases/11223344-1234-1122-2233-112233445566/";

#[test]
fn no_prefix_that_is_full_keeps_a_ca_from_being_restored() {
    for prefix in [
        "policies/",
        CASES,
        "state/restorations/",
        "state/disabled/",
        "state/inventory/",
        "approvals/",
        "acks/",
    ] {
        let world = World::new();
        world.evidence.flood(prefix);
        assert!(is_restored(&world.deliver().unwrap()), "{prefix}");
        world.delete_again(AT + Duration::HOUR);
        let _ = world.sweep(Duration::hours(2));
        assert_eq!(world.authorities.status(), CaStatus::Disabled, "{prefix}, swept");
    }
}

#[test]
fn a_full_prefix_of_cases_is_named_in_a_finding() {
    let world = World::new();
    world.evidence.flood(CASES);
    assert!(is_restored(&world.deliver().unwrap()));
    let published = world.bus.last();
    assert_eq!(published.rule, "auto-restore.evidence-suspicious");
    let objects = published.evidence["objects"].to_string();
    assert!(objects.contains(CASES) && objects.contains("more than 10000 keys"), "{objects}");
}

#[test]
fn a_full_prefix_of_policies_is_named_in_a_finding() {
    let world = World::new();
    world.evidence.flood("policies/");
    assert!(is_restored(&world.deliver().unwrap()));
    let published = world.bus.last();
    assert_eq!(published.rule, "auto-restore.policies-unusable");
    assert!(published.evidence["problem"].to_string().contains("more than 1000 keys"));
}

#[test]
fn a_sweep_names_full_prefixes_and_reads_what_is_there() {
    let world = World::with(vec![Ca { status: CaStatus::Active, ..fakes::deleted_ca(AT) }]);
    world.approve("2026-11-21T00:00:00Z");
    for prefix in ["state/restorations/", "state/disabled/", "approvals/"] {
        world.evidence.flood(prefix);
    }
    for minute in [1, 2] {
        let told = world.sweep(Duration::minutes(minute)).unwrap_err().to_string();
        for prefix in ["state/restorations/", "state/disabled/", "approvals/"] {
            assert!(told.contains(prefix), "{told}");
        }
        assert_eq!(world.bus.rules(), ["auto-restore.permit-added"], "once");
    }
}
