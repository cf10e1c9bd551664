//! `vigil doctor` and `vigil replay` on the local stack: each check from both sides.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{collections::BTreeSet, os::unix::fs::PermissionsExt, process::Command};

use e2e::{
    binary, cli,
    template::template,
    world::{ALERT_EMAIL, EVIDENCE, World},
};
use serde_json::{Value, json};
use time::Duration;
use vigil_core::jobs::doctor::{FUNCTIONS, RULES, SCHEDULES};

/// The exit code and the lines of a command.
fn vigil(world: &World, access_key: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(binary("vigil"));
    command
        .env_clear()
        .env("AWS_ENDPOINT_URL", world.stack.endpoint())
        .env("AWS_ACCESS_KEY_ID", access_key)
        .env("AWS_SECRET_ACCESS_KEY", vigil_local::SECRET)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("HOME", "/nonexistent")
        .args(arguments);
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), format!("{text}{errors}"))
}

fn doctor(world: &World, more: &[&str]) -> (i32, String) {
    let base = ["doctor", "--stack=vigil-local"];
    vigil(world, "alice", &[&base, more].concat())
}

fn aws(world: &World, arguments: &[&str]) -> String {
    tokio::task::block_in_place(|| cli::aws(world.stack.endpoint(), arguments)).unwrap()
}

