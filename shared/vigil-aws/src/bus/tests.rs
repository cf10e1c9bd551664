use serde_json::{Value, json};
use time::macros::datetime;
use vigil_core::{
    failure::chain,
    finding::{Kind, Names, Observation, RuleInfo, Severity},
};

use super::*;
use crate::wire::{Answer, Wire, client, dated, refused as refusal};

fn bus(answers: impl IntoIterator<Item = Answer>) -> (EventBridge, Wire) {
    let wire = Wire::new(answers);
    (EventBridge::new(client!(aws_sdk_eventbridge, wire), "vigil".to_owned()), wire)
}

const RULE: RuleInfo =
    RuleInfo { id: "area.rule", holds: "It holds.", cites: "a page", kinds: &[KIND] };
const KIND: Kind = Kind {
    id: "kind",
    severity: Severity::Low,
    title: "a title",
    what_happened: "It happened.",
    impact: "None.",
    what_to_do: "Nothing:",
    first_command: "true",
};

fn findings(count: usize) -> Vec<Finding> {
    let at = datetime!(2026-01-31 12:00 UTC);
    let finding = |n: usize| {
        let seen = Observation::new(KIND).discriminator(n.to_string());
        seen.finding(&RULE, &Names::new("here"), "arn:x", at)
    };
    (0..count).map(finding).collect()
}

fn taken(count: usize) -> Answer {
    dated(json!({"FailedEntryCount": 0, "Entries": vec![json!({"EventId": "e"}); count]}))
}

#[tokio::test]
async fn findings_go_out_in_batches_of_ten() {
    let (bus, wire) = bus([taken(10), taken(2)]);
    bus.publish(&findings(12)).await.unwrap();
    let sizes: Vec<usize> = (wire.asked().iter())
        .map(|asked| serde_json::from_str::<Value>(&asked.body).unwrap())
        .map(|body| body["Entries"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [10, 2]);
}

#[tokio::test]
async fn an_event_carries_the_finding_as_its_detail() {
    let (bus, wire) = bus([taken(1)]);
    let findings = findings(1);
    bus.publish(&findings).await.unwrap();
    let body: Value = serde_json::from_str(&wire.asked()[0].body).unwrap();
    let entry = &body["Entries"][0];
    assert_eq!(entry["Source"], "vigil");
    assert_eq!(entry["DetailType"], "Vigil Finding");
    assert_eq!(entry["EventBusName"], "vigil");
    assert_eq!(entry["Resources"], json!(["arn:x"]));
    let detail: Finding = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail, findings[0]);
}

#[tokio::test]
async fn what_the_bus_did_not_take_is_named() {
    let entries =
        json!([{"EventId": "e"}, {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow"}]);
    let (bus, _) = bus([dated(json!({"FailedEntryCount": 1, "Entries": entries}))]);
    let findings = findings(2);
    let error = bus.publish(&findings).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&findings[1].id) && !text.contains(&findings[0].id), "{text}");
}

#[tokio::test]
async fn a_failing_batch_does_not_keep_the_next_from_its_turn() {
    let (bus, wire) = bus([refusal(400, "AccessDeniedException"), taken(1)]);
    let error = bus.publish(&findings(11)).await.unwrap_err();
    assert!(chain(&error).contains("PutEvents was refused for vigil"), "{}", chain(&error));
    assert_eq!(wire.asked().len(), 2);
}
