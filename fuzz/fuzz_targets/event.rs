//! Events of any shape: no panic, a refusal has a name, and no CA becomes ACTIVE.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use vigil_core::cloudtrail;
use vigil_fuzz::deletion::Deleted;

fuzz_target!(|data: &[u8]| {
    let Ok(event) = serde_json::from_slice::<Value>(data) else { return };
    if let Ok(deletion) = cloudtrail::deletion(&event) {
        // CloudTrail's event history has the same record.
        assert_eq!(cloudtrail::recorded_deletion(&event["detail"]).ok(), Some(deletion.clone()));
        assert!(deletion.expected_until() >= deletion.at);
    }
    let _ = cloudtrail::disabling(&event);
    let world = Deleted::new();
    world.invoke(&event);
    // Whatever was invented, the sweep restores the CA: no policy permits its deletion.
    for minutes in [16, 32] {
        world.after(minutes);
    }
    assert!(world.is_restored());
});
