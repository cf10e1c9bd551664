//! The real binary behind a fake Runtime API: how it starts, and what it says to bad input.

#[path = "../../../tests/support/fake_runtime.rs"]
mod fake_runtime;

use fake_runtime::{answers, failed_start};

const BINARY: &str = env!("CARGO_BIN_EXE_crl-audit");
const ENVIRONMENT: [(&str, &str); 2] =
    [("VIGIL_EVIDENCE_BUCKET", "evidence"), ("VIGIL_EVENT_BUS", "vigil")];
const GENERATION: &str = include_str!("../../../infra/events/crl-generation-failure.json");

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
    let other_service = GENERATION.replace("arn:aws:acm-pca:us-east-1", "arn:aws:acm:us-east-1");
    let events = [
        ("{\"act\": true}", "comes from"),
        ("null", "comes from"),
        (&GENERATION.replace("CRL Generation", "Creation"), "\"ACM Private CA Creation\""),
        (&GENERATION.replace("\"failure\"", "\"perhaps\""), "\"perhaps\""),
        (&GENERATION.replace("\"time\"", "\"when\""), "missing field `time`"),
        (&other_service, "is an ARN of \"acm\""),
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
    for answer in answers(BINARY, &ENVIRONMENT, &[scheduled, "{}", GENERATION]) {
        assert_eq!(answer.body["errorType"], "ListFailed", "{answer:?}");
    }
}