/// The check is bad, the command says so with its exit code, and names how to mend it.
fn assert_bad(world: &World, check: &str, mend: &str) {
    let (code, text) = doctor(world, &["--wait=0"]);
    let mut lines = text.lines();
    let bad = format!("bad      {check}: ");
    assert!(lines.any(|line| line.starts_with(&bad)), "{check}: {text}");
    let next = lines.next().unwrap_or_default();
    assert!(next.starts_with("         mend it: ") && next.contains(mend), "{text}");
    assert_eq!(code, 1, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_nothing_wrong_with_a_new_stack() {
    let world = World::start().await;
    let (code, text) = doctor(&world, &["--run-functions", "--wait=60"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.lines().all(|line| line.starts_with("good     ")), "{text}");
    assert_eq!(text.lines().count(), 14, "{text}");
    world.stack.settled().await;
    world.assert_nothing_failed();
    let mails = world.mails(ALERT_EMAIL);
    let is_test = |mail: &Value| mail["subject"].as_str().unwrap().contains("a test of Vigil");
    assert!(mails.iter().any(is_test), "{mails:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_sees_a_trail_that_does_not_log() {
    let world = World::start().await;
    aws(&world, &["cloudtrail", "stop-logging", "--name=vigil-local"]);
    assert_bad(&world, "trail", "aws cloudtrail start-logging --name arn:aws:cloudtrail:");
    aws(&world, &["cloudtrail", "start-logging", "--name=vigil-local"]);
    let reads = "--event-selectors=ReadWriteType=ReadOnly,IncludeManagementEvents=true";
    aws(&world, &["cloudtrail", "put-event-selectors", "--trail-name=vigil-local", reads]);
    assert_bad(&world, "trail", "aws cloudtrail put-event-selectors");
    // As on AWS, a deletion is then not reported to EventBridge.
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    assert!(world.findings("auto-restore").is_empty());
    aws(&world, &["cloudtrail", "delete-trail", "--name=vigil-local"]);
    assert_bad(&world, "trail", "aws cloudtrail create-trail");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_sees_rules_that_are_off_and_no_finding_arrives() {
    let world = World::start().await;
    let rule = "vigil-local-AutoRestoreDeletion";
    aws(&world, &["events", "disable-rule", "--name", rule]);
    assert_bad(&world, "rules", &format!("aws events enable-rule --name {rule}"));
    aws(&world, &["events", "enable-rule", "--name", rule]);
    let off = |name: &str| {
        let name = format!("--name=vigil-local-{name}");
        aws(&world, &["events", "disable-rule", &name, "--event-bus-name=vigil"]);
    };
    off("NotifyFindings");
    assert_bad(&world, "test finding", "aws logs tail /aws/lambda/vigil-notify");
    assert_bad(&world, "rules", "--event-bus-name vigil");
    off("FindingsToLog");
    assert_bad(&world, "test finding", "revert the drift");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_sees_that_no_operator_is_informed() {
    let world =
        World::start_with(&[("AlertEmail", ""), ("OnCallEmail", ""), ("SubscribeLater", "true")])
            .await;
    assert_bad(&world, "subscriptions", "aws sns subscribe --topic-arn arn:aws:sns:");
    let topic = "--topic-arn=arn:aws:sns:us-east-1:111122223333:vigil-local-Alerts";
    let endpoint = "--notification-endpoint=late@example.com";
    aws(&world, &["sns", "subscribe", topic, "--protocol=email", endpoint]);
    assert_bad(&world, "subscriptions", "Subscription Confirmation");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_sees_policies_buckets_and_functions() {
    let world = World::start().await;
    let put = world.s3.put_object().bucket(EVIDENCE).key("policies/own.cedar");
    put.body(b"permit (".to_vec().into()).send().await.unwrap();
    assert_bad(&world, "policies", "vigil policy check");
    world.crl_bucket("crl-bucket").await;
    world.active_root(Some("crl-bucket")).await;
    assert_bad(&world, "CRL buckets", "--bucket crl-bucket");
    let on = "--notification-configuration={\"EventBridgeConfiguration\":{}}";
    let api = ["s3api", "put-bucket-notification-configuration", "--bucket=crl-bucket", on];
    aws(&world, &api);
    let (_, text) = doctor(&world, &["--wait=0"]);
    assert!(text.contains("good     CRL buckets: 1 CRL buckets send"), "{text}");
    aws(&world, &["s3", "rb", "--force", "s3://crl-bucket"]);
    assert_bad(&world, "CRL buckets", "aws s3 mb s3://crl-bucket");
    let reports = "s3://vigil-audit-reports-111122223333-us-east-1";
    aws(&world, &["s3", "rb", "--force", reports]);
    assert_bad(&world, "buckets", "make deploy with TakeOver=false");
    let (code, text) = doctor(&world, &["--name=other", "--wait=0"]);
    assert!(code == 1 && text.contains("bad      functions: other-"), "{text}");
}

/// As an operator runs it. What it builds is built already.
#[tokio::test(flavor = "multi_thread")]
async fn make_verify_checks_the_stack_and_runs_its_functions() {
    let world = World::start().await;
    let folder = tempfile::tempdir().unwrap();
    let cargo = folder.path().join("cargo");
    let script = format!(
        "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec {} \"$@\"\n",
        binary("vigil").display()
    );
    std::fs::write(&cargo, script).unwrap();
    std::fs::set_permissions(&cargo, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = Command::new("make");
    command
        .current_dir(e2e::root())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("AWS_ENDPOINT_URL", world.stack.endpoint())
        .env("AWS_ACCESS_KEY_ID", "alice")
        .env("AWS_SECRET_ACCESS_KEY", vigil_local::SECRET)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .args(["verify", "STACK=vigil-local"])
        .arg(format!("CARGO={}", cargo.display()));
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("good     first run: 5 functions ran"), "{text}");
    assert!(text.contains("good     test finding: "), "{text}");
}

/// The time is printed (`--nocapture`), not asserted: machines differ.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_examines_200_cas() {
    let world = World::start().await;
    for number in 0..200 {
        let bucket = format!("crl-bucket-{}", number / 10);
        if number % 10 == 0 {
            world.crl_bucket(&bucket).await;
        }
        world.pending_root(&bucket).await;
    }
    #[expect(clippy::disallowed_methods, reason = "the time is printed, not asserted")]
    let began = std::time::Instant::now();
    let (_, text) = doctor(&world, &["--wait=0"]);
    println!("vigil doctor on 200 CAs: {:.1} s", began.elapsed().as_secs_f64());
    assert!(
        text.contains("good     ACM PCA: ACM PCA answers in this Region, with 200 CAs"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_asked_is_unknown() {
    let world = World::start().await;
    // A function's key: its role allows none of the calls.
    let arguments = ["doctor", "--stack=vigil-local", "--wait=0"];
    let (code, text) = vigil(&world, "lambda-vigil-notify", &arguments);
    assert!(text.contains("unknown  trail: ") && !text.contains("bad      trail"), "{text}");
    assert!(text.contains("unknown  ACM PCA: "), "{text}");
    assert_eq!(code, 2, "{text}");
}

fn waiting(world: &World, queue: &str) -> Value {
    let url = format!("--queue-url=https://sqs.us-east-1.amazonaws.com/111122223333/{queue}");
    let names = "--attribute-names=ApproximateNumberOfMessages";
    let text = aws(world, &["sqs", "get-queue-attributes", &url, names]);
    let answer: Value = serde_json::from_str(&text).unwrap();
    answer["Attributes"]["ApproximateNumberOfMessages"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_reported_and_handed_back_once() {
    let world = World::start().await;
    let queue = "vigil-local-AutoRestoreDeadLetters";
    let function = "--function-name=vigil-auto-restore";
    let payload = ["--invocation-type=Event", "--payload={\"do\": \"nothing\"}", "/dev/null"];
    aws(&world, &[&["lambda", "invoke", function][..], &payload].concat());
    world.stack.settled().await;
    world.advance(Duration::minutes(5)).await;
    assert_eq!(waiting(&world, queue), "1");
    assert_bad(&world, "dead letters", &format!("remove the cause, then: vigil replay {queue}"));

    let (code, text) = vigil(&world, "alice", &["replay", queue, "--dry-run"]);
    assert!(code == 0 && text.contains("1 of 1 messages would go"), "{text}");
    let (code, text) = vigil(&world, "alice", &["replay", queue]);
    assert!(code == 2 && text.contains("1 message is hidden"), "{text}");
    world.advance(Duration::minutes(2)).await;
    assert_eq!(waiting(&world, queue), "1", "a dry run leaves it");
    let before = world.stack.invocations().len();
    let (code, text) = vigil(&world, "alice", &["replay", queue]);
    assert!(code == 0 && text.contains("1 of 1 messages went"), "{text}");
    world.stack.settled().await;
    let again: Vec<_> = world.stack.invocations().split_off(before);
    assert_eq!(again.len(), 1, "{again:#?}");
    assert_eq!(again[0].event, json!({"do": "nothing"}));
    assert_eq!(waiting(&world, queue), "0");
    let (code, text) = vigil(&world, "alice", &["replay", queue]);
    assert!(code == 0 && text.contains("0 of 0 messages"), "{text}");
    let (code, text) = vigil(&world, "alice", &["replay", "no-such-queue"]);
    assert!(code == 2 && text.contains("no-such-queue"), "{text}");
}

/// EventBridge leaves the event itself, with the target's ARN as an attribute.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_not_delivered_restores_its_ca() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.stack.lose_events(true);
    world.delete(&ca, 7).await;
    world.stack.lose_events(false);
    let event = world.event("DeleteCertificateAuthority");
    let line = json!({"message": event, "attributes": {
        "RULE_ARN": "arn:aws:events:us-east-1:111122223333:rule/vigil-local-AutoRestoreDeletion",
        "TARGET_ARN": "arn:aws:lambda:us-east-1:111122223333:function:vigil-auto-restore",
        "ERROR_CODE": "NO_PERMISSIONS"}});
    let path = world.stack.data_dir().join("targets/AutoRestoreDeadLetters.jsonl");
    std::fs::write(path, format!("{line}\n")).unwrap();
    let (code, text) = vigil(&world, "alice", &["replay", "vigil-local-AutoRestoreDeadLetters"]);
    assert_eq!(code, 0, "{text}");
    world.stack.settled().await;
    assert_eq!(world.findings("auto-restore.restored").len(), 1);
}

#[test]
fn the_doctor_expects_what_the_template_has() {
    let template = template();
    let (mut rules, mut schedules, mut functions) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let properties = &resource["Properties"];
        if resource["Type"] == "AWS::Events::Rule" {
            rules.insert((id.clone(), properties["EventBusName"].is_string()));
        }
        if resource["Type"] != "AWS::Serverless::Function" {
            continue;
        }
        let name = properties["FunctionName"].as_str().unwrap();
        functions.insert(name.trim_start_matches("${Name}-").to_owned());
        for (event, trigger) in properties["Events"].as_object().unwrap() {
            let id = format!("{id}{event}");
            if trigger["Type"] == "Schedule" {
                schedules.insert(id);
            } else {
                rules.insert((id, trigger["Properties"]["EventBusName"].is_string()));
            }
        }
    }
    let known = RULES.iter().map(|(id, own)| ((*id).to_owned(), *own));
    assert_eq!(known.collect::<BTreeSet<_>>(), rules);
    let known = SCHEDULES.iter().map(|id| (*id).to_owned());
    assert_eq!(known.collect::<BTreeSet<_>>(), schedules);
    let known = FUNCTIONS.iter().map(|name| (*name).to_owned());
    assert_eq!(known.collect::<BTreeSet<_>>(), functions);
}
