//! The real binary behind a fake Runtime API: how it starts, and what it says to bad input.

#[path = "../../../tests/support/fake_runtime.rs"]
mod fake_runtime;

use fake_runtime::{answers, failed_start};

const BINARY: &str = env!("CARGO_BIN_EXE_restore-deadline");
const ENVIRONMENT: [(&str, &str); 2] =
    [("VIGIL_EVIDENCE_BUCKET", "evidence"), ("VIGIL_EVENT_BUS", "vigil")];

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
fn a_bad_variable_ends_the_cold_start_under_its_name_and_with_its_value() {
    for (name, value) in [
        ("VIGIL_DEADLINE_THRESHOLDS", "7d,soon"),
        ("VIGIL_CLAIM_EXPIRES", "-1m"),
        ("AWS_LAMBDA_LOG_LEVEL", "loud"),
    ] {
        let environment: Vec<_> = ENVIRONMENT.into_iter().chain([(name, value)]).collect();
        let (code, stderr) = failed_start(BINARY, &environment);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains(name) && stderr.contains(value), "{stderr}");
    }
}

/// The template passes `{}`; what is not that was not meant for this function.
#[test]
fn an_event_with_anything_in_it_is_refused_by_name() {
    let scheduled = include_str!("../../../infra/events/scheduled.json");
    let events =
        [("{\"act\": true}", "unknown field `act`"), (scheduled, "unknown field"), ("3", "3")];
    let answers = answers(BINARY, &ENVIRONMENT, &events.map(|(event, _)| event));
    for ((event, words), answer) in events.into_iter().zip(answers) {
        assert!(answer.failed, "{event} was answered with {answer:?}");
        let error = answer.body;
        assert_eq!(error["errorType"], "MalformedEvent", "{error}");
        assert!(error["errorMessage"].as_str().unwrap().contains(words), "{error}");
    }
}
