//! SQS for one machine: reading the dead-letter queues, whose messages are lines of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pca_local::Clock;
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use crate::account::Account;
use crate::json_api::{Refused, unknown};

/// SQS Developer Guide, "Visibility timeout": the default of a queue.
const HIDDEN: Duration = Duration::seconds(30);

/// A handle; clones share the queues.
#[derive(Clone)]
pub(crate) struct Queues(Arc<Inner>);

struct Inner {
    account: Account,
    clock: Clock,
    folder: PathBuf,
    /// Names and logical ids.
    names: BTreeMap<String, String>,
    state: Mutex<State>,
}

/// By logical id and line.
#[derive(Default)]
struct State {
    deleted: BTreeSet<(String, usize)>,
    hidden: BTreeMap<(String, usize), OffsetDateTime>,
}

impl Queues {
    pub(crate) fn new(
        account: Account,
        clock: Clock,
        folder: PathBuf,
        names: BTreeMap<String, String>,
    ) -> Self {
        Self(Arc::new(Inner { account, clock, folder, names, state: Mutex::default() }))
    }

    pub(crate) fn answer(&self, operation: &str, request: &Value) -> Result<Value, Refused> {
        if operation == "GetQueueUrl" {
            let name = request["QueueName"].as_str().unwrap_or_default();
            let (name, _) = self.queue(name)?;
            let Account { id, region } = &self.0.account;
            let url = format!("https://sqs.{region}.amazonaws.com/{id}/{name}");
            return Ok(json!({"QueueUrl": url}));
        }
        let url = request["QueueUrl"].as_str().unwrap_or_default();
        let (name, queue) = self.queue(url.rsplit('/').next().unwrap_or_default())?;
        match operation {
            "DeleteMessage" => self.delete(queue, request),
            "GetQueueAttributes" => {
                let (waiting, hidden) = (self.waiting(queue).len(), self.hidden(queue).len());
                Ok(json!({"Attributes": {
                    "ApproximateNumberOfMessages": (waiting - hidden).to_string(),
                    "ApproximateNumberOfMessagesNotVisible": hidden.to_string(),
                    "QueueArn": self.0.account.arn("sqs", name),
                }}))
            }
            "ReceiveMessage" => self.receive(queue, request),
            other => Err(unknown("SQS", other)),
        }
    }

    fn queue(&self, name: &str) -> Result<(&str, &str), Refused> {
        let found = self.0.names.get_key_value(name);
        found.map(|(name, id)| (name.as_str(), id.as_str())).ok_or_else(|| {
            let message = "The specified queue does not exist.".to_owned();
            ("com.amazonaws.sqs#QueueDoesNotExist", message)
        })
    }

    /// The lines that were not deleted, by number.
    fn waiting(&self, queue: &str) -> BTreeMap<usize, Value> {
        let path = self.0.folder.join(format!("{queue}.jsonl"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = text.lines().enumerate();
        let lines =
            lines.filter(|(number, _)| !state.deleted.contains(&(queue.to_owned(), *number)));
        lines
            .filter_map(|(number, line)| Some((number, serde_json::from_str(line).ok()?)))
            .collect()
    }

    /// The lines that a receiver holds.
    fn hidden(&self, queue: &str) -> BTreeSet<usize> {
        let now = self.0.clock.now();
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let own = state.hidden.iter().filter(|((name, _), until)| name == queue && **until > now);
        own.map(|((_, number), _)| *number).collect()
    }

    fn receive(&self, queue: &str, request: &Value) -> Result<Value, Refused> {
        let most = request["MaxNumberOfMessages"].as_u64().unwrap_or(1);
        if !(1..=10).contains(&most) {
            let message = "MaxNumberOfMessages must be between 1 and 10".to_owned();
            return Err(("InvalidParameterValue", message));
        }
        let hidden = self.hidden(queue);
        let seconds = request["VisibilityTimeout"].as_i64();
        let until = self.0.clock.now() + seconds.map_or(HIDDEN, Duration::seconds);
        let mut messages = Vec::new();
        for (number, line) in self.waiting(queue) {
            if messages.len() as u64 == most {
                break;
            }
            if hidden.contains(&number) {
                continue;
            }
            let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.hidden.insert((queue.to_owned(), number), until);
            messages.push(message(queue, number, &line));
        }
        // SQS leaves the member out if there is none.
        Ok(if messages.is_empty() { json!({}) } else { json!({"Messages": messages}) })
    }

    fn delete(&self, queue: &str, request: &Value) -> Result<Value, Refused> {
        let handle = request["ReceiptHandle"].as_str().unwrap_or_default();
        let number = handle.strip_prefix(&format!("{queue}-")).and_then(|it| it.parse().ok());
        let Some(number) = number else {
            let message = "The input receipt handle is invalid.".to_owned();
            return Err(("ReceiptHandleIsInvalid", message));
        };
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hidden.remove(&(queue.to_owned(), number));
        state.deleted.insert((queue.to_owned(), number));
        Ok(json!({}))
    }
}

fn message(queue: &str, number: usize, line: &Value) -> Value {
    let mut attributes = Map::new();
    for (name, value) in line["attributes"].as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        attributes.insert(name.clone(), json!({"DataType": "String", "StringValue": text}));
    }
    let mut message = json!({"MessageId": format!("{queue}-{number}"),
        "ReceiptHandle": format!("{queue}-{number}"), "Body": line["message"].to_string()});
    if !attributes.is_empty() {
        message["MessageAttributes"] = Value::Object(attributes);
    }
    message
}
