//! What infra/template.yaml has to have, and what neither cfn-lint nor the local stack can see.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{collections::BTreeSet, fs};

use e2e::{root, template::template};
use serde_json::{Map, Value};

fn resources() -> Map<String, Value> {
    template()["Resources"].as_object().unwrap().clone()
}

fn of_type(kind: &str) -> Vec<(String, Value)> {
    resources().into_iter().filter(|(_, resource)| resource["Type"] == kind).collect()
}

/// The rules of the template and those that SAM makes: logical id, and the properties of each target.
fn rules() -> Vec<(String, Vec<Value>)> {
    let mut rules = Vec::new();
    for (id, rule) in of_type("AWS::Events::Rule") {
        rules.push((id, rule["Properties"]["Targets"].as_array().unwrap().clone()));
    }
    for (id, function) in of_type("AWS::Serverless::Function") {
        for (event, trigger) in function["Properties"]["Events"].as_object().unwrap() {
            rules.push((format!("{id}{event}"), vec![trigger["Properties"].clone()]));
        }
    }
    rules
}

#[test]
fn every_target_of_every_rule_has_a_dead_letter_queue() {
    let queues: BTreeSet<String> =
        of_type("AWS::SQS::Queue").into_iter().map(|(id, _)| format!("{id}.Arn")).collect();
    for (rule, targets) in rules() {
        for target in targets {
            let queue = target["DeadLetterConfig"]["Arn"].as_str().unwrap_or_default();
            assert!(queues.contains(queue), "{rule} has a target without a dead-letter queue");
            assert!(target["RoleArn"].is_null(), "{rule} has a target with a RoleArn");
        }
    }
}

/// Every string below a value.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Object(members) => members.values().for_each(|value| strings(value, found)),
        Value::Bool(_) | Value::Null | Value::Number(_) => {}
    }
}

/// What alarms on this metric watch.
fn watched(metric: &str) -> BTreeSet<String> {
    let mut found = Vec::new();
    for (_, alarm) in of_type("AWS::CloudWatch::Alarm") {
        let mut own = Vec::new();
        strings(&alarm["Properties"], &mut own);
        if own.iter().any(|text| text == metric) {
            found.extend(own);
        }
    }
    let id = |text: String| text.split('.').next().unwrap_or_default().to_owned();
    found.into_iter().map(id).collect()
}

#[test]
fn every_rule_topic_queue_and_function_has_an_alarm() {
    let failed = watched("FailedInvocations");
    for (rule, _) in rules() {
        assert!(failed.contains(&rule), "no alarm counts FailedInvocations of {rule}");
    }
    for (kind, metric) in [
        ("AWS::SNS::Topic", "NumberOfNotificationsFailed"),
        ("AWS::SQS::Queue", "ApproximateNumberOfMessagesVisible"),
        ("AWS::Serverless::Function", "Errors"),
    ] {
        let watched = watched(metric);
        for (id, _) in of_type(kind) {
            assert!(watched.contains(&id), "no alarm watches {metric} of {id}");
        }
    }
}

#[test]
fn every_alarm_says_when_it_is_over() {
    for (id, alarm) in of_type("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        assert!(properties["AlarmActions"].is_array(), "{id} informs no topic");
        assert_eq!(properties["AlarmActions"], properties["OKActions"], "{id}");
        if properties["TreatMissingData"] == "missing" {
            let actions = &properties["InsufficientDataActions"];
            assert_eq!(properties["AlarmActions"], *actions, "{id}");
        }
    }
}

#[test]
fn the_bus_is_archived_for_thirty_days() {
    let archives = of_type("AWS::Events::Archive");
    assert_eq!(archives.len(), 1);
    assert_eq!(archives[0].1["Properties"]["RetentionDays"], 30);
    assert_eq!(archives[0].1["Properties"]["SourceArn"], "FindingsBus.Arn");
}

/// The sections of a page: heading and text.
fn sections(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let parts = format!("\n{text}");
    let parts = parts.split("\n## ").flat_map(|part| part.split("\n### ")).skip(1);
    let section = |part: &str| {
        let (heading, text) = part.split_once('\n').unwrap_or((part, ""));
        (heading.trim().trim_matches('`').to_owned(), text.trim().to_owned())
    };
    parts.map(section).collect()
}

#[test]
fn the_runbook_has_a_paragraph_for_every_alarm_and_change() {
    let sections = sections("docs/runbook.md");
    let mut wanted: Vec<String> =
        of_type("AWS::CloudWatch::Alarm").into_iter().map(|(id, _)| id).collect();
    wanted.extend(of_type("AWS::Events::Rule").into_iter().map(|(id, _)| id));
    for id in wanted {
        let section = sections.iter().find(|(heading, _)| *heading == id);
        let (_, text) = section.unwrap_or_else(|| panic!("docs/runbook.md has no section {id}"));
        assert!(text.split_whitespace().count() >= 15, "docs/runbook.md says too little of {id}");
    }
}

#[test]
fn the_runbook_has_a_paragraph_for_every_rule() {
    let runbook = sections("docs/runbook.md");
    let rules = sections("docs/rules.md").into_iter().map(|(heading, _)| heading);
    let rules = rules.filter(|heading| heading.contains('.') && !heading.contains(' '));
    let rules: Vec<String> = rules.collect();
    assert!(rules.len() > 60, "{rules:?}");
    for rule in rules {
        let section = runbook.iter().find(|(heading, _)| *heading == rule);
        let (_, text) = section.unwrap_or_else(|| {
            panic!(
                "docs/runbook.md has no section {rule}: add `### {rule}` under `## Findings` with the four \
                 lines `Rule:`, `Confirm:`, `Mend:` and `Set it off locally:`"
            )
        });
        for line in ["Rule: ", "Confirm: ", "Mend: ", "Set it off locally: "] {
            assert!(text.lines().any(|it| it.starts_with(line)), "{rule}: no line begins `{line}`");
        }
    }
}

