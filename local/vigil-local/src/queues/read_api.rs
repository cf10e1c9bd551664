//! What SQS says of the queues themselves, and of moving messages between them.

use serde_json::{Map, Value, json};

use super::{HIDDEN, Queues};
use crate::json_api::Refused;

/// API reference, ListQueues: the most that a page holds.
const PAGE: usize = 1000;

impl Queues {
    pub(super) fn list(&self, request: &Value) -> Result<Value, Refused> {
        let prefix = request["QueueNamePrefix"].as_str().unwrap_or_default();
        let limit = request["MaxResults"].as_u64().and_then(|limit| usize::try_from(limit).ok());
        let from = match request["NextToken"].as_str().map(str::parse::<usize>) {
            None => 0,
            Some(Ok(from)) => from,
            Some(Err(_)) => {
                let message = "NextToken is not one that was returned".to_owned();
                return Err(("InvalidParameterValue", message));
            }
        };
        let names: Vec<&String> =
            self.0.names.keys().filter(|name| name.starts_with(prefix)).collect();
        let count = limit.unwrap_or(PAGE).clamp(1, PAGE);
        let urls: Vec<String> =
            names.iter().skip(from).take(count).map(|name| self.url(name)).collect();
        // SQS leaves the member out if there is none.
        let mut page = if urls.is_empty() { json!({}) } else { json!({"QueueUrls": urls}) };
        // Without MaxResults there is no token (API reference, ListQueues).
        if limit.is_some() && from.saturating_add(count) < names.len() {
            page["NextToken"] = (from + count).to_string().into();
        }
        Ok(page)
    }

    /// Those that were asked for: none, unless names or `All` are given.
    pub(super) fn attributes(&self, name: &str, queue: &str, request: &Value) -> Value {
        let (waiting, hidden) = (self.waiting(queue).len(), self.hidden(queue).len());
        let all = [
            ("ApproximateNumberOfMessages", (waiting - hidden).to_string()),
            ("ApproximateNumberOfMessagesDelayed", "0".to_owned()),
            ("ApproximateNumberOfMessagesNotVisible", hidden.to_string()),
            ("QueueArn", self.0.account.arn("sqs", name)),
            ("VisibilityTimeout", HIDDEN.whole_seconds().to_string()),
        ];
        let wanted = request["AttributeNames"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_wanted = |name: &str| wanted.iter().any(|one| one == name || one == "All");
        let found = all.into_iter().filter(|(name, _)| is_wanted(name));
        let attributes: Map<String, Value> =
            found.map(|(name, value)| (name.to_owned(), value.into())).collect();
        if attributes.is_empty() { json!({}) } else { json!({"Attributes": attributes}) }
    }

    /// SQS moves the messages of the dead-letter queues of other queues only, "such as Lambda or Amazon SNS topics"
    /// not (API reference, StartMessageMoveTask): of these here, none.
    pub(super) fn move_messages(&self, operation: &str, request: &Value) -> Result<Value, Refused> {
        let arn = request["SourceArn"].as_str().unwrap_or_default();
        let name = arn.rsplit(':').next().unwrap_or_default();
        if !self.0.names.contains_key(name) {
            let message =
                "The resource that you specified for the SourceArn parameter doesn't exist.";
            return Err(("ResourceNotFoundException", message.to_owned()));
        }
        if operation == "ListMessageMoveTasks" {
            return Ok(json!({"Results": []}));
        }
        let message = "Source queue must be configured as a Dead Letter Queue.".to_owned();
        Err(("InvalidParameterValue", message))
    }
}
