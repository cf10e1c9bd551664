//! Schedules that fire along the stack's clock.

pub(crate) mod expression;

use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use pca_local::Timed;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::account::Account;
use crate::clock::to_the_second;
use crate::events::{Event, EventBuses, Target};
use expression::Expression;

/// A rule with a schedule, or a schedule of EventBridge Scheduler.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) logical_id: String,
    pub(crate) arn: String,
    pub(crate) expression: Expression,
    pub(crate) sender: Sender,
}

#[derive(Clone, Debug)]
pub(crate) enum Sender {
    Rule(Vec<Target>),
    /// Scheduler has one target, and its input may hold context attributes.
    Scheduler {
        function: String,
        input: Option<String>,
    },
}

/// All schedules of the template, with the moment at which each is due next.
pub(crate) struct Schedules {
    account: Account,
    buses: EventBuses,
    /// When the schedules were made: rates count from here.
    since: OffsetDateTime,
    waiting: Mutex<Vec<(Schedule, Option<OffsetDateTime>)>>,
}

impl Schedules {
    pub(crate) fn new(
        schedules: Vec<Schedule>,
        account: Account,
        buses: EventBuses,
        now: OffsetDateTime,
    ) -> Self {
        let waiting = schedules.into_iter().map(|schedule| {
            let due = schedule.expression.next_after(now, now);
            (schedule, due)
        });
        Self { account, buses, since: now, waiting: Mutex::new(waiting.collect()) }
    }

    /// The earliest schedule that is due, put off to its next moment.
    fn take_due(&self, now: OffsetDateTime) -> Option<(Schedule, OffsetDateTime)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let due = waiting.iter_mut().filter(|(_, due)| due.is_some_and(|due| due <= now));
        let (schedule, next) = due.min_by_key(|(_, due)| *due)?;
        let at = (*next)?;
        *next = schedule.expression.next_after(at, self.since);
        Some((schedule.clone(), at))
    }

    fn fire(&self, schedule: &Schedule, at: OffsetDateTime) {
        tracing::debug!(
            schedule = schedule.logical_id,
            at = to_the_second(at),
            "the schedule fires"
        );
        match &schedule.sender {
            Sender::Rule(targets) => {
                let event = self.event(schedule, at, "aws.events", json!({}));
                self.buses.send(&schedule.logical_id, &schedule.arn, targets, &event);
            }
            Sender::Scheduler { function, input } => {
                let message = match input {
                    Some(input) => with_context_attributes(input, schedule, at),
                    // Scheduler sends the detail as a text.
                    None => self.event(schedule, at, "aws.scheduler", json!("{}")).envelope,
                };
                self.buses.send_to_function(function, &message, &schedule.logical_id);
            }
        }
    }

    fn event(&self, schedule: &Schedule, at: OffsetDateTime, source: &str, detail: Value) -> Event {
        let envelope = json!({
            "version": "0",
            "id": uuid::Uuid::new_v4().to_string(),
            "detail-type": "Scheduled Event",
            "source": source,
            "account": self.account.id,
            "time": to_the_second(at),
            "region": self.account.region,
            "resources": [schedule.arn],
            "detail": detail,
        });
        Event { bus: crate::events::DEFAULT_BUS.to_owned(), envelope }
    }
}

/// EventBridge Scheduler User Guide, "Context attributes". Text that is not JSON is a string.
fn with_context_attributes(input: &str, schedule: &Schedule, at: OffsetDateTime) -> Value {
    let input = input
        .replace("<aws.scheduler.schedule-arn>", &schedule.arn)
        .replace("<aws.scheduler.scheduled-time>", &to_the_second(at))
        .replace("<aws.scheduler.execution-id>", &uuid::Uuid::new_v4().to_string())
        .replace("<aws.scheduler.attempt-number>", "1");
    serde_json::from_str(&input).unwrap_or(Value::String(input))
}

impl Timed for Schedules {
    fn next_due(&self) -> Option<OffsetDateTime> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().filter_map(|(_, due)| *due).min()
    }

    /// What the clock has jumped over is fired moment by moment, each when the one before it is
    /// done.
    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            while let Some((schedule, at)) = self.take_due(now) {
                self.fire(&schedule, at);
                if self.next_due().is_some_and(|due| due <= now && due != at) {
                    self.buses.idle().await;
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn scheduler_fills_its_context_attributes_in() {
        let schedule = Schedule {
            logical_id: "S".to_owned(),
            arn: "arn:aws:scheduler:us-east-1:111122223333:schedule/default/s".to_owned(),
            expression: Expression::parse("rate(1 hour)").unwrap(),
            sender: Sender::Scheduler { function: "f".to_owned(), input: None },
        };
        let input =
            r#"{"arn": "<aws.scheduler.schedule-arn>", "at": "<aws.scheduler.scheduled-time>"}"#;
        let filled = with_context_attributes(input, &schedule, datetime!(2026-01-01 10:00 UTC));
        assert_eq!(filled, json!({"arn": schedule.arn, "at": "2026-01-01T10:00:00Z"}));
    }
}
