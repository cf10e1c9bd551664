//! Whatever is at the key of an acknowledgement: no signature is good, and the CA is restored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::{jobs::restore_deadline::Ack, signed};
use vigil_fuzz::deletion::{ID, assert_restored_despite};

fuzz_target!(|data: &[u8]| {
    let arn = format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{ID}");
    let ca = arn.parse().expect("an ARN as AWS writes it");
    if let Ok(read) = Ack::read(data, &ca) {
        let again = Ack::read(&read.to_json().expect("JSON"), &ca).expect("it was read before");
        assert_eq!(
            signed::digest(&again.statement).expect("JSON"),
            signed::digest(&read.statement).expect("JSON")
        );
    }
    assert_restored_despite(&format!("acks/{ID}.json"), data);
});
