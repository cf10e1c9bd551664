//! The real binary behind a fake Runtime API: how it starts, and what it says to bad input.

#[path = "../../../tests/support/fake_runtime.rs"]
mod fake_runtime;

use fake_runtime::{answers, failed_start};

const BINARY: &str = env!("CARGO_BIN_EXE_auto-restore");
const ENVIRONMENT: [(&str, &str); 2] =
    [("VIGIL_EVIDENCE_BUCKET", "evidence"), ("VIGIL_EVENT_BUS", "vigil")];
const DELETION: &str = include_str!("../../../infra/events/deletion.json");
const DISABLING: &str = include_str!("../../../infra/events/disabling.json");
const FAILED: &str = include_str!("../../../infra/events/deletion-failed.json");

#[test]
fn a_missing_variable_ends_the_cold_start_under_its_name() {
    for (name, _) in ENVIRONMENT {
        let others: Vec<_> = ENVIRONMENT.into_iter().filter(|(other, _)| *other != name).collect();
        let (code, stderr) = failed_start(BINARY, &others);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains(name), "{stderr}");
    }
}

#[test]
fn bad_events_are_answered_with_an_error_of_their_own_name() {
    let other_service = DELETION.replace("arn:aws:acm-pca:us-east-1", "arn:aws:acm:us-east-1");
    let events = [
        ("{\"hello\": \"world\"}", "MalformedEvent", "detail-type is missing"),
        ("null", "MalformedEvent", "not a JSON object"),
        (&other_service, "ArnOfAnotherService", "\"acm\""),
        (&DELETION.replace("DeleteCert", "RestoreCert"), "NotADeletion", "RestoreCertificate"),
    ];
    let answers = answers(BINARY, &ENVIRONMENT, &events.map(|(event, _, _)| event));
    for ((event, error_type, words), answer) in events.into_iter().zip(answers) {
        assert!(answer.failed, "{event} was answered with {answer:?}");
        let error = answer.body;
        assert_eq!(error["errorType"], error_type, "{error}");
        assert!(error["errorMessage"].as_str().unwrap().contains(words), "{error}");
    }
}

#[test]
fn a_deletion_that_failed_is_a_stated_no_op() {
    let answers = answers(BINARY, &ENVIRONMENT, &[FAILED]);
    assert!(!answers[0].failed, "{answers:?}");
    let outcome = &answers[0].body;
    assert_eq!(outcome["outcome"], "nothing-done");
    assert!(outcome["reason"].as_str().unwrap().contains("InvalidStateException"));
}

#[test]
fn an_enabling_is_a_stated_no_op() {
    let enabling = DISABLING.replace("\"DISABLED\"", "\"ACTIVE\"");
    let answers = answers(BINARY, &ENVIRONMENT, &[&enabling]);
    assert_eq!(answers[0].body["outcome"], "nothing-done", "{answers:?}");
}

#[test]
fn a_setting_that_is_not_usable_ends_the_cold_start_under_its_name() {
    for (name, value) in [
        ("VIGIL_REACTIVATE_WITHIN", "soon"),
        ("VIGIL_RESTORES_PER_DAY", "-1"),
        ("VIGIL_SWEEP_SETTLE", "15"),
    ] {
        let environment: Vec<_> = ENVIRONMENT.into_iter().chain([(name, value)]).collect();
        let (code, stderr) = failed_start(BINARY, &environment);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains(name) && stderr.contains(value), "{stderr}");
    }
}
