//! Texts of policies: bounded, parsed, validated and asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vigil_core::{
    fakes,
    policy::{self, Facts, Policies, Question},
};
use vigil_fuzz::deletion::{AT, assert_restored_despite};

fuzz_target!(|data: &[u8]| {
    if let Ok(policies) = Policies::parse(&[("own.cedar".to_owned(), data.to_vec())]) {
        let _ = (policies.has_switch(), policies.names());
        let (deletion, ca) = (fakes::deletion(AT), fakes::deleted_ca(AT));
        let facts = Facts::new(&deletion, &ca);
        let verdict = policy::judge(&policies, &facts);
        assert_eq!(
            verdict,
            policy::verdict(&policies, &policy::request_json(&facts, Question::Deletion))
        );
        let _ = policy::must_restore_at_deadline(&policies, &facts, false);
    }
    // A file that no publisher has signed does not decide.
    assert_restored_despite("policies/own.cedar", data);
    assert_restored_despite("policies/set.json", data);
});
