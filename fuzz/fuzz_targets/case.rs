//! Whatever is at the key of a case: it is read or refused, and the CA is restored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::jobs::auto_restore::{Case, CaseState};
use vigil_fuzz::deletion::{ID, assert_restored_despite};

fuzz_target!(|data: &[u8]| {
    // A case that lets the deletion stand counts only with its seal, which this store does not check.
    if let Ok(case) = Case::read(data) {
        assert!(!case.entries().is_empty() && case.head().len() == 64);
        if matches!(case.state(), CaseState::Permitted | CaseState::Escalated | CaseState::Judged) {
            return;
        }
    }
    assert_restored_despite(&format!("cases/{ID}/20261127T100000Z.json"), data);
});
