//! What EventBridge and SNS deliver, and what they refuse.

use crate::support::{
    bare, fixture, functions_dir, http, http_json, mailbox, reached, with_functions,
};
use serde_json::{Value, json};
use vigil_local::Stack;

async fn put_event(stack: &Stack, source: &str) {
    let entry = json!({"Source": source, "DetailType": "Test", "Detail": "{\"severity\": \"LOW\"}",
        "EventBusName": "findings"});
    let headers = [("x-amz-target", "AWSEvents.PutEvents")];
    let entries = json!({"Entries": [entry]});
    let (status, answer) = http_json(stack, "POST", "/", &headers, &entries).await;
    assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(0)));
    stack.settled().await;
}

#[tokio::test]
async fn what_a_target_refuses_goes_to_the_rules_dead_letters() {
    let stack = with_functions().start().await.unwrap();
    put_event(&stack, "undeliverable").await;
    assert!(reached(&stack, "Closed").is_empty() && reached(&stack, "FindingsLog").is_empty());
    let dead = reached(&stack, "Undelivered");
    let codes: Vec<_> = dead.iter().map(|line| &line["attributes"]["ERROR_CODE"]).collect();
    assert_eq!(codes, ["NO_PERMISSIONS", "NO_RESOURCE"]);
    assert_eq!(dead[0]["message"]["source"], "undeliverable");
    let rule = "arn:aws:events:us-east-1:111122223333:rule/findings/vigil-local-BrokenRule";
    assert_eq!(dead[0]["attributes"]["RULE_ARN"], rule);
    assert_eq!(stack.failed_invocations(), [("BrokenRule".to_owned(), 2)].into());
    stack.shutdown().await;
}

/// Each spoilt policy: what is no longer delivered.
#[tokio::test]
async fn a_target_without_a_fitting_policy_receives_nothing() {
    let template = std::fs::read_to_string(fixture("template.yaml")).unwrap();
    let condition = "            Action: sns:Publish\n            Resource: !Ref People\n";
    let with_condition = format!(
        "{condition}            Condition: {{StringEquals: {{aws:SourceAccount: \"111122223333\"}}}}\n"
    );
    for (from, to, target) in [
        (condition, with_condition.as_str(), "People"),
        ("log-group:/aws/events/findings:*", "log-group:/aws/other:*", "FindingsLog"),
        ("log-group:${FindingsLog}", "log-group:${FindingsLog}:*", "FindingsLog"),
    ] {
        let spoilt = template.replacen(from, to, 1);
        assert_ne!(spoilt, template, "{from} is in the template");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("template.yaml");
        std::fs::write(&file, spoilt).unwrap();
        let stack = bare().template(file).functions_dir(functions_dir()).start().await.unwrap();
        put_event(&stack, "vigil").await;
        assert!(reached(&stack, target).is_empty(), "{to}");
        assert_eq!(stack.failed_invocations(), [("PeopleRule".to_owned(), 1)].into(), "{to}");
        stack.shutdown().await;
    }
}

async fn publish(stack: &Stack, caller: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential={caller}/20260101/us-east-1/sns/aws4_request, \
         SignedHeaders=host, Signature=0"
    );
    let fields: Vec<_> = [("Action", "Publish")].iter().chain(fields).copied().collect();
    let body = serde_urlencoded::to_string(fields).unwrap();
    let headers = [("authorization", credential.as_str())];
    let (status, _, body) = http(stack, "POST", "/", &headers, body).await;
    (status, String::from_utf8(body.to_vec()).unwrap())
}

const PEOPLE: &str = "arn:aws:sns:us-east-1:111122223333:vigil-local-People";

#[tokio::test]
async fn a_subscriber_receives_the_text_of_its_protocol() {
    let stack = with_functions().start().await.unwrap();
    let texts = json!({"default": "d", "email": "a mail", "sms": "a line"}).to_string();
    let fields = [("TopicArn", PEOPLE), ("Subject", "[LOW] s"), ("Message", &texts)];
    let fields = [&fields[..], &[("MessageStructure", "json")]].concat();
    let (status, answer) = publish(&stack, "lambda-echo", &fields).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("<MessageId>"), "{answer}");
    let plain = [("TopicArn", PEOPLE), ("Message", "plain")];
    assert_eq!(publish(&stack, "lambda-echo", &plain).await.0, 200);
    put_event(&stack, "vigil").await;

    let gist = |mail: &Value| (mail["subject"].clone(), mail["text"].clone());
    let mails: Vec<_> = mailbox(&stack, "pki@example.com").iter().map(gist).collect();
    let own = json!("AWS Notification Message");
    assert_eq!(
        mails,
        [
            (json!("[LOW] s"), json!("a mail")),
            (own.clone(), json!("plain")),
            (own, json!("LOW: look at it")),
        ]
    );
    assert_eq!(reached(&stack, "People")[0]["message"], "d");
    stack.shutdown().await;
}

#[tokio::test]
async fn a_message_that_sns_refuses_is_refused() {
    let stack = with_functions().start().await.unwrap();
    let long = "x".repeat(100);
    let other = "arn:aws:sns:us-east-1:111122223333:other";
    let json = ("MessageStructure", "json");
    for (caller, fields, status, want) in [
        ("lambda-echo", &[("TopicArn", PEOPLE), ("Message", "")][..], 400, "InvalidParameter"),
        ("lambda-echo", &[("TopicArn", PEOPLE), ("Message", "x"), json], 400, "failed to parse"),
        ("lambda-echo", &[("TopicArn", PEOPLE), ("Message", "{}"), json], 400, "No default"),
        (
            "lambda-echo",
            &[("TopicArn", PEOPLE), ("Message", "x"), ("Subject", &long)],
            400,
            "Subject",
        ),
        (
            "lambda-echo",
            &[("TopicArn", PEOPLE), ("Message", "x"), ("Subject", "a\nb")],
            400,
            "Subject",
        ),
        ("lambda-echo", &[("TopicArn", other), ("Message", "x")], 403, "AuthorizationError"),
        ("lambda-impatient", &[("TopicArn", PEOPLE), ("Message", "x")], 403, "AuthorizationError"),
        ("bob", &[("TopicArn", other), ("Message", "x")], 404, "NotFound"),
    ] {
        let (got, answer) = publish(&stack, caller, fields).await;
        assert_eq!(got, status, "{answer}");
        assert!(answer.contains(want), "{want}: {answer}");
    }
    assert!(reached(&stack, "People").is_empty());
    stack.shutdown().await;
}
