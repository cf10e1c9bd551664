//! SQS for one machine: reading the dead-letter queues, whose messages are lines of a file.

mod message;
mod read_api;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::response::Response;
use http::StatusCode;
use pca_local::Clock;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::account::Account;
use crate::json_api::{Refused, unknown};
use crate::query;

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
    /// How often each was received.
    received: BTreeMap<(String, usize), u64>,
    hidden: BTreeMap<(String, usize), OffsetDateTime>,
}

/// Clients that are older than SQS's JSON protocol are answered in theirs.
pub(crate) fn refuse_query() -> Response {
    let xmlns = "http://queue.amazonaws.com/doc/2012-11-05/";
    let message = "vigil-local serves SQS in its JSON protocol: update the SDK";
    query::error(xmlns, StatusCode::BAD_REQUEST, "UnsupportedOperation", message)
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
        match operation {
            "GetQueueUrl" => {
                let name = request["QueueName"].as_str().unwrap_or_default();
                let (name, _) = self.queue(name)?;
                return Ok(json!({"QueueUrl": self.url(name)}));
            }
            "ListQueues" => return self.list(request),
            "ListMessageMoveTasks" | "StartMessageMoveTask" => {
                return self.move_messages(operation, request);
            }
            _ => {}
        }
        let url = request["QueueUrl"].as_str().unwrap_or_default();
        let (name, queue) = self.queue(url.rsplit('/').next().unwrap_or_default())?;
        match operation {
            "DeleteMessage" => self.delete(queue, request),
            "GetQueueAttributes" => Ok(self.attributes(name, queue, request)),
            // Each of them is of functions and rules; no queue of the stack has a RedrivePolicy.
            "ListDeadLetterSourceQueues" => Ok(json!({"queueUrls": []})),
            "ListQueueTags" => Ok(json!({})),
            "PurgeQueue" => Ok(self.purge(queue)),
            "ReceiveMessage" => self.receive(queue, request),
            other => Err(unknown("SQS", other)),
        }
    }

    fn url(&self, name: &str) -> String {
        let Account { id, region } = &self.0.account;
        format!("https://sqs.{region}.amazonaws.com/{id}/{name}")
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
            let received = state.received.entry((queue.to_owned(), number)).or_default();
            *received += 1;
            messages.push(message::message(queue, number, &line, *received, request));
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

    fn purge(&self, queue: &str) -> Value {
        let waiting = self.waiting(queue);
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        for number in waiting.into_keys() {
            state.hidden.remove(&(queue.to_owned(), number));
            state.deleted.insert((queue.to_owned(), number));
        }
        json!({})
    }
}
