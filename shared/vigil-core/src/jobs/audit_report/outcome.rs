//! What a run did, as Lambda shows it.

use serde::Serialize;
use time::OffsetDateTime;

use crate::{arn::CaArn, jobs::Published};

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    Analysed(Box<Analysis>),
    /// The report was summarised before; nothing was changed.
    Duplicate {
        ca: CaArn,
        report: String,
        summary: String,
    },
    /// The service could not make it.
    Failed {
        ca: CaArn,
        report: String,
        findings: Published,
    },
    /// There is nothing to analyse any more.
    Nothing {
        ca: CaArn,
        report: String,
        reason: String,
    },
    Requested(Requests),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    pub ca: CaArn,
    pub report: String,
    /// The summary's key in the evidence bucket.
    pub summary: String,
    pub issued: u64,
    pub valid: u64,
    pub revoked: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    pub findings: Published,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requests {
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
    /// CAs of all states.
    pub seen: usize,
    pub requests: Vec<RequestedReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequestedReport {
    pub ca: CaArn,
    #[serde(flatten)]
    pub result: RequestResult,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum RequestResult {
    Requested { report: String, key: String },
    Skipped { reason: String },
}
