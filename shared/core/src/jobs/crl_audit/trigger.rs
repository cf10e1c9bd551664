//! What set the job going: the schedule, or what the service says of one CRL.

use serde_json::Value;

use crate::{
    arn::CaArn,
    rules::crl::{CrlHistory, GenerationFailure},
    service_event::{self, CRL_GENERATION, EventError, EventResult, ServiceEvent},
};

#[derive(Debug)]
pub(super) enum Trigger {
    Generation(ServiceEvent),
    Schedule,
}

pub(super) fn read(payload: &Value) -> Result<Trigger, EventError> {
    if service_event::is_schedule(payload) {
        return Ok(Trigger::Schedule);
    }
    ServiceEvent::read(payload, CRL_GENERATION).map(Trigger::Generation)
}

impl Trigger {
    pub(super) fn concerns(&self, ca: &CaArn) -> bool {
        match self {
            Self::Generation(event) => event.ca == *ca,
            Self::Schedule => true,
        }
    }

    /// Adds what the event tells to what is remembered. Events come late, twice and in any order:
    /// only a newer one changes anything.
    pub(super) fn learn(&self, ca: &CaArn, history: &mut CrlHistory) {
        let Self::Generation(event) = self else { return };
        if event.ca != *ca {
            return;
        }
        let failed_at = history.failure.as_ref().map(|failure| failure.at);
        match &event.result {
            EventResult::Failure { reason } => {
                if failed_at.is_none_or(|at| at < event.at) {
                    history.failure =
                        Some(GenerationFailure { at: event.at, reason: reason.clone() });
                }
            }
            EventResult::Success => {
                history.seen_at = history.seen_at.max(Some(event.at));
                if failed_at.is_some_and(|at| at <= event.at) {
                    history.failure = None;
                }
            }
        }
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Generation(event) => format!("{CRL_GENERATION} event {}", event.id),
            Self::Schedule => "schedule".to_owned(),
        }
    }

    /// The CA of an event, for the report's key.
    pub(super) fn ca(&self) -> Option<&CaArn> {
        match self {
            Self::Generation(event) => Some(&event.ca),
            Self::Schedule => None,
        }
    }
}
