//! The real binary behind a Runtime API: how it starts, and how it answers bad input.

use testkit::binary::Function;

const FUNCTION: Function = Function {
    binary: env!("CARGO_BIN_EXE_notify"),
    environment: &[
        ("VIGIL_EVIDENCE_BUCKET", "evidence"),
        ("VIGIL_ALERTS_TOPIC", "arn:aws:sns:us-east-1:111122223333:alerts"),
        ("VIGIL_ON_CALL_TOPIC", "arn:aws:sns:us-east-1:111122223333:on-call"),
    ],
};
const FINDING: &str = include_str!("../../../tests/fixtures/finding-event.json");

#[test]
fn a_cold_start_without_a_variable_fails_and_names_it() {
    FUNCTION.assert_each_variable_is_required();
}

#[test]
fn a_bad_event_is_answered_with_a_named_error() {
    let other = FINDING.replace("Vigil Finding", "Vigil Continuation");
    let severity = FINDING.replace("\"HIGH\"", "\"URGENT\"");
    FUNCTION.assert_events_are_refused(&[
        ("3", "NotAFinding", "carries no finding"),
        (&other, "NotAFinding", "Vigil Continuation"),
        (&severity, "UnreadableFinding", "URGENT"),
    ]);
}

/// A good event gets as far as the call to SNS, which cannot be reached.
#[test]
fn a_finding_is_accepted() {
    let answers = FUNCTION.answers(&[FINDING]);
    assert_eq!(answers[0].body["errorType"], "PublishFailed");
}
