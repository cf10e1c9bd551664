//! How a sweep fails: at the start, or for some CAs after all had their turn.

use super::Outcome;
use crate::{
    arn::CaArn,
    failure::{Failure, chain},
    ports::{PortError, PublishError},
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreDeadlineError {
    /// Raised after every CA has had its turn, so that one failure cannot hide the others.
    #[error("{} failed, {} deleted CAs were watched: {}",
        .failures.len(), .outcome.deleted.len(), each(.failures))]
    Incomplete { outcome: Outcome, failures: Vec<CaFailure> },
    #[error("could not list the CAs")]
    List(#[source] PortError),
}

#[derive(Debug)]
pub struct CaFailure {
    /// `None`: not known, or all of them.
    pub ca: Option<CaArn>,
    pub step: Step,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Step {
    #[error("could not read or write the alert's record")]
    Ledger(#[source] PortError),
    #[error("could not send the alert")]
    Publish(#[source] PublishError),
    #[error("could not write the alert's record as JSON")]
    Write(#[source] serde_json::Error),
}

fn each(failures: &[CaFailure]) -> String {
    let each = failures.iter().map(|failure| match &failure.ca {
        Some(ca) => format!("{ca}: {}", chain(&failure.step)),
        None => chain(&failure.step),
    });
    each.collect::<Vec<_>>().join("; ")
}

impl Failure for RestoreDeadlineError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "SweepIncomplete",
            Self::List(_) => "ListFailed",
        }
    }
}
