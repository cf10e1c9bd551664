//! Details of continuation events, and the key of the report that a run of them writes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::{evidence::keys, ports::Continuation};
use vigil_fuzz::deletion::AT;

fuzz_target!(|data: &[u8]| {
    let Ok(rest) = serde_json::from_slice::<Continuation>(data) else { return };
    let key = keys::audit_run(AT, Some(&rest.from));
    // S3 takes keys of 1,024 octets.
    assert!(key.starts_with("reports/crl-audit/") && key.len() <= 1024, "{key}");
    let written = serde_json::to_value(&rest).expect("it is written as JSON");
    assert_eq!(serde_json::from_value::<Continuation>(written).ok(), Some(rest));
});
