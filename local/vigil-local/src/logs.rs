//! CloudWatch Logs for one machine, over what functions and rules wrote: DescribeLogGroups,
//! DescribeLogStreams, FilterLogEvents and GetLogEvents.

mod filter;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::account::Account;
use crate::json_api::{Refused, unknown};
use filter::Filter;

#[derive(Clone)]
pub(crate) struct Logs {
    pub(crate) account: Account,
    /// One file for each function.
    pub(crate) functions: PathBuf,
    /// One file for each log group that is a target.
    pub(crate) targets: PathBuf,
    /// Names and logical ids.
    pub(crate) groups: BTreeMap<String, String>,
}

/// The API's default and maximum (API reference, FilterLogEvents, GetLogEvents).
const PAGE: usize = 10_000;
/// There is one stream in each group.
const STREAM: &str = "local";

impl Logs {
    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Result<Value, Refused> {
        match operation {
            "DescribeLogGroups" => Ok(self.describe(request)),
            "DescribeLogStreams" => {
                let (name, _) = self.group(request)?;
                let stream = json!({"logStreamName": STREAM,
                    "arn": format!("{}:log-stream:{STREAM}", self.arn(name))});
                Ok(json!({"logStreams": [stream]}))
            }
            "FilterLogEvents" => self.filter(request),
            "GetLogEvents" => self.get(request),
            other => Err(unknown("CloudWatch Logs", other)),
        }
    }

    fn arn(&self, name: &str) -> String {
        self.account.arn("logs", &format!("log-group:{name}"))
    }

    /// By name or ARN: its name and logical id.
    fn group(&self, request: &Value) -> Result<(&str, &str), Refused> {
        let given = request["logGroupName"].as_str().or(request["logGroupIdentifier"].as_str());
        let given = given.unwrap_or_default();
        let name = given.split_once(":log-group:").map_or(given, |(_, name)| name);
        let found = self.groups.get_key_value(name.trim_end_matches(":*"));
        found.map(|(name, id)| (name.as_str(), id.as_str())).ok_or_else(|| {
            let message = "The specified log group does not exist.".to_owned();
            ("ResourceNotFoundException", message)
        })
    }

    fn describe(&self, request: &Value) -> Value {
        let prefix = request["logGroupNamePrefix"].as_str().unwrap_or_default();
        let part = request["logGroupNamePattern"].as_str().unwrap_or_default();
        let names = self.groups.keys();
        let names = names.filter(|name| name.starts_with(prefix) && name.contains(part));
        let group = |name: &String| {
            let arn = self.arn(name);
            json!({"logGroupName": name, "arn": format!("{arn}:*"), "logGroupArn": arn})
        };
        json!({"logGroups": names.map(group).collect::<Vec<_>>()})
    }

    fn filter(&self, request: &Value) -> Result<Value, Refused> {
        let filter = Filter::parse(request["filterPattern"].as_str().unwrap_or_default())?;
        let mut events = self.events(request)?;
        events.retain(|(_, line)| filter.fits(line));
        let from = number(&request["nextToken"])?;
        let limit = limit(request)?;
        let rest = events.len().saturating_sub(from.saturating_add(limit));
        let page = events.iter().enumerate().skip(from).take(limit);
        let event = |(number, (at, line)): (usize, &(i64, String))| {
            json!({"timestamp": at, "ingestionTime": at, "message": line,
                "eventId": number.to_string(), "logStreamName": STREAM})
        };
        let page: Vec<Value> = page.map(event).collect();
        let mut answer = json!({"events": page, "searchedLogStreams": []});
        if rest > 0 {
            answer["nextToken"] = (from + limit).to_string().into();
        }
        Ok(answer)
    }

    /// Oldest first: the newest page, unless `startFromHead` or a token says otherwise. Here `endTime` is
    /// exclusive.
    fn get(&self, request: &Value) -> Result<Value, Refused> {
        let mut events = self.events(request)?;
        events.retain(|(at, _)| request["endTime"] != *at);
        let limit = limit(request)?;
        let from = match &request["nextToken"] {
            Value::Null if request["startFromHead"] != true => events.len().saturating_sub(limit),
            token => number(token)?.min(events.len()),
        };
        let page: Vec<Value> = events
            .iter()
            .skip(from)
            .take(limit)
            .map(|(at, line)| json!({"timestamp": at, "ingestionTime": at, "message": line}))
            .collect();
        let next = from + page.len();
        Ok(json!({"events": page, "nextForwardToken": next.to_string(),
            "nextBackwardToken": from.to_string()}))
    }

    /// Those of the group between `startTime`, inclusive, and `endTime`.
    fn events(&self, request: &Value) -> Result<Vec<(i64, String)>, Refused> {
        let (group, logical_id) = self.group(request)?;
        let start = request["startTime"].as_i64().unwrap_or_default();
        let end = request["endTime"].as_i64().unwrap_or(i64::MAX);
        let mut events = self.lines(group, logical_id);
        events.retain(|(at, _)| (start..=end).contains(at));
        Ok(events)
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

fn limit(request: &Value) -> Result<usize, Refused> {
    let limit = request["limit"].as_u64().unwrap_or(PAGE as u64);
    usize::try_from(limit)
        .ok()
        .filter(|limit| (1..=PAGE).contains(limit))
        .ok_or_else(|| ("InvalidParameterException", format!("limit is 1 to {PAGE}")))
}

/// A token is the number of the next event.
fn number(token: &Value) -> Result<usize, Refused> {
    let Some(token) = token.as_str() else { return Ok(0) };
    token.parse().map_err(|_| {
        let message = "The specified nextToken is invalid.".to_owned();
        ("InvalidParameterException", message)
    })
}
