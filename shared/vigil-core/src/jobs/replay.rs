//! `vigil replay`: hands dead letters back to the functions that did not get or did not handle them.
//!
//! Two shapes lie in the queues: the event itself, which EventBridge could not deliver, with the ARNs of
//! rule and target as attributes; and Lambda's record of an invocation that failed, with the event under
//! `requestPayload` (Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations").

#![warn(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde_json::Value;

use crate::ports::PortError;

/// A message of a dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// `MessageId`.
    pub id: String,
    /// `ReceiptHandle`, with which it is deleted.
    pub receipt: String,
    /// Its text.
    pub body: String,
    /// The attributes that are texts.
    pub attributes: BTreeMap<String, String>,
}

/// A dead-letter queue.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// ReceiveMessage: up to ten messages that no other receiver holds. They stay hidden for a minute.
    ///
    /// # Errors
    ///
    /// [`PortError::NotFound`] if there is no such queue.
    async fn receive(&self) -> Result<Vec<DeadLetter>, PortError>;

    /// GetQueueAttributes: about how many messages another receiver holds, or a dry run of the last minute.
    ///
    /// # Errors
    ///
    /// [`PortError`] if it is not known.
    async fn hidden(&self) -> Result<u64, PortError>;

    /// DeleteMessage.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the message may still be there.
    async fn delete(&self, letter: &DeadLetter) -> Result<(), PortError>;

    /// Invoke, without waiting: Lambda has taken the event.
    ///
    /// # Errors
    ///
    /// [`PortError`] if Lambda may not have taken it.
    async fn invoke_later(&self, function: &str, event: &Value) -> Result<(), PortError>;
}

/// What is done with a dead letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// The function with this ARN is invoked with the event.
    Invoke {
        /// The ARN, without a qualifier.
        function: String,
        /// The event.
        event: Value,
    },
    /// It stays in the queue, and why.
    Keep(String),
}

/// What became of one dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// `MessageId`.
    pub id: String,
    /// The function that got it, or why it stays in the queue.
    pub outcome: Result<String, String>,
}

/// Says what is done with a dead letter.
pub fn plan(letter: &DeadLetter) -> Plan {
    let Ok(body) = serde_json::from_str::<Value>(&letter.body) else {
        return Plan::Keep("its text is not JSON".to_owned());
    };
    if let Some(function) = body["requestContext"]["functionArn"].as_str() {
        return match &body["requestPayload"] {
            Value::Null => Plan::Keep("the record has no requestPayload".to_owned()),
            event => Plan::Invoke { function: unqualified(function), event: event.clone() },
        };
    }
    let Some(target) = letter.attributes.get("TARGET_ARN") else {
        return Plan::Keep(
            "it is neither a record of Lambda nor an event of EventBridge".to_owned(),
        );
    };
    if !target.contains(":function:") {
        let rule = letter.attributes.get("RULE_ARN").map(String::as_str).unwrap_or_default();
        return Plan::Keep(format!(
            "its target {target} is no function: replay the archive with the rule {rule}"
        ));
    }
    // A schedule's target has an input of its own, and the next run does what this one missed.
    if body["detail-type"] == "Scheduled Event" {
        return Plan::Keep(
            "it is a schedule's: run the function, then delete the message".to_owned(),
        );
    }
    Plan::Invoke { function: unqualified(target), event: body }
}

/// `arn:aws:lambda:us-east-1:111122223333:function:name:$LATEST` without its last part.
fn unqualified(arn: &str) -> String {
    arn.split(':').take(7).collect::<Vec<_>>().join(":")
}

/// Hands back what lies in the queue, each message once. Without `act`, says what it would do.
///
/// A message is deleted when Lambda has taken its event. If the deletion fails, a later replay hands the
/// event over again; the functions take an event twice as they take it once.
///
/// # Errors
///
/// [`PortError`] if the queue cannot be read. What was handed back by then is gone from the queue.
pub async fn run(queue: &dyn DeadLetters, act: bool) -> Result<Vec<Replayed>, PortError> {
    let mut seen = BTreeSet::new();
    let mut done = Vec::new();
    loop {
        let letters = queue.receive().await?;
        let fresh: Vec<_> =
            letters.into_iter().filter(|letter| seen.insert(letter.id.clone())).collect();
        if fresh.is_empty() {
            return Ok(done);
        }
        for letter in fresh {
            let outcome = hand_back(queue, &letter, act).await;
            done.push(Replayed { id: letter.id, outcome });
        }
    }
}

async fn hand_back(
    queue: &dyn DeadLetters,
    letter: &DeadLetter,
    act: bool,
) -> Result<String, String> {
    let (function, event) = match plan(letter) {
        Plan::Keep(why) => return Err(why),
        Plan::Invoke { function, event } => (function, event),
    };
    if act {
        let failed = |error: PortError| crate::failure::chain(&error);
        queue.invoke_later(&function, &event).await.map_err(failed)?;
        queue.delete(letter).await.map_err(failed)?;
    }
    Ok(function)
}

#[cfg(test)]
mod tests;
