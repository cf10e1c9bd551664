//! EventBridge's calls about buses and patterns: DescribeEventBus, ListEventBuses, TestEventPattern.

use serde_json::{Value, json};

use super::rules_api::Refused;
use super::{EventBuses, Pattern};
use crate::account::Account;

/// What an event has to have (API reference, TestEventPattern). `resources` is named there too, and the
/// service does without it (localstack/localstack#11994).
const MEMBERS: [&str; 6] = ["id", "account", "source", "time", "region", "detail-type"];

/// The answer, or `None` for an operation that is not one of these.
pub(super) fn answer(
    buses: &EventBuses,
    account: &Account,
    operation: &str,
    body: &[u8],
) -> Option<Result<Value, Refused>> {
    if !["DescribeEventBus", "ListEventBuses", "TestEventPattern"].contains(&operation) {
        return None;
    }
    let body = if body.is_empty() { b"{}" } else { body };
    let request: Value = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return Some(Err(("SerializationException", error.to_string()))),
    };
    Some(match operation {
        "DescribeEventBus" => describe(buses, account, &request),
        "ListEventBuses" => Ok(list(buses, account, &request)),
        _ => test_pattern(&request),
    })
}

fn bus(account: &Account, name: &str) -> Value {
    json!({"Name": name, "Arn": account.arn("events", &format!("event-bus/{name}"))})
}

fn describe(buses: &EventBuses, account: &Account, request: &Value) -> Result<Value, Refused> {
    let name = request["Name"].as_str().unwrap_or(super::DEFAULT_BUS);
    // The name or the ARN.
    let name = name.rsplit('/').next().unwrap_or(name);
    if buses.has(name) {
        return Ok(bus(account, name));
    }
    Err(("ResourceNotFoundException", format!("Event bus {name} does not exist.")))
}

fn list(buses: &EventBuses, account: &Account, request: &Value) -> Value {
    let prefix = request["NamePrefix"].as_str().unwrap_or_default();
    let names = buses.names().iter().filter(|name| name.starts_with(prefix));
    json!({"EventBuses": names.map(|name| bus(account, name)).collect::<Vec<_>>()})
}

fn test_pattern(request: &Value) -> Result<Value, Refused> {
    let not_valid = |why: String| {
        ("InvalidEventPatternException", format!("Event pattern is not valid. Reason: {why}"))
    };
    let text = request["EventPattern"].as_str().unwrap_or_default();
    let pattern: Value =
        serde_json::from_str(text).map_err(|error| not_valid(error.to_string()))?;
    let pattern = Pattern::parse(&pattern).map_err(|error| not_valid(error.to_string()))?;
    let event: Option<Value> =
        request["Event"].as_str().and_then(|event| serde_json::from_str(event).ok());
    let event = event
        .filter(Value::is_object)
        .ok_or_else(|| ("ValidationException", "Parameter Event is not valid.".to_owned()))?;
    if let Some(missing) = MEMBERS.iter().find(|name| event.get(**name).is_none()) {
        let message = format!("Parameter Event is not valid. It has no {missing}.");
        return Err(("ValidationException", message));
    }
    Ok(json!({"Result": pattern.matches(&event)}))
}
