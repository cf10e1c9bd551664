//! How a run fails, by name.

use super::Requests;
use crate::{
    arn::CaArn, audit_report::ReportError, failure::Failure, jobs::FindingStoreError,
    ports::PortError, service_event::EventError,
};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditReportError {
    #[error("other runs keep changing {key}")]
    Contended { key: String },
    #[error("could not describe the CA")]
    Describe(#[source] PortError),
    #[error("could not describe the report")]
    DescribeReport(#[source] PortError),
    #[error("the event is neither a schedule's nor about an audit report")]
    Event(#[source] EventError),
    #[error("the report {place} is not there, and the service says that it made it")]
    Gone { place: String },
    /// Raised after every CA has had its turn, so that one failure cannot hide the others.
    #[error("{} of {} reports could not be asked for: {}",
        .failures.len(), .failures.len() + .requests.requests.len(), each(.failures))]
    Incomplete { requests: Requests, failures: Vec<RequestFailure> },
    #[error("could not read or write the summary")]
    EvidenceStore(#[source] PortError),
    #[error("could not list the CAs")]
    List(#[source] PortError),
    #[error("event {event} names no audit report")]
    NoReport { event: String },
    #[error("{place} is not an audit report")]
    NotAReport {
        place: String,
        #[source]
        error: ReportError,
    },
    #[error("the event says that report {report} is ready, and the service says that it is not")]
    NotReady { report: String },
    #[error("could not fetch the report")]
    Object(#[source] PortError),
    #[error("could not tell what was found")]
    FindingStore(#[source] FindingStoreError),
    #[error("the report {place} is over {limit} bytes")]
    TooLarge { place: String, limit: u64 },
    #[error("the report {place} ends in neither .json nor .csv")]
    UnknownFormat { place: String },
    #[error("could not write the summary as JSON")]
    Write(#[source] serde_json::Error),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFailure {
    pub ca: CaArn,
    pub reason: String,
}

fn each(failures: &[RequestFailure]) -> String {
    let each = failures.iter().map(|failure| format!("{}: {}", failure.ca, failure.reason));
    each.collect::<Vec<_>>().join("; ")
}

impl Failure for AuditReportError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Describe(_) | Self::DescribeReport(_) => "DescribeFailed",
            Self::Event(_) | Self::NoReport { .. } => "MalformedEvent",
            Self::Gone { .. } | Self::NotReady { .. } => "ReportNotThere",
            Self::Incomplete { .. } => "RequestsIncomplete",
            Self::Contended { .. } | Self::EvidenceStore(_) | Self::Write(_) => "SummaryFailed",
            Self::List(_) => "ListFailed",
            Self::NotAReport { .. } | Self::UnknownFormat { .. } => "NotAReport",
            Self::Object(_) => "FetchFailed",
            Self::FindingStore(_) => "TellFailed",
            Self::TooLarge { .. } => "ReportTooLarge",
        }
    }
}
