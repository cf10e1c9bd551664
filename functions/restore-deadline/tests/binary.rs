//! The real binary behind a Runtime API: how it starts, and how it answers bad input.

use testkit::binary::Function;

const FUNCTION: Function = Function {
    binary: env!("CARGO_BIN_EXE_restore-deadline"),
    environment: &[
        ("VIGIL_EVIDENCE_BUCKET", "evidence"),
        ("VIGIL_EVENT_BUS", "vigil"),
        ("VIGIL_STATE_KEY", "arn:aws:kms:us-east-1:111122223333:key/state"),
    ],
};

#[test]
fn a_cold_start_without_a_variable_fails_and_names_it() {
    FUNCTION.assert_each_variable_is_required();
}

#[test]
fn a_cold_start_with_a_bad_value_fails_and_names_both() {
    FUNCTION.assert_values_are_refused(&[
        ("VIGIL_DEADLINE_THRESHOLDS", "7d,soon"),
        ("VIGIL_CLAIM_EXPIRES", "-1m"),
        ("AWS_LAMBDA_LOG_LEVEL", "loud"),
    ]);
}

/// The template's schedule passes `{}`; any other event is meant for another function.
#[test]
fn an_event_that_is_not_empty_is_answered_with_a_named_error() {
    let scheduled = include_str!("../../../infra/events/scheduled.json");
    FUNCTION.assert_events_are_refused(&[
        ("{\"act\": true}", "MalformedEvent", "unknown field `act`"),
        (scheduled, "MalformedEvent", "unknown field"),
        ("3", "MalformedEvent", "3"),
    ]);
}
