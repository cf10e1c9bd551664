//! EventBridge's calls about rules: ListRules, DescribeRule, ListTargetsByRule, DisableRule and
//! EnableRule.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{DEFAULT_BUS, EventBuses};

/// The API's default and maximum (API reference, ListRules).
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    event_bus_name: Option<String>,
    name: Option<String>,
    name_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<usize>,
    rule: Option<String>,
}

/// An error's code and message.
pub(super) type Refused = (&'static str, String);

/// The answer, or `None` for an operation that is not one of these.
pub(super) fn answer(
    buses: &EventBuses,
    operation: &str,
    body: &[u8],
) -> Option<Result<Value, Refused>> {
    let call: fn(&EventBuses, &Request) -> Result<Value, Refused> = match operation {
        "DescribeRule" => describe,
        "DisableRule" => |buses, request| switch(buses, request, true),
        "EnableRule" => |buses, request| switch(buses, request, false),
        "ListRules" => list,
        "ListTargetsByRule" => targets,
        _ => return None,
    };
    let body = if body.is_empty() { b"{}" } else { body };
    Some(match serde_json::from_slice(body) {
        Ok(request) => call(buses, &request),
        Err(error) => Err(("SerializationException", error.to_string())),
    })
}

fn bus_of<'a>(buses: &EventBuses, request: &'a Request) -> Result<&'a str, Refused> {
    let bus = request.event_bus_name.as_deref().unwrap_or(DEFAULT_BUS);
    // The name or the ARN.
    let bus = bus.rsplit('/').next().unwrap_or(bus);
    if buses.has(bus) {
        return Ok(bus);
    }
    Err(("ResourceNotFoundException", format!("Event bus {bus} does not exist.")))
}

fn list(buses: &EventBuses, request: &Request) -> Result<Value, Refused> {
    let bus = bus_of(buses, request)?;
    let prefix = request.name_prefix.as_deref().unwrap_or_default();
    let rules = buses.records().iter();
    let rules = rules.filter(|rule| rule.bus == bus && rule.name.starts_with(prefix));
    let rules = rules.map(|rule| rule.json(buses.is_disabled(&rule.arn)));
    page(rules.collect(), request, "Rules")
}

fn page(items: Vec<Value>, request: &Request, member: &str) -> Result<Value, Refused> {
    let limit = request.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(("ValidationException", "Limit is 1 to 100".to_owned()));
    }
    let from: usize = match &request.next_token {
        None => 0,
        Some(token) => token
            .parse()
            .map_err(|_| ("ValidationException", "NextToken is not one of ours".to_owned()))?,
    };
    let count = items.len();
    let items: Vec<Value> = items.into_iter().skip(from).take(limit).collect();
    let mut page = json!({});
    page[member] = Value::Array(items);
    if from.saturating_add(limit) < count {
        page["NextToken"] = json!((from + limit).to_string());
    }
    Ok(page)
}

fn named<'a>(
    buses: &'a EventBuses,
    request: &Request,
    name: Option<&String>,
) -> Result<&'a super::RuleRecord, Refused> {
    let bus = bus_of(buses, request)?;
    let name = name.map(String::as_str).unwrap_or_default();
    let found = buses.records().iter().find(|rule| rule.bus == bus && rule.name == name);
    found.ok_or_else(|| {
        let message = format!("Rule {name} does not exist on EventBus {bus}.");
        ("ResourceNotFoundException", message)
    })
}

fn describe(buses: &EventBuses, request: &Request) -> Result<Value, Refused> {
    let rule = named(buses, request, request.name.as_ref())?;
    Ok(rule.json(buses.is_disabled(&rule.arn)))
}

fn targets(buses: &EventBuses, request: &Request) -> Result<Value, Refused> {
    let rule = named(buses, request, request.rule.as_ref())?;
    page(rule.targets.iter().map(super::TargetRecord::json).collect(), request, "Targets")
}

fn switch(buses: &EventBuses, request: &Request, off: bool) -> Result<Value, Refused> {
    let rule = named(buses, request, request.name.as_ref())?;
    if rule.state == "DISABLED" {
        let message = format!("{} is disabled in the template: start the stack anew", rule.name);
        return Err(("UnsupportedOperationException", message));
    }
    buses.disable(&rule.arn, off);
    Ok(json!({}))
}
