//! Which alerts an acknowledgement silences, and until when.

use time::Duration;

use super::{super::Watch, world::*};
use crate::fakes;

#[test]
fn an_acknowledgement_expires_and_never_stops_the_last_alert() {
    let world = World::new(vec![month()]);
    // Until two days before the end: 14 d, 7 d and 3 d pass before that, 1 d after it.
    world.acknowledge(AT + Duration::days(28), Some(AT + Duration::days(30)));
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
fn an_acknowledgement_covers_only_thresholds_before_its_end() {
    let passes = AT + Duration::days(16);
    for (until, is_silent) in [(passes, false), (passes + Duration::SECOND, true)] {
        let world = World::new(vec![month()]);
        world.acknowledge(until, Some(AT + Duration::days(30)));
        let watch = world.watch(Duration::days(16));
        assert_eq!(matches!(watch, Watch::Acknowledged { .. }), is_silent, "{watch:?}");
    }
}

#[test]
fn an_acknowledgement_of_another_deletion_stops_no_alert() {
    let world = World::new(vec![month()]);
    world.acknowledge(AT + Duration::days(60), Some(AT + Duration::days(29)));
    assert!(matches!(world.watch(Duration::days(16)), Watch::Alerted { .. }));
    let world = World::new(vec![month()]);
    world.acknowledge(AT + Duration::days(60), None);
    assert!(matches!(world.watch(Duration::days(16)), Watch::Alerted { .. }), "of no deletion");
    let world = World::new(vec![month()]);
    world.evidence.put(&format!("acks/{ID}.json"), "garbage");
    assert!(matches!(world.watch(Duration::days(16)), Watch::Alerted { .. }));
}

/// A principal that may tag a CA is not always one that may give it up.
#[test]
fn tags_neither_silence_an_alert_nor_hold_the_switch_back() {
    let world = World::with_the_built_in_policies(vec![fakes::deleted_ca(AT)]);
    let snapshot = serde_json::json!({"ca": fakes::ARN, "as_of": "2026-11-20T09:00:00Z",
        "policy": null, "permissions": [], "revocation": {"crl": null, "ocsp_enabled": false,
        "ocsp_custom_cname": null}, "tags": {"vigil:deletion-acknowledged-by": "carol",
        "vigil:deletion-acknowledged-until": "2099-01-01T00:00:00Z"}});
    world.evidence.put(&format!("state/snapshots/{ID}.json"), &snapshot.to_string());
    assert!(matches!(world.watch(Duration::ZERO), Watch::Alerted { .. }));
    let last = Duration::days(7) - Duration::HOUR;
    assert!(matches!(world.watch(last), Watch::Rescued { .. }));
}
