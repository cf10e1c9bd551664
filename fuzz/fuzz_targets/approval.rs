//! Whatever is at the key of an approval: no signature is good, and the CA is restored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::{policy::Approval, signed};
use vigil_fuzz::deletion::{AT, ID, assert_restored_despite};

fuzz_target!(|data: &[u8]| {
    let arn = format!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/{ID}");
    let ca = arn.parse().expect("an ARN as AWS writes it");
    if let Ok(signed) = Approval::read(data, &ca) {
        // What is signed does not depend on how it is written.
        let again =
            Approval::read(&signed.to_json().expect("JSON"), &ca).expect("it was read before");
        assert_eq!(
            signed::digest(&again.statement).expect("JSON"),
            signed::digest(&signed.statement).expect("JSON")
        );
        let _ = signed.statement.misfit(AT, AT + time::Duration::days(7));
    }
    assert_restored_despite(&format!("approvals/{ID}.json"), data);
});
