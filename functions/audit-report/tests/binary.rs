//! The real binary behind a fake Runtime API: how it starts, and what it says to bad input.

#[path = "../../../tests/support/fake_runtime.rs"]
mod fake_runtime;

use fake_runtime::{answers, failed_start};

const BINARY: &str = env!("CARGO_BIN_EXE_audit-report");
const ENVIRONMENT: [(&str, &str); 3] = [
    ("VIGIL_EVIDENCE_BUCKET", "evidence"),
    ("VIGIL_EVENT_BUS", "vigil"),
    ("VIGIL_REPORT_BUCKET", "reports"),
];
const GENERATION: &str = include_str!("../../../infra/events/audit-report-generation.json");

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
    let events = [
        ("{\"act\": true}", "comes from"),
        ("3", "comes from"),
        (&GENERATION.replace("Audit Report Generation", "Creation"), "Creation\""),
        (
            &GENERATION.replace("9f1f4c61-6d6b-4bb0-8f2b-0c6d8a6c7b12", "../secrets"),
            "no audit report",
        ),
    ];
    let answers = answers(BINARY, &ENVIRONMENT, &events.map(|(event, _)| event));
    for ((event, words), answer) in events.into_iter().zip(answers) {
        assert!(answer.failed, "{event} was answered with {answer:?}");
        let error = answer.body;
        assert_eq!(error["errorType"], "MalformedEvent", "{error}");
        assert!(error["errorMessage"].as_str().unwrap().contains(words), "{error}");
    }
}

/// Good events get as far as the service, which nobody plays here.
#[test]
fn a_schedule_and_an_event_of_the_service_are_understood() {
    let scheduled = include_str!("../../../infra/events/scheduled.json");
    let answers = answers(BINARY, &ENVIRONMENT, &[scheduled, "{}", GENERATION]);
    let types: Vec<_> = answers.iter().map(|answer| answer.body["errorType"].clone()).collect();
    assert_eq!(types, ["ListFailed", "ListFailed", "DescribeFailed"]);
}
