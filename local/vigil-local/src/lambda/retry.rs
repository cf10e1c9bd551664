//! Events that a function failed on: tried again after one and after two minutes of the stack's
//! clock, then handed to the dead-letter target.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use pca_local::Timed;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{FunctionConfig, Functions, InProgress, QueuedInvocation, Surroundings};
use crate::clock::to_the_second;
use crate::roles;
use crate::sinks::SinkKind;

/// A handle; clones share what waits.
#[derive(Clone, Default)]
pub(crate) struct Retries(Arc<Mutex<Vec<Waiting>>>);

/// Lambda keeps the request id over all attempts.
struct Waiting {
    due: OffsetDateTime,
    function: String,
    request_id: String,
    event: Bytes,
    trigger: String,
    attempt: u8,
    since: OffsetDateTime,
}

impl Retries {
    /// Lambda Developer Guide, "Error handling for asynchronous invocation": two more attempts,
    /// one minute after the first failure and two minutes after the second.
    pub(super) fn failed(
        &self,
        config: &FunctionConfig,
        surroundings: &Surroundings,
        job: QueuedInvocation,
        error: &Value,
    ) {
        let due = surroundings.clock.now() + Duration::minutes(i64::from(job.attempt));
        if job.attempt > config.asynchronous.retries {
            return give_up(config, surroundings, &job, error, "RetriesExhausted");
        }
        if due - job.since > config.asynchronous.max_age {
            return give_up(config, surroundings, &job, error, "EventAgeExceeded");
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting {
            due,
            function: config.name.clone(),
            request_id: job.request_id,
            event: job.event,
            trigger: job.trigger,
            attempt: job.attempt + 1,
            since: job.since,
        });
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().map(|one| one.due).min()
    }

    fn take_due(&self, now: OffsetDateTime) -> Vec<Waiting> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, later) = waiting.drain(..).partition(|one| one.due <= now);
        *waiting = later;
        due
    }
}

fn give_up(
    config: &FunctionConfig,
    surroundings: &Surroundings,
    job: &QueuedInvocation,
    error: &Value,
    condition: &str,
) {
    let event: Value = serde_json::from_slice(&job.event).unwrap_or(Value::Null);
    let sinks = &surroundings.sinks;
    if let Some(queue) = &config.asynchronous.dead_letters {
        let attributes = json!({
            "RequestID": job.request_id,
            "ErrorCode": "200",
            "ErrorMessage": error["errorMessage"],
        });
        sinks.append(queue, &config.arn, &event, &attributes);
    }
    if let Some(destination) = &config.asynchronous.on_failure {
        let record = json!({
            "version": "1.0",
            "timestamp": to_the_second(surroundings.clock.now()),
            "requestContext": {
                "requestId": job.request_id,
                "functionArn": format!("{}:$LATEST", config.arn),
                "condition": condition,
                "approximateInvokeCount": job.attempt,
            },
            "requestPayload": event,
            "responseContext": {
                "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
            },
            "responsePayload": error,
        });
        // Lambda sends it with the function's role.
        let caller = roles::access_key_id(&config.name);
        let action = match destination.kind {
            SinkKind::Topic => "sns:Publish",
            _ => "sqs:SendMessage",
        };
        if let Err(why) = surroundings.roles.permit(&caller, action, &destination.arn) {
            tracing::error!(function = config.name, why, "the record of the failure is lost");
        } else {
            sinks.append(&destination.logical_id, &config.arn, &record, &Value::Null);
        }
    }
    tracing::error!(
        function = config.name,
        id = job.request_id,
        condition,
        "the event is given up"
    );
}

/// Retries fall due along the stack's clock; the clock waits for whatever is queued or running.
impl Timed for Functions {
    fn next_due(&self) -> Option<OffsetDateTime> {
        self.0.retries.next_due()
    }

    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        for waiting in self.0.retries.take_due(now) {
            let job = QueuedInvocation {
                request_id: waiting.request_id,
                event: waiting.event,
                trigger: waiting.trigger,
                attempt: waiting.attempt,
                since: waiting.since,
                caller: None,
                _in_progress: InProgress::one_more(&self.0.in_progress),
            };
            self.enqueue(&waiting.function, job);
        }
        Box::pin(std::future::ready(()))
    }

    fn settled(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.idle())
    }
}
