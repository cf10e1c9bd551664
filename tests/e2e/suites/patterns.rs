//! Which rules match which events: AWS's published samples, and events that differ from them a little.
//! `tests/infra/test_patterns.py` holds moto to the same file.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{collections::BTreeMap, fs};

use e2e::{root, world::World};
use serde_json::Value;

/// Name, event and the rules that match it.
fn cases() -> Vec<(String, Value, Vec<String>)> {
    let text = fs::read_to_string(root().join("tests/fixtures/events.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rules = |case: &Value| case["rules"].as_array().unwrap().iter().map(text).collect();
    let mut cases = Vec::new();
    let mut samples = BTreeMap::new();
    for sample in file["samples"].as_array().unwrap() {
        assert!(text(&sample["page"]).starts_with("https://docs.aws.amazon.com/"));
        samples.insert(text(&sample["name"]), sample["event"].clone());
        cases.push((text(&sample["name"]), sample["event"].clone(), rules(sample)));
    }
    for case in file["changed"].as_array().unwrap() {
        let mut event = samples[&text(&case["like"])].clone();
        for (path, value) in case["set"].as_object().unwrap() {
            set(&mut event, path, value);
        }
        cases.push((text(&case["name"]), event, rules(case)));
    }
    cases
}

fn set(event: &mut Value, path: &str, value: &Value) {
    let (outer, last) = path.rsplit_once('.').unwrap_or(("", path));
    let place = outer.split('.').filter(|member| !member.is_empty());
    let place = place.fold(event, |place, member| &mut place[member]);
    if value == "(removed)" {
        place.as_object_mut().unwrap().remove(last);
    } else {
        place[last] = value.clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_matches_its_events_and_no_others() {
    let world = World::start().await;
    for (name, event, mut wanted) in cases() {
        world.stack.deliver(event.clone());
        let seen = world.stack.events();
        let mut seen = seen.into_iter().rev().filter(|seen| seen.event == event);
        let mut rules = seen.next().unwrap().rules;
        rules.sort();
        wanted.sort();
        assert_eq!(rules, wanted, "{name}");
    }
}
