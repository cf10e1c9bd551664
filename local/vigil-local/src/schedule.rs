//! Schedules that fire along the stack's clock.

pub(crate) mod expression;

use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Each schedule with the moment at which it is due next.
struct Waiting {
    /// When the schedules began: rates count from here.
    since: OffsetDateTime,
    schedules: Vec<(Schedule, Option<OffsetDateTime>)>,
}

/// All schedules of the template.
pub(crate) struct Schedules {
    account: Account,
    buses: EventBuses,
    waiting: Mutex<Waiting>,
}

impl Schedules {
    /// Schedules that do not fire before they [`begin`](Self::begin).
    pub(crate) fn new(schedules: Vec<Schedule>, account: Account, buses: EventBuses) -> Self {
        let schedules = schedules.into_iter().map(|schedule| (schedule, None)).collect();
        let waiting = Waiting { since: OffsetDateTime::UNIX_EPOCH, schedules };
        Self { account, buses, waiting: Mutex::new(waiting) }
    }

    /// They count from `now` on.
    pub(crate) fn begin(&self, now: OffsetDateTime) {
        let mut waiting = self.waiting();
        waiting.since = now;
        for (schedule, due) in &mut waiting.schedules {
            *due = schedule.expression.next_after(now, now);
        }
    }

    /// The earliest schedule that is due, put off to its next moment.
    fn take_due(&self, now: OffsetDateTime) -> Option<(Schedule, OffsetDateTime)> {
        let mut waiting = self.waiting();
        let since = waiting.since;
        let due = waiting.schedules.iter_mut();
        let due = due.filter(|(_, due)| due.is_some_and(|due| due <= now));
        let (schedule, next) = due.min_by_key(|(_, due)| *due)?;
        let at = (*next)?;
        *next = schedule.expression.next_after(at, since);
        Some((schedule.clone(), at))
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.waiting().schedules.iter().filter_map(|(_, due)| *due).min()
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
