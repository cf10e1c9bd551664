//! How a run fails, by name.

use super::Requests;
use crate::{
    arn::CaArn,
    audit_report::ReportError,
    failure::Failure,
    fleet::Unchecked,
    jobs::{FindingStoreError, isolated::Panicked},
    ports::PortError,
    service_event::EventError,
};

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditReportError {
    /// An acknowledgement of a finding could not be read or verified.
    #[error("could not read or verify the acknowledgement of a finding")]
    Acknowledgement(#[source] PortError),
    /// Other invocations kept changing the object.
    #[error("other runs keep changing {key}")]
    Contended {
        /// The key of the object.
        key: String,
    },
    /// The event that starts the next invocation could not be published.
    #[error("could not start another invocation")]
    Continue(#[source] PortError),
    /// The CA could not be described.
    #[error("could not describe the CA")]
    Describe(#[source] PortError),
    /// The report could not be described.
    #[error("could not describe the report")]
    DescribeReport(#[source] PortError),
    /// The event is not one of an audit report.
    #[error("the event is neither a schedule's nor about an audit report")]
    Event(#[source] EventError),
    /// The report object does not exist.
    #[error("the report {place} is not there, and the service says that it made it")]
    Gone {
        /// The URI of the object, `s3://<bucket>/<key>`.
        place: String,
    },
    /// Some requests failed. Every CA was processed first, so that no failure hides another.
    #[error("{} of {} CAs failed: {}",
        .failures.len(), .requests.seen, each(.failures))]
    Incomplete {
        /// What became of all requests.
        requests: Box<Requests>,
        /// The CAs whose requests failed, and why.
        failures: Vec<RequestFailure>,
    },
    /// The evidence bucket could not be read or written.
    #[error("could not read or write the summary")]
    EvidenceStore(#[source] PortError),
    /// The CAs could not be listed.
    #[error("could not list the CAs")]
    List(#[source] PortError),
    /// The event names no report.
    #[error("event {event} names no audit report")]
    NoReport {
        /// The id of the event.
        event: String,
    },
    /// The object is not an audit report.
    #[error("{place} is not an audit report")]
    NotAReport {
        /// The URI of the object, `s3://<bucket>/<key>`.
        place: String,
        /// Why it is no report.
        #[source]
        error: ReportError,
    },
    /// ACM PCA still makes the report.
    #[error("the event says that report {report} is ready, and the service says that it is not")]
    NotReady {
        /// The id of the report.
        report: String,
    },
    /// The report object could not be read.
    #[error("could not fetch the report")]
    Object(#[source] PortError),
    /// The findings could not be published.
    #[error("could not publish the findings")]
    FindingStore(#[source] FindingStoreError),
    /// The object was replaced while it was read.
    #[error("the report {place} was replaced while it was read")]
    Replaced {
        /// The URI of the object, `s3://<bucket>/<key>`.
        place: String,
    },
    /// The page of the fleet, or another form of its findings, could not be written.
    #[error("could not write the report of the fleet")]
    Page(#[source] PortError),
    /// A defect of Vigil's.
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// The report is larger than [`Settings::max_report_bytes`](super::Settings::max_report_bytes).
    #[error("the report {place} is over {limit} bytes")]
    TooLarge {
        /// The URI of the object, `s3://<bucket>/<key>`.
        place: String,
        /// The largest size, in bytes.
        limit: u64,
    },
    /// The key ends with neither `.csv` nor `.json`.
    #[error("the report {place} ends in neither .json nor .csv")]
    UnknownFormat {
        /// The URI of the object, `s3://<bucket>/<key>`.
        place: String,
    },
    /// An object could not be written as JSON.
    #[error("could not write the summary as JSON")]
    Write(#[source] serde_json::Error),
}

/// A CA whose report could not be requested or judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFailure {
    /// The CA; `None`: it concerns all.
    pub ca: Option<CaArn>,
    /// Why.
    pub reason: String,
}

impl From<RequestFailure> for Unchecked {
    fn from(failure: RequestFailure) -> Self {
        let what = failure.ca.map_or_else(|| "audit reports".to_owned(), |ca| ca.to_string());
        Self { what, why: failure.reason }
    }
}

fn each(failures: &[RequestFailure]) -> String {
    let each = failures.iter().map(|failure| match &failure.ca {
        Some(ca) => format!("{ca}: {}", failure.reason),
        None => failure.reason.clone(),
    });
    each.collect::<Vec<_>>().join("; ")
}

impl Failure for AuditReportError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Describe(_) | Self::DescribeReport(_) => "DescribeFailed",
            Self::Event(_) | Self::NoReport { .. } => "MalformedEvent",
            Self::Gone { .. } | Self::NotReady { .. } => "ReportNotThere",
            Self::Incomplete { .. } => "RequestsIncomplete",
            Self::Continue(_) => "ContinueFailed",
            Self::Contended { .. } | Self::EvidenceStore(_) | Self::Write(_) => "SummaryFailed",
            Self::List(_) => "ListFailed",
            Self::NotAReport { .. } | Self::UnknownFormat { .. } => "NotAReport",
            Self::Object(_) | Self::Replaced { .. } => "FetchFailed",
            Self::FindingStore(_) => "PublishFailed",
            Self::Acknowledgement(_) => "AcknowledgementFailed",
            Self::Page(_) => "PageFailed",
            Self::Panicked(_) => "Panicked",
            Self::TooLarge { .. } => "ReportTooLarge",
        }
    }
}
