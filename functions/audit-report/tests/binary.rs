//! The real binary behind a Runtime API: how it starts, and how it answers bad input.

use testkit::binary::Function;

const FUNCTION: Function = Function {
    binary: env!("CARGO_BIN_EXE_audit-report"),
    environment: &[
        ("VIGIL_EVIDENCE_BUCKET", "evidence"),
        ("VIGIL_EVENT_BUS", "vigil"),
        ("VIGIL_REPORT_BUCKET", "reports"),
    ],
};
const GENERATION: &str = include_str!("../../../infra/events/audit-report-generation.json");

#[test]
fn a_cold_start_without_a_variable_fails_and_names_it() {
    FUNCTION.assert_each_variable_is_required();
}

#[test]
fn a_bad_event_is_answered_with_a_named_error() {
    let unknown_type = GENERATION.replace("Audit Report Generation", "Creation");
    let path = GENERATION.replace("9f1f4c61-6d6b-4bb0-8f2b-0c6d8a6c7b12", "../secrets");
    FUNCTION.assert_events_are_refused(&[
        ("{\"act\": true}", "MalformedEvent", "comes from"),
        ("3", "MalformedEvent", "comes from"),
        (&unknown_type, "MalformedEvent", "Creation\""),
        (&path, "MalformedEvent", "no audit report"),
    ]);
}

/// Good events get as far as the call to ACM PCA, which cannot be reached.
#[test]
fn a_schedule_and_an_event_of_the_service_are_accepted() {
    let scheduled = include_str!("../../../infra/events/scheduled.json");
    let answers = FUNCTION.answers(&[scheduled, "{}", GENERATION]);
    let types: Vec<_> = answers.iter().map(|answer| answer.body["errorType"].clone()).collect();
    assert_eq!(types, ["ListFailed", "ListFailed", "DescribeFailed"]);
}
