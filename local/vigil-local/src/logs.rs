//! CloudWatch Logs for one machine: FilterLogEvents over what functions and rules wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::json_api::{Refused, unknown};

#[derive(Clone)]
pub(crate) struct Logs {
    /// One file for each function.
    pub(crate) functions: PathBuf,
    /// One file for each log group that is a target.
    pub(crate) targets: PathBuf,
    /// Names and logical ids.
    pub(crate) groups: BTreeMap<String, String>,
}

/// The API's maximum (API reference, FilterLogEvents).
const MOST: usize = 10_000;

impl Logs {
    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Result<Value, Refused> {
        if operation != "FilterLogEvents" {
            return Err(unknown("CloudWatch Logs", operation));
        }
        let group = request["logGroupName"].as_str().unwrap_or_default();
        let logical_id = self.groups.get(group).ok_or_else(|| {
            let message = "The specified log group does not exist.".to_owned();
            ("ResourceNotFoundException", message)
        })?;
        let phrase = phrase(request["filterPattern"].as_str().unwrap_or_default())?;
        let start = request["startTime"].as_i64().unwrap_or_default();
        let mut events = self.lines(group, logical_id);
        events.retain(|(at, line)| *at >= start && line.contains(&phrase));
        let events: Vec<Value> = events
            .iter()
            .take(MOST)
            .map(|(at, line)| json!({"timestamp": at, "message": line, "logStreamName": "local"}))
            .collect();
        Ok(json!({"events": events, "searchedLogStreams": []}))
    }

    /// Milliseconds since 1970 and text.
    fn lines(&self, group: &str, logical_id: &str) -> Vec<(i64, String)> {
        let function = group.strip_prefix("/aws/lambda/");
        let path = match function {
            Some(name) => self.functions.join(format!("{name}.log")),
            None => self.targets.join(format!("{logical_id}.jsonl")),
        };
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap_or_default();
            let member = if function.is_some() { "timestamp" } else { "time" };
            let at = value[member].as_str().and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok());
            let at = at.map_or(0, |at| at.unix_timestamp() * 1000);
            let text =
                if function.is_some() { line.to_owned() } else { value["message"].to_string() };
            (at, text)
        };
        text.lines().map(line).collect()
    }
}

/// CloudWatch Logs User Guide, "Filter pattern syntax": a phrase in double quotes matches as it is.
fn phrase(pattern: &str) -> Result<String, Refused> {
    if pattern.is_empty() {
        return Ok(String::new());
    }
    let inner = pattern.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.filter(|inner| !inner.contains('"')).map(str::to_owned).ok_or_else(|| {
        let message = "vigil-local evaluates a pattern of one phrase in double quotes".to_owned();
        ("InvalidParameterException", message)
    })
}
