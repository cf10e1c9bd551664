//! What operators set for the rules about audit reports.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::rules::audit_report::{MAX_SETTINGS_BYTES, ReportSettings};

fuzz_target!(|data: &[u8]| {
    match ReportSettings::read(data) {
        Err(why) => assert!(!why.is_empty()),
        Ok(settings) => {
            let again = serde_json::to_vec(&settings).expect("settings are JSON");
            if again.len() <= MAX_SETTINGS_BYTES {
                assert_eq!(ReportSettings::read(&again), Ok(settings));
            }
        }
    }
});
