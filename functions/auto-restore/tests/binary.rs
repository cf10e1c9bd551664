//! The real binary behind a Runtime API: how it starts, and how it answers bad input.

use testkit::binary::Function;

const FUNCTION: Function = Function {
    binary: env!("CARGO_BIN_EXE_auto-restore"),
    environment: &[
        ("VIGIL_EVIDENCE_BUCKET", "evidence"),
        ("VIGIL_EVENT_BUS", "vigil"),
        ("VIGIL_STATE_KEY", "arn:aws:kms:us-east-1:111122223333:key/state"),
    ],
};
const DELETION: &str = include_str!("../../../infra/events/deletion.json");
const DISABLING: &str = include_str!("../../../infra/events/disabling.json");
const FAILED: &str = include_str!("../../../infra/events/deletion-failed.json");

#[test]
fn a_cold_start_without_a_variable_fails_and_names_it() {
    FUNCTION.assert_each_variable_is_required();
}

#[test]
fn a_cold_start_with_a_bad_value_fails_and_names_both() {
    FUNCTION.assert_values_are_refused(&[
        ("VIGIL_REACTIVATE_WITHIN", "soon"),
        ("VIGIL_RESTORES_PER_DAY", "-1"),
        ("VIGIL_SWEEP_SETTLE", "15"),
    ]);
}

#[test]
fn a_bad_event_is_answered_with_a_named_error() {
    let other_service = DELETION.replace("arn:aws:acm-pca:us-east-1", "arn:aws:acm:us-east-1");
    let other_call = DELETION.replace("DeleteCert", "RestoreCert");
    FUNCTION.assert_events_are_refused(&[
        ("{\"hello\": \"world\"}", "MalformedEvent", "detail-type is missing"),
        ("null", "MalformedEvent", "not a JSON object"),
        (&other_service, "ArnOfAnotherService", "\"acm\""),
        (&other_call, "NotADeletion", "RestoreCertificate"),
    ]);
}

#[test]
fn a_failed_deletion_changes_nothing_and_says_why() {
    let answers = FUNCTION.answers(&[FAILED]);
    assert!(!answers[0].failed, "{answers:?}");
    let outcome = &answers[0].body;
    assert_eq!(outcome["outcome"], "nothing-done");
    assert!(outcome["reason"].as_str().unwrap().contains("InvalidStateException"));
}

#[test]
fn an_enabling_changes_nothing() {
    let enabling = DISABLING.replace("\"DISABLED\"", "\"ACTIVE\"");
    let answers = FUNCTION.answers(&[&enabling]);
    assert_eq!(answers[0].body["outcome"], "nothing-done", "{answers:?}");
}
