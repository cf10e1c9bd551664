//! Whatever is at the key of a snapshot: it is read or not, and the CA is restored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::snapshot::{Missing, Snapshot};
use vigil_fuzz::deletion::{ID, assert_restored_despite};

fuzz_target!(|data: &[u8]| {
    if let Ok(snapshot) = serde_json::from_slice::<Snapshot>(data) {
        let _ = snapshot.attached.shared_with();
        assert!(Missing::of(&snapshot.attached, &snapshot.attached).is_empty());
    }
    assert_restored_despite(&format!("state/snapshots/{ID}.json"), data);
});
