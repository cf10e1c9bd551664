//! Real function processes, set off by events, schedules and calls.

use crate::support::{NOW, functions_dir, http, http_json, reached, with_functions};
use serde_json::{Value, json};
use time::Duration;
use vigil_local::{InvocationResult, Stack};

const INVOKE: &str = "/2015-03-31/functions/echo/invocations";

async fn put_event(stack: &Stack, bus: &str, source: &str, detail: &Value) -> Value {
    let entry = json!({"Source": source, "DetailType": "Test", "Detail": detail.to_string(),
        "EventBusName": bus});
    let headers = [("x-amz-target", "AWSEvents.PutEvents")];
    let (status, answer) =
        http_json(stack, "POST", "/", &headers, &json!({"Entries": [entry]})).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

fn response(outcome: &InvocationResult) -> &Value {
    match outcome {
        InvocationResult::Response(response) => response,
        InvocationResult::Error(error) => panic!("the function failed: {error}"),
    }
}

#[tokio::test]
async fn a_function_is_called_with_lambdas_environment_and_stays_warm() {
    let stack = with_functions().start().await.unwrap();
    let (status, first) = http_json(&stack, "POST", INVOKE, &[], &json!({"hello": 1})).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(first["event"], json!({"hello": 1}));
    assert_eq!(first["arn"], "arn:aws:lambda:us-east-1:111122223333:function:echo");
    let environment = &first["environment"];
    for (name, value) in [
        ("AWS_ENDPOINT_URL", stack.endpoint()),
        ("AWS_LAMBDA_FUNCTION_NAME", "echo"),
        ("AWS_REGION", "us-east-1"),
        ("BUCKET", "evidence-111122223333"),
        ("FROM_GLOBALS", "yes"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    assert_eq!(environment["CARGO_MANIFEST_DIR"], Value::Null, "nothing is inherited");

    let (_, second) = http_json(&stack, "POST", INVOKE, &[], &json!({})).await;
    assert_eq!(second["process"], first["process"]);
    let invocations = stack.invocations();
    assert!(invocations[0].cold_start_ms.is_some() && invocations[1].cold_start_ms.is_none());
    let log = std::fs::read_to_string(stack.data_dir().join("logs/echo.log")).unwrap();
    assert!(log.contains(first["requestId"].as_str().unwrap()), "{log}");
    stack.shutdown().await;
}

#[tokio::test]
async fn errors_crashes_and_timeouts_are_named_and_do_not_last() {
    let stack = with_functions().parameter("Threshold", "1").start().await.unwrap();
    let impatient = INVOKE.replace("echo", "impatient");
    for (path, does, error_type) in [
        (INVOKE, "fail", None),
        (INVOKE, "exit", Some("Runtime.ExitError")),
        (&impatient, "hang", Some("Sandbox.Timedout")),
    ] {
        let body = json!({"do": does}).to_string();
        let (status, headers, answer) = http(&stack, "POST", path, &[], body).await;
        assert_eq!(
            (status, &headers["x-amz-function-error"]),
            (200, &"Unhandled".parse().unwrap())
        );
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        if let Some(error_type) = error_type {
            assert_eq!(answer["errorType"], error_type, "{answer}");
        }
        let (_, next) = http_json(&stack, "POST", path, &[], &json!({"after": does})).await;
        assert_eq!(next["event"]["after"], does, "{next}");
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn an_event_reaches_what_its_rules_name() {
    let stack = with_functions().start().await.unwrap();
    let answer = put_event(&stack, "findings", "auto-restore", &json!({"n": 1})).await;
    assert_eq!(answer["FailedEntryCount"], 0);
    put_event(&stack, "findings", "vigil", &json!({"severity": "CRITICAL"})).await;
    put_event(&stack, "findings", "other", &json!({})).await;
    stack.settled().await;

    let invocations = stack.invocations();
    assert_eq!(invocations.len(), 1);
    assert_eq!(invocations[0].trigger, "EchoFinding");
    let event = &response(&invocations[0].outcome)["event"];
    assert_eq!(event["source"], "auto-restore");
    assert_eq!(event["detail"], json!({"n": 1}));
    assert_eq!(event["time"], "2026-01-01T00:30:00Z");
    assert_eq!(reached(&stack, "People")[0]["message"], "CRITICAL: look at it");
    assert_eq!(reached(&stack, "FindingsLog")[0]["message"]["source"], "vigil");
    assert_eq!(reached(&stack, "PeopleRule-Elsewhere").len(), 1);
    let rules: Vec<_> = stack.events().into_iter().map(|seen| seen.rules).collect();
    assert_eq!(rules, [vec!["EchoFinding"], vec!["PeopleRule"], vec![]]);
    stack.shutdown().await;
}

#[tokio::test]
async fn put_events_refuses_entry_by_entry() {
    let stack = with_functions().start().await.unwrap();
    let good = json!({"Source": "s", "DetailType": "t", "Detail": "{}"});
    let spoilt = |field: &str, value: Value| {
        let mut entry = good.clone();
        entry[field] = value;
        entry
    };
    let entries = [
        good.clone(),
        spoilt("Detail", json!("{")),
        spoilt("Detail", json!("[]")),
        spoilt("Source", json!("aws.acm-pca")),
        spoilt("EventBusName", json!("nowhere")),
        spoilt("DetailType", Value::Null),
    ];
    let headers = [("x-amz-target", "AWSEvents.PutEvents")];
    let (_, answer) = http_json(&stack, "POST", "/", &headers, &json!({"Entries": entries})).await;
    assert_eq!(answer["FailedEntryCount"], 5);
    assert!(answer["Entries"][0]["EventId"].is_string());
    let codes: Vec<_> = (1..6).map(|at| answer["Entries"][at]["ErrorCode"].clone()).collect();
    assert_eq!(
        codes,
        [
            "MalformedDetail",
            "MalformedDetail",
            "NotAuthorizedForSource",
            "ResourceNotFoundException",
            "InvalidArgument",
        ]
    );
    let (status, answer) = http_json(&stack, "POST", "/", &headers, &json!({"Entries": []})).await;
    assert_eq!((status, &answer["__type"]), (400, &json!("ValidationException")));
    stack.shutdown().await;
}

#[tokio::test]
async fn schedules_fire_along_the_clock_in_their_own_envelopes() {
    let stack = with_functions().start().await.unwrap();
    stack.timeline().advance_to(NOW + Duration::hours(6)).await;
    let invocations = stack.invocations();
    let fired: Vec<_> = invocations
        .iter()
        .map(|invocation| (invocation.trigger.as_str(), invocation.started_at.to_string()))
        .collect();
    let at = |time: &str| format!("2026-01-01 {time}.0 +00:00:00");
    assert_eq!(
        fired,
        [
            ("EchoHourly", at("1:30:00")),
            ("EchoHourly", at("2:30:00")),
            ("EchoHourly", at("3:30:00")),
            ("EchoHourly", at("4:30:00")),
            ("EchoHourly", at("5:30:00")),
            ("EchoScheduler", at("6:00:00")),
            ("EchoHourly", at("6:30:00")),
        ]
    );
    let hourly = &response(&invocations[0].outcome)["event"];
    assert_eq!(hourly["detail-type"], "Scheduled Event");
    assert_eq!(hourly["source"], "aws.events");
    assert_eq!(hourly["detail"], json!({}));
    assert_eq!(hourly["time"], "2026-01-01T01:30:00Z");
    let arn = "arn:aws:events:us-east-1:111122223333:rule/vigil-local-EchoHourly";
    assert_eq!(hourly["resources"], json!([arn]));
    let scheduled = &response(&invocations[5].outcome)["event"];
    assert_eq!(scheduled, &json!({"run": "scheduled", "at": "2026-01-01T06:00:00Z"}));
    stack.shutdown().await;
}

#[tokio::test]
async fn a_failing_event_is_tried_three_times_then_dead_lettered() {
    let stack = with_functions().start().await.unwrap();
    put_event(&stack, "findings", "auto-restore", &json!({"do": "fail"})).await;
    stack.settled().await;
    assert_eq!(stack.invocations().len(), 1);
    stack.timeline().advance_to(NOW + Duration::seconds(59)).await;
    assert_eq!(stack.invocations().len(), 1, "the first retry is a minute away");
    stack.timeline().advance_to(NOW + Duration::seconds(60)).await;
    assert_eq!(stack.invocations().len(), 2);
    assert!(reached(&stack, "DeadLetters").is_empty());
    stack.timeline().advance_to(NOW + Duration::minutes(3)).await;

    let invocations = stack.invocations();
    let attempts: Vec<_> = invocations.iter().map(|invocation| invocation.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(invocations.iter().all(|one| one.request_id == invocations[0].request_id));
    let dead = reached(&stack, "DeadLetters");
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0]["message"]["detail"], json!({"do": "fail"}));
    assert_eq!(dead[0]["attributes"]["RequestID"], invocations[0].request_id.as_str());
    let failure = &reached(&stack, "Failures")[0]["message"];
    assert_eq!(failure["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(failure["requestContext"]["approximateInvokeCount"], 3);
    stack.timeline().advance_to(NOW + Duration::minutes(30)).await;
    assert_eq!(stack.invocations().len(), 3);
    stack.shutdown().await;
}

#[tokio::test]
async fn a_process_ends_with_its_stack() {
    let stack = with_functions().start().await.unwrap();
    let (_, answer) = http_json(&stack, "POST", INVOKE, &[], &json!({})).await;
    let process = format!("/proc/{}", answer["process"]);
    assert!(std::path::Path::new(&process).exists());
    stack.shutdown().await;
    assert!(!std::path::Path::new(&process).exists());
}

#[tokio::test]
async fn a_missing_binary_is_named_before_anything_starts() {
    let nowhere = tempfile::tempdir().unwrap();
    let error = with_functions().functions_dir(nowhere.path()).start().await.err().unwrap();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("cargo build --bin echo_function"), "{cause}");
    assert!(functions_dir().join("echo_function").is_file());
}

#[tokio::test]
async fn an_unknown_function_and_a_bad_event_are_refused() {
    let stack = with_functions().start().await.unwrap();
    let path = "/2015-03-31/functions/nobody/invocations";
    let (status, answer) = http_json(&stack, "POST", path, &[], &json!({})).await;
    assert_eq!((status, &answer["message"]), (404, &json!("Function not found: nobody")));
    let (status, ..) = http(&stack, "POST", INVOKE, &[], "{").await;
    assert_eq!(status, 400);
    let headers = [("x-amz-invocation-type", "Event")];
    let (status, ..) = http(&stack, "POST", INVOKE, &headers, "{}").await;
    assert_eq!(status, 202);
    stack.settled().await;
    assert_eq!(stack.invocations().len(), 1);
    stack.shutdown().await;
}
