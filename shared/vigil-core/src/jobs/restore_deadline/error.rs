//! How a sweep fails: at the start, or for some CAs after all had their turn.

use super::Outcome;
use crate::{
    arn::CaArn,
    failure::{Failure, chain},
    jobs::{case::AutoRestoreError, isolated::Panicked},
    ports::{PortError, PublishError},
};

/// How a sweep fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum RestoreDeadlineError {
    /// The schedule's event is `{}`; another event was not meant for this function.
    #[error("the event does not have the form that this function takes")]
    Event(#[source] serde_json::Error),
    /// Raised after every CA has had its turn, so that one failure cannot hide the others.
    #[error("{} failed, {} deleted CAs were watched: {}",
        .failures.len(), .outcome.deleted.len(), each(.failures))]
    Incomplete { outcome: Outcome, failures: Vec<CaFailure> },
    /// No Region was listed.
    #[error("nothing could be watched: {}", each(.failures))]
    Unanswered { failures: Vec<CaFailure> },
}

/// What a sweep failed on.
#[derive(Debug)]
pub struct CaFailure {
    /// `None`: of all Regions.
    pub region: Option<String>,
    /// `None`: not known, or all of them.
    pub ca: Option<CaArn>,
    /// What failed.
    pub step: CaError,
}

impl CaFailure {
    pub(super) fn new(ca: &CaArn, step: CaError) -> Self {
        Self { region: Some(ca.region().to_owned()), ca: Some(ca.clone()), step }
    }

    pub(super) fn of_region(region: &str, step: CaError) -> Self {
        Self { region: Some(region.to_owned()), ca: None, step }
    }

    pub(super) fn of_all(step: CaError) -> Self {
        Self { region: None, ca: None, step }
    }
}

/// What failed about one CA.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CaError {
    #[error("could not publish the anchor")]
    Anchor(#[source] PortError),
    #[error("could not publish the heartbeat")]
    Beat(#[source] PortError),
    #[error("could not read or write the alert's record")]
    EvidenceStore(#[source] PortError),
    #[error("could not list the CAs")]
    List(#[source] PortError),
    #[error(transparent)]
    Panicked(#[from] Panicked),
    #[error("could not send the alert")]
    Publish(#[source] PublishError),
    /// What policy does not let end.
    #[error("could not restore the CA at its last threshold")]
    Rescue(#[source] Box<AutoRestoreError>),
    #[error("could not write the alert's record as JSON")]
    Write(#[source] serde_json::Error),
}

fn each(failures: &[CaFailure]) -> String {
    let each = failures.iter().map(|failure| match (&failure.ca, &failure.region) {
        (Some(ca), _) => format!("{ca}: {}", chain(&failure.step)),
        (None, Some(region)) => format!("{region}: {}", chain(&failure.step)),
        (None, None) => chain(&failure.step),
    });
    each.collect::<Vec<_>>().join("; ")
}

impl Failure for RestoreDeadlineError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Event(_) => "MalformedEvent",
            Self::Incomplete { .. } => "SweepIncomplete",
            Self::Unanswered { .. } => "ListFailed",
        }
    }
}
