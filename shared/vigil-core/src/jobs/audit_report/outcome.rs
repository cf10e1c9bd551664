//! The result of a run, as Lambda returns it.

use serde::Serialize;
use time::OffsetDateTime;

use crate::{arn::CaArn, jobs::Published};

/// The result of an invocation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A report was summarised.
    Analysed(Box<Analysis>),
    /// There was no time for all of the report: another invocation goes on.
    Continued {
        /// The CA.
        ca: CaArn,
        /// The id of the report.
        report: String,
        /// How many bytes were read.
        bytes: u64,
    },
    /// The report was summarised before; nothing was changed.
    Duplicate {
        /// The CA.
        ca: CaArn,
        /// The id of the report.
        report: String,
        /// The key of the summary.
        summary: String,
    },
    /// ACM PCA could not make the report.
    Failed {
        /// The CA.
        ca: CaArn,
        /// The id of the report.
        report: String,
        /// What was published.
        findings: Published,
    },
    /// The CA or the report no longer exists.
    Nothing {
        /// The CA.
        ca: CaArn,
        /// The id of the report.
        report: String,
        /// Why.
        reason: String,
    },
    /// Reports were requested.
    Requested(Requests),
}

/// A report that was summarised.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// The CA.
    pub ca: CaArn,
    /// The id of the report.
    pub report: String,
    /// The summary's key in the evidence bucket.
    pub summary: String,
    /// Certificates that the CA ever issued.
    pub issued: u64,
    /// Of these, neither revoked nor expired.
    pub valid: u64,
    /// Of these, revoked.
    pub revoked: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// When the report was created: the time of these numbers.
    #[serde(with = "crate::instant::text")]
    pub as_of: OffsetDateTime,
    /// What was published.
    pub findings: Published,
    /// The report that is no longer the newest of its month, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<Superseded>,
}

/// A report that is no longer the newest of its month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// Its key in the report bucket.
    pub key: String,
    /// Why it has no tag. It is kept as long as the newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_tagged: Option<String>,
}

/// The requests of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requests {
    /// When the CAs were listed, by the clock of ACM PCA.
    #[serde(with = "crate::instant::text")]
    pub as_of: OffsetDateTime,
    /// CAs of all states.
    pub seen: usize,
    /// CAs whose next report is not due yet.
    pub not_due: usize,
    /// One entry for each other CA that had its turn.
    pub requests: Vec<RequestedReport>,
    /// Reports whose event did not come: an invocation was started for each.
    pub started: Vec<String>,
    /// What was published.
    pub findings: Published,
    /// The first CA that there was no time for; another invocation was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continued_from: Option<CaArn>,
    /// Where the page of the fleet was written, as a prefix of the evidence bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet_report: Option<String>,
}

impl Requests {
    pub(super) fn new(as_of: OffsetDateTime, seen: usize) -> Self {
        Self {
            as_of,
            seen,
            not_due: 0,
            requests: Vec::new(),
            started: Vec::new(),
            findings: Published::default(),
            continued_from: None,
            fleet_report: None,
        }
    }
}

/// What became of the request for one CA.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestedReport {
    /// The CA.
    pub ca: CaArn,
    /// Whether a report was requested.
    #[serde(flatten)]
    pub result: RequestResult,
}

/// Whether a report was requested.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum RequestResult {
    /// ACM PCA makes the report `report`, at `key` of the report bucket.
    Requested {
        /// The id of the report.
        report: String,
        /// The key of the object.
        key: String,
    },
    /// No report was requested, and why.
    Skipped {
        /// Why.
        reason: String,
    },
}