/// With `Retain`, a creation that fails leaves its buckets behind, and every retry "already exists".
#[test]
fn what_is_kept_is_not_kept_by_a_creation_that_fails() {
    let mut kept = 0;
    for (id, resource) in resources() {
        let policy = &resource["DeletionPolicy"];
        assert!(policy.is_null() || policy == "RetainExceptOnCreate", "{id}: {policy}");
        kept += usize::from(!policy.is_null());
        let replaced = &resource["UpdateReplacePolicy"];
        assert_eq!(replaced == "Retain", !policy.is_null(), "{id}");
    }
    assert_eq!(kept, 6, "two buckets, the log of findings and three keys");
}

/// A second stack has a `Name` of its own, and then no name of the first.
#[test]
fn every_name_begins_with_the_parameter_name() {
    let named = ["BucketName", "FunctionName", "LogGroupName", "Name", "PolicyName", "QueueName"];
    for (id, resource) in resources() {
        for property in named.iter().chain(&["RoleName", "RuleName", "TopicName"]) {
            let Some(name) = resource["Properties"][property].as_str() else { continue };
            let is_ours = name == "Name"
                || ["${Name}-", "/aws/lambda/${Name}-", "/aws/events/${Name}-"]
                    .iter()
                    .any(|start| name.starts_with(start));
            assert!(is_ours, "{id} has the {property} {name}");
        }
    }
}

/// The log group that a function writes to is declared, so that it does not stay for ever.
#[test]
fn every_log_group_has_a_retention() {
    let groups = of_type("AWS::Logs::LogGroup");
    for (id, group) in &groups {
        assert_eq!(group["Properties"]["RetentionInDays"], "LogRetentionDays", "{id}");
    }
    for (id, function) in of_type("AWS::Serverless::Function") {
        let group = &function["Properties"]["LoggingConfig"]["LogGroup"];
        assert!(groups.iter().any(|(name, _)| group == name), "{id} writes to {group}");
    }
}

/// Variables that the SDK and Lambda set.
const NOT_OURS: &[&str] = &["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_LAMBDA_LOG_LEVEL"];

#[test]
fn every_function_is_given_the_variables_that_it_reads() {
    let template = template();
    let names = |value: &Value| -> BTreeSet<String> {
        value["Environment"]["Variables"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    };
    let shared = names(&template["Globals"]["Function"]);
    for (name, function) in e2e::configuration::functions(&template) {
        let main = fs::read_to_string(root().join(format!("functions/{name}/src/main.rs")));
        let main = main.unwrap();
        let reads = |variable: &&&vigil_aws::config::Variable| {
            let constant = variable.name.trim_start_matches("VIGIL_");
            let by_client =
                constant == "FETCH_DISTRIBUTION_POINTS" && main.contains(".distribution()");
            // Both read what names their keys, and the keys that are retired.
            let helpers: &[&str] = match constant {
                "APPROVALS_NEEDED" | "APPROVERS" | "APPROVER_KEY_HOLDERS" => {
                    &["config::held_approvers()"]
                }
                "APPROVER_KEYS" => &["config::held_approvers()", "config::approver_key()"],
                "POLICY_KEYS" => &["config::publishers()"],
                "SECURITY_HUB_PRODUCT" => &["config::security_hub_product()"],
                "RETIRED_KEYS" => {
                    &["config::held_approvers()", "config::approver_key()", "config::publishers()"]
                }
                _ => &[],
            };
            let by_helper = helpers.iter().any(|helper| main.contains(helper));
            let word = format!("config::{constant}.");
            (by_client || by_helper || main.contains(&word)) && !NOT_OURS.contains(&variable.name)
        };
        let read: BTreeSet<String> =
            vigil_aws::config::ALL.iter().filter(reads).map(|it| it.name.to_owned()).collect();
        let own = names(&function["Properties"]);
        let given = own.union(&shared).cloned().collect();
        let missing: Vec<_> = read.difference(&given).collect();
        assert!(missing.is_empty(), "{name} reads {missing:?} and is not given it");
        let unread: Vec<_> = own.difference(&read).collect();
        assert!(unread.is_empty(), "{name} is given {unread:?} and does not read it");
    }
}

/// Names that the template matches and that AWS's page does not list.
const NOT_LISTED: &[&str] = &["PutObjectLockConfiguration"];

#[test]
fn names_of_s3_calls_are_those_that_cloudtrail_writes() {
    let listed = fs::read_to_string(root().join("tests/fixtures/cloudtrail-s3-names.txt")).unwrap();
    let listed: BTreeSet<&str> =
        listed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let resources = resources();
    let rule = &resources["CrlAudit"]["Properties"]["Events"]["CrlBucket"]["Properties"]["Pattern"];
    let evidence = &resources["EvidenceChanged"]["Properties"]["EventPattern"];
    for pattern in [rule, evidence] {
        for name in pattern["detail"]["eventName"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            let is_known = listed.contains(name) || NOT_LISTED.contains(&name);
            assert!(is_known, "{name} is on no list of CloudTrail's names");
        }
    }
    for name in NOT_LISTED {
        assert!(!listed.contains(name), "{name} is listed");
    }
}
