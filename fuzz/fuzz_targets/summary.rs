//! Summaries of audit reports, as another principal could have written them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::{
    audit_report::Document,
    jobs::{Certificates, fleet::numbers_of},
};

fuzz_target!(|data: &[u8]| {
    // What auto-restore reads of it is less.
    let brief = Certificates::of_summary(data);
    let Ok(document) = serde_json::from_slice::<Document>(data) else { return };
    assert!(brief.is_ok());
    let written = document.written().expect("what was read can be written");
    let again = serde_json::from_slice::<Document>(&written).expect("and read again");
    assert_eq!(again, document);
    let numbers = numbers_of(&document, String::new()).expect("it has numbers");
    assert_eq!(numbers.issued, document.summary.issued);
});
