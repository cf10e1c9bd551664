//! The real binary behind a Runtime API: how it starts, and how it answers bad input.

use testkit::binary::Function;

const FUNCTION: Function = Function {
    binary: env!("CARGO_BIN_EXE_crl-audit"),
    environment: &[("VIGIL_EVIDENCE_BUCKET", "evidence"), ("VIGIL_EVENT_BUS", "vigil")],
};
const GENERATION: &str = include_str!("../../../infra/events/crl-generation-failure.json");

#[test]
fn a_cold_start_without_a_variable_fails_and_names_it() {
    FUNCTION.assert_each_variable_is_required();
}

#[test]
fn a_bad_event_is_answered_with_a_named_error() {
    let unknown_type = GENERATION.replace("CRL Generation", "Creation");
    let unknown_result = GENERATION.replace("\"failure\"", "\"perhaps\"");
    let undated = GENERATION.replace("\"time\"", "\"when\"");
    let other_service = GENERATION.replace("arn:aws:acm-pca:us-east-1", "arn:aws:acm:us-east-1");
    FUNCTION.assert_events_are_refused(&[
        ("{\"act\": true}", "MalformedEvent", "comes from"),
        ("null", "MalformedEvent", "comes from"),
        (&unknown_type, "MalformedEvent", "\"ACM Private CA Creation\""),
        (&unknown_result, "MalformedEvent", "\"perhaps\""),
        (&undated, "MalformedEvent", "missing field `time`"),
        (&other_service, "MalformedEvent", "is an ARN of \"acm\""),
    ]);
}

/// Good events get as far as the call to ACM PCA, which cannot be reached.
#[test]
fn a_schedule_and_an_event_of_the_service_are_accepted() {
    let scheduled = include_str!("../../../infra/events/scheduled.json");
    for answer in FUNCTION.answers(&[scheduled, "{}", GENERATION]) {
        assert_eq!(answer.body["errorType"], "ListFailed", "{answer:?}");
    }
}
