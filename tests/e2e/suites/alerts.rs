//! The whole way of a finding: from the bus to the log group, the topics and the mailboxes.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::path::Path;

use e2e::{
    binary, root,
    world::{ALERT_EMAIL, ON_CALL_EMAIL, World},
};
use serde_json::{Value, json};
use time::Duration;
use vigil_local::Stack;

fn subjects(world: &World, address: &str) -> Vec<String> {
    let mails = world.mails(address);
    mails.iter().map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_reaches_both_mailboxes_and_the_log() {
    let world = World::start().await;
    let root = world.active_root(None).await;
    let ca = world.active_subordinate(&root).await;
    world.delete(&ca, 7).await;
    world.assert_nothing_failed();
    let restored = world.findings("auto-restore.restored");
    let title = restored[0]["title"].as_str().unwrap();
    for address in [ALERT_EMAIL, ON_CALL_EMAIL] {
        let mails = world.mails(address);
        let mail = mails.iter().find(|mail| mail["subject"].as_str().unwrap().contains("deleted"));
        let mail = mail.unwrap_or_else(|| panic!("{mails:#?}"));
        assert!(mail["subject"].as_str().unwrap().starts_with("[HIGH] "), "{mail}");
        let text = mail["text"].as_str().unwrap();
        for words in [title, "WHAT HAPPENED\n", "IMPACT\n", "WHAT TO DO\n", "WHY\n", "s3://vigil-"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    // Programs read the finding itself.
    let lines = world.lines("targets", "Alerts");
    let default: Value = serde_json::from_str(lines[0]["message"].as_str().unwrap()).unwrap();
    assert_eq!(default, world.findings("")[0]);
    let chat = lines[0]["attributes"]["texts"]["https"].as_str().unwrap();
    let chat: Value = serde_json::from_str(chat).unwrap();
    assert_eq!((&chat["version"], &chat["source"]), (&json!("1.0"), &json!("custom")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_finding_says_so_in_its_subject() {
    let world = World::start().await;
    world.crl_bucket("crl-bucket").await;
    world.active_root(Some("crl-bucket")).await;
    world.advance(Duration::hours(2)).await;
    world.keep_versions("crl-bucket").await;
    world.advance(Duration::hours(2)).await;
    world.assert_nothing_failed();
    let subjects = subjects(&world, ALERT_EMAIL);
    let resolved = |subject: &String| subject.starts_with("[RESOLVED ");
    assert!(subjects.iter().any(resolved), "{subjects:#?}");
}

/// CloudTrail's record of a call that can stop Vigil, and the rule that it sets off.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_vigil_is_mailed_without_its_functions() {
    let world = World::start().await;
    let call = |service: &str, name: &str, parameters: Value| {
        json!({"version": "0", "id": "1", "detail-type": "AWS API Call via CloudTrail",
            "source": format!("aws.{service}"), "account": "111122223333", "region": "us-east-1",
            "time": "2026-01-05T09:00:00Z", "resources": [], "detail": {
                "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
                "eventTime": "2026-01-05T09:00:00Z", "awsRegion": "us-east-1",
                "sourceIPAddress": "192.0.2.1",
                "userIdentity": {"arn": "arn:aws:iam::111122223333:user/mallory"},
                "requestParameters": parameters}})
    };
    let topic = "arn:aws:sns:us-east-1:111122223333:vigil-local-OnCall";
    let queue = "https://sqs.us-east-1.amazonaws.com/111122223333/vigil-local-NotifyDeadLetters";
    let ours = [
        ("events", "DisableRule", json!({"name": "vigil-local-AutoRestoreDeletion-1ABC"})),
        ("events", "RemoveTargets", json!({"rule": "vigil-local-NotifyFindings-1ABC"})),
        ("events", "DeleteEventBus", json!({"name": "vigil"})),
        ("cloudtrail", "StopLogging", json!({"name": "trail"})),
        ("lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "vigil-auto-restore"})),
        ("lambda", "PutFunctionConcurrency20171031", json!({"functionName": "vigil-notify"})),
        ("iam", "DeleteRolePolicy", json!({"roleName": "vigil-local-AutoRestoreRole-1ABC"})),
        ("sns", "DeleteTopic", json!({"topicArn": topic})),
        ("sns", "Unsubscribe", json!({"subscriptionArn": format!("{topic}:2bcfbf39")})),
        ("kms", "DisableKey", json!({"keyId": "StateKey"})),
        ("monitoring", "DeleteAlarms", json!({"alarmNames": ["vigil-local-ErrorsAlarm-1ABC"]})),
        ("sqs", "PurgeQueue", json!({"queueUrl": queue})),
        ("s3", "PutBucketPolicy", json!({"bucketName": e2e::world::EVIDENCE})),
        ("cloudformation", "DeleteStack", json!({"stackName": "vigil-local"})),
    ];
    for (service, name, parameters) in &ours {
        world.stack.deliver(call(service, name, parameters.clone()));
    }
    // Near misses: another rule, another function, a failed call, a call of CloudFormation's.
    let (service, name, parameters) = &ours[0];
    let mut failed = call(service, name, parameters.clone());
    failed["detail"]["errorCode"] = json!("AccessDenied");
    let mut deployed = call(service, name, parameters.clone());
    deployed["detail"]["sourceIPAddress"] = json!("cloudformation.amazonaws.com");
    let other = call("events", "DisableRule", json!({"name": "others-rule"}));
    let lambda = call("lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "billing"}));
    for event in [failed, deployed, other, lambda] {
        world.stack.deliver(event);
    }
    world.stack.settled().await;
    assert!(world.stack.failed_invocations().is_empty());
    let invocations = world.stack.invocations();
    assert!(invocations.iter().all(|done| !done.function.ends_with("notify")), "{invocations:#?}");
    let mails = world.mails(ON_CALL_EMAIL);
    assert_eq!(mails.len(), ours.len(), "{mails:#?}");
    for ((_, name, _), mail) in ours.iter().zip(&mails) {
        let text = mail["text"].as_str().unwrap();
        assert!(text.starts_with("[HIGH]") && text.contains(name), "{text}");
        assert!(text.contains("mallory") && text.contains("docs/runbook.md"), "{text}");
    }
    assert_eq!(world.mails(ALERT_EMAIL).len(), ours.len());
}

/// The stack with the template changed in one place.
async fn stack_with(from: &str, to: &str, folder: &Path) -> Stack {
    let template = std::fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let changed = template.replace(from, to);
    assert_ne!(changed, template, "{from} is in the template");
    let file = folder.join("template.yaml");
    std::fs::write(&file, changed).unwrap();
    let functions = binary("auto-restore").parent().unwrap().to_owned();
    let stack = Stack::builder().template(file).functions_dir(functions);
    stack.parameter("AlertEmail", ALERT_EMAIL).start().await.unwrap()
}

/// What AWS accepts in a template and delivers nothing to. The stack delivers nothing, either.
#[tokio::test(flavor = "multi_thread")]
async fn what_aws_drops_is_dropped_here_and_kept_as_dead_letters() {
    let folder = tempfile::tempdir().unwrap();
    let condition = "            Resource: !Ref Alerts\n          - Sid: FromOurAlarms";
    let with_condition = "            Resource: !Ref Alerts\n            Condition: {StringEquals: \
                          {aws:SourceAccount: !Ref AWS::AccountId}}\n          - Sid: FromOurAlarms";
    let finding = include_str!("../../../tests/fixtures/finding-event.json");
    let finding: Value = serde_json::from_str(finding).unwrap();
    for (from, to, rule) in [
        (condition, with_condition, "TrailChanged"),
        (
            "log-group:/aws/events/${Name}-findings\n",
            "log-group:/aws/events/${Name}-findings:*\n",
            "FindingsToLog",
        ),
    ] {
        let stack = stack_with(from, to, folder.path()).await;
        if rule == "FindingsToLog" {
            put_on_bus(&stack, &finding);
        } else {
            stack.deliver(json!({"source": "aws.cloudtrail", "region": "us-east-1",
                "detail-type": "AWS API Call via CloudTrail", "time": "2026-01-05T09:00:00Z",
                "detail": {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging"}}));
        }
        stack.settled().await;
        assert_eq!(stack.failed_invocations(), [(rule.to_owned(), 1)].into(), "{to}");
        let dead = stack.data_dir().join("targets/FindingsDeadLetters.jsonl");
        let dead = std::fs::read_to_string(dead).unwrap();
        assert_eq!(dead.lines().count(), 1, "{dead}");
        stack.shutdown().await;
    }
}

fn put_on_bus(stack: &Stack, event: &Value) {
    let entries = json!([{"Source": event["source"], "DetailType": event["detail-type"],
        "Detail": event["detail"].to_string(), "EventBusName": "vigil"}]);
    let entries = format!("--entries={entries}");
    let function = "lambda-vigil-crl-audit";
    let put = ["events", "put-events", &entries];
    e2e::cli::aws_as(function, stack.endpoint(), &put).unwrap();
}
