//! In place of the bus: keeps what is published for the report.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{
    anchor::Anchored,
    finding::Finding,
    ports::{Bus, Continuation, Heartbeat, PortError, PublishError},
};

#[derive(Debug, Default)]
pub(super) struct Collected(Mutex<Vec<Finding>>);

impl Collected {
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Bus for Collected {
    async fn publish(&self, findings: &[Finding]) -> Result<(), PublishError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(findings);
        Ok(())
    }

    /// There is no invocation to continue in. The time of a run is not limited, so none is needed.
    async fn continue_later(&self, rest: &Continuation) -> Result<(), PortError> {
        Err(PortError::InvalidState {
            operation: "PutEvents",
            resource: rest.from.clone(),
            cause: "a run of `vigil assess` is not continued".into(),
        })
    }

    /// A run by a person gives no sign of life.
    async fn beat(&self, _: &Heartbeat) -> Result<(), PortError> {
        Ok(())
    }

    async fn anchor(&self, _: &Anchored) -> Result<(), PortError> {
        Ok(())
    }
}
