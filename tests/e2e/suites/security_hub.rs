//! Findings in Security Hub: the parameter, the format, updates, and a hub that takes nothing.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeMap;

use e2e::{
    cli,
    world::{ALERT_EMAIL, World},
};
use serde_json::Value;
use time::Duration;

const PRODUCT: &str = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";
const IMPORT: &str = "securityhub:BatchImportFindings";

fn aws(world: &World, arguments: &[&str]) -> String {
    tokio::task::block_in_place(|| cli::aws(world.stack.endpoint(), arguments)).unwrap()
}

/// What the hub has, as the AWS CLI reads it.
fn in_hub(world: &World) -> Vec<Value> {
    let answer: Value =
        serde_json::from_str(&aws(world, &["securityhub", "get-findings"])).unwrap();
    answer["Findings"].as_array().unwrap().clone()
}

/// The state that each finding from LOW upwards was last published with, by id.
fn published(world: &World) -> BTreeMap<String, &'static str> {
    let all = world.findings("").into_iter().filter(|one| one["severity"] != "INFORMATIONAL");
    all.map(|one| {
        let state = if one["status"] == "RESOLVED" { "ARCHIVED" } else { "ACTIVE" };
        (one["id"].as_str().unwrap().to_owned(), state)
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn security_hub_has_each_finding_once_and_archives_its_end() {
    let world = World::start_with(&[("SecurityHub", "true")]).await;
    world.crl_bucket("crl-bucket").await;
    let root = world.active_root(Some("crl-bucket")).await;
    let ca = world.active_subordinate(&root).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::hours(2)).await;
    world.keep_versions("crl-bucket").await;
    world.advance(Duration::hours(2)).await;
    world.assert_nothing_failed();
    let found = in_hub(&world);
    let states: BTreeMap<String, &str> = found
        .iter()
        .map(|one| (one["Id"].as_str().unwrap().to_owned(), one["RecordState"].as_str().unwrap()))
        .collect();
    assert_eq!(states.len(), found.len(), "each has one record");
    assert_eq!(states, published(&world));
    let has = |state: &str| states.values().any(|one| *one == state);
    assert!(has("ACTIVE") && has("ARCHIVED"), "{states:?}");
    assert!(found.iter().all(|one| one["ProductArn"] == PRODUCT));

    // The CLI holds what it sends to AWS's own model of the call. The same findings again change nothing.
    let again = format!("--findings={}", Value::from(found.clone()));
    let answer = aws(&world, &["securityhub", "batch-import-findings", &again]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["SuccessCount"], found.len(), "{answer}");
    assert_eq!(in_hub(&world), found);

    let allows = |product: &str| world.stack.would_allow("vigil-notify", IMPORT, product);
    assert!(allows(PRODUCT));
    for other in [
        PRODUCT.replace("111122223333", "444455556666"),
        PRODUCT.replace("us-east-1", "eu-west-1"),
        PRODUCT.replace("111122223333/default", "aws/guardduty"),
    ] {
        assert!(!allows(&other), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_parameter_nothing_goes_to_security_hub() {
    let world = World::start().await;
    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    world.assert_nothing_failed();
    assert!(!published(&world).is_empty());
    assert!(in_hub(&world).is_empty());
    assert!(!world.stack.would_allow("vigil-notify", IMPORT, PRODUCT));
}

/// An account that switched Security Hub off: the mail comes, and the event is kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_security_hub_did_not_take_is_a_dead_letter() {
    let parameters = [("SecurityHub", "true"), ("AlertEmail", ""), ("OnCallEmail", "")];
    let world = World::start_with(&parameters).await;
    aws(&world, &["securityhub", "disable-security-hub"]);
    let doctor = ["doctor", "--stack=vigil-local", "--wait=0"];
    let (is_good, text) = world.vigil("alice", &doctor).await;
    assert!(!is_good && text.contains("bad      test finding: "), "{text}");
    assert!(text.contains("good     subscriptions: no subscription; findings go to"), "{text}");
    world.advance(Duration::minutes(5)).await;

    let ca = world.active_root(None).await;
    world.delete(&ca, 7).await;
    world.stack.settled().await;
    world.advance(Duration::minutes(5)).await;
    assert!(!world.lines("targets", "Alerts").is_empty(), "the topic has it");
    let dead = world.lines("targets", "NotifyDeadLetters");
    let error = |line: &Value| line["message"]["responsePayload"]["errorType"].clone();
    assert!(!dead.is_empty() && dead.iter().all(|line| error(line) == "ImportFailed"), "{dead:#?}");

    aws(&world, &["securityhub", "enable-security-hub"]);
    let (is_good, text) = world.vigil("alice", &["replay", "vigil-local-NotifyDeadLetters"]).await;
    assert!(is_good, "{text}");
    world.stack.settled().await;
    let has =
        |rule: &str| in_hub(&world).iter().any(|one| one["GeneratorId"] == format!("vigil/{rule}"));
    assert!(has("auto-restore.restored"), "{:#?}", in_hub(&world));
    let doctor = ["doctor", "--stack=vigil-local", "--wait=60"];
    let (is_good, text) = world.vigil("alice", &doctor).await;
    assert!(is_good, "{text}");
    assert!(world.mails(ALERT_EMAIL).is_empty());
}
