//! Findings as events on an EventBridge bus.

use async_trait::async_trait;
use aws_sdk_eventbridge::{
    Client,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use aws_smithy_types::DateTime;
use vigil_core::{
    anchor::{ANCHOR, Anchored},
    finding::{Finding, SOURCE},
    ports::{
        Bus, CONTINUATION, Cause, Continuation, HEARTBEAT, Heartbeat, PortError, PublishError,
        RefusedFinding,
    },
};

use crate::answer::port_error;

/// PutEvents takes no more at a time:
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.
const BATCH: usize = 10;

/// An event bus, as [`Bus`].
#[derive(Clone, Debug)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// The bus, by its name or ARN.
    pub fn new(client: Client, bus: String) -> Self {
        Self { client, bus }
    }

    fn entry(&self, finding: &Finding) -> Result<PutEventsRequestEntry, PortError> {
        let detail = serde_json::to_string(finding).map_err(|error| PortError::Other {
            operation: "PutEvents",
            resource: finding.id.clone(),
            cause: Box::new(error),
        })?;
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(finding.detail_type())
            .time(DateTime::from_secs(finding.as_of.unix_timestamp()))
            .resources(&finding.resource)
            .detail(detail)
            .build())
    }

    /// An event that is no finding.
    async fn put_one(
        &self,
        detail_type: &str,
        about: &str,
        detail: Result<String, serde_json::Error>,
    ) -> Result<(), PortError> {
        let other = |cause: Cause| {
            let (operation, resource) = ("PutEvents", about.to_owned());
            PortError::Other { operation, resource, cause }
        };
        let detail = detail.map_err(|error| other(Box::new(error)))?;
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(detail)
            .build();
        let call = self.client.put_events().entries(entry).send().await;
        let answer = call.map_err(|error| port_error("PutEvents", &self.bus, error))?;
        if answer.failed_entry_count == 0 {
            return Ok(());
        }
        let refused = answer.entries.unwrap_or_default().into_iter().next();
        let message = refused.and_then(|entry| entry.error_message).unwrap_or_default();
        Err(other(format!("the bus did not take it: {message}").into()))
    }

    async fn put(&self, batch: &[Finding]) -> Result<Vec<RefusedFinding>, PortError> {
        let mut call = self.client.put_events();
        for finding in batch {
            call = call.entries(self.entry(finding)?);
        }
        let answer =
            call.send().await.map_err(|error| port_error("PutEvents", &self.bus, error))?;
        if answer.failed_entry_count == 0 {
            return Ok(Vec::new());
        }
        // The answer's entries stand in the order of the request's.
        let entries = answer.entries.unwrap_or_default();
        let refused: Vec<_> = batch.iter().zip(entries).filter_map(refused).collect();
        if refused.is_empty() {
            let cause = format!("{} entries failed, and none is named", answer.failed_entry_count);
            let (operation, resource) = ("PutEvents", self.bus.clone());
            return Err(PortError::Other { operation, resource, cause: cause.into() });
        }
        Ok(refused)
    }
}

fn refused((finding, entry): (&Finding, PutEventsResultEntry)) -> Option<RefusedFinding> {
    Some(RefusedFinding {
        id: finding.id.clone(),
        code: entry.error_code?,
        message: entry.error_message.unwrap_or_default(),
    })
}

#[async_trait]
impl Bus for EventBridge {
    /// Every batch gets its turn; what failed is said afterwards.
    async fn publish(&self, findings: &[Finding]) -> Result<(), PublishError> {
        let count = findings.len();
        let mut refused = Vec::new();
        let mut failed = None;
        for batch in findings.chunks(BATCH) {
            match self.put(batch).await {
                Ok(more) => refused.extend(more),
                Err(cause) => failed = Some(cause),
            }
        }
        match failed {
            Some(cause) => Err(PublishError::Call { count, cause }),
            None if refused.is_empty() => Ok(()),
            None => Err(PublishError::Refused { count, refused }),
        }
    }

    async fn continue_later(&self, rest: &Continuation) -> Result<(), PortError> {
        self.put_one(CONTINUATION, &rest.job, serde_json::to_string(rest)).await
    }

    async fn beat(&self, beat: &Heartbeat) -> Result<(), PortError> {
        self.put_one(HEARTBEAT, &beat.function, serde_json::to_string(beat)).await
    }

    async fn anchor(&self, anchored: &Anchored) -> Result<(), PortError> {
        self.put_one(ANCHOR, &anchored.key, serde_json::to_string(anchored)).await
    }
}

#[cfg(test)]
mod tests;
