//! How a run fails: at the start, or for some resources after all had their turn.

use std::fmt;

use super::Audit;
use crate::{
    bucket_policy::Malformed,
    certificate::CertificateError,
    failure::{Failure, chain},
    jobs::{FindingStoreError, isolated::Panicked},
    ports::PortError,
    service_event::EventError,
};

/// How a run of crl-audit fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CrlAuditError {
    #[error("the event is not one that is answered with an audit")]
    Event(#[source] EventError),
    /// Raised after every CA and bucket has had its turn, so that one failure cannot hide the others.
    #[error("{} check(s) could not be made: {}", .failures.len(), each(.failures))]
    Incomplete { audit: Box<Audit>, failures: Vec<CheckFailure> },
    #[error("could not list the CAs")]
    List(#[source] PortError),
}

/// What could not be done about one resource.
#[derive(Debug)]
pub struct CheckFailure {
    /// A CA's ARN, or a bucket's name.
    pub resource: String,
    /// What failed.
    pub step: CheckError,
}

/// What failed about one resource.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum CheckError {
    #[error("could not learn the account's Block Public Access: {why}")]
    AccountBlock { why: String },
    #[error("could not fetch the newest audit report")]
    AuditReport(#[source] PortError),
    #[error("could not learn the bucket's {fact}: {why}")]
    Bucket { fact: &'static str, why: String },
    #[error("could not fetch the CA's certificate")]
    Certificate(#[source] PortError),
    #[error("could not read the CA's certificate")]
    CertificateUnreadable(#[source] CertificateError),
    #[error("other runs keep changing {key}")]
    Contended { key: String },
    #[error("could not read or write what is remembered")]
    AuditState(#[source] PortError),
    #[error("could not fetch the CRL")]
    Object(#[source] PortError),
    #[error("could not judge the bucket's policy")]
    Policy(#[source] Malformed),
    #[error("could not publish the findings")]
    FindingStore(#[source] FindingStoreError),
    #[error("could not fetch a certificate that the CA has issued")]
    Issued(#[source] PortError),
    #[error("could not read the version before of the CRL")]
    Version(#[source] PortError),
    #[error("could not list the objects where CRLs lie")]
    Objects(#[source] PortError),
    #[error("could not pass on what there was no time for")]
    HandOn(#[source] PortError),
    #[error("there was no time for a single CA")]
    NoTime,
    #[error(transparent)]
    Panicked(#[from] Panicked),
    #[error("could not write the report")]
    Report(#[source] PortError),
    #[error("too many runs of this second have written a report: {key}")]
    TooManyReports { key: String },
    #[error("could not write JSON")]
    Write(#[source] serde_json::Error),
}

impl fmt::Display for CheckFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.resource, chain(&self.step))
    }
}

fn each(failures: &[CheckFailure]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Failure for CrlAuditError {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Event(_) => "MalformedEvent",
            Self::Incomplete { .. } => "AuditIncomplete",
            Self::List(_) => "ListFailed",
        }
    }
}
