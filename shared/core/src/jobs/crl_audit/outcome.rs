//! What a run did, as Lambda shows it.

use serde::Serialize;
use time::OffsetDateTime;

use super::Skipped;
use crate::{arn::CaArn, jobs::Told};

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    Audited(Box<Audit>),
    /// The event is about a CA that has no CRL to audit, or is gone.
    NotAudited(Skipped),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
    /// CAs of all states.
    pub seen: usize,
    pub audited: usize,
    pub skipped: Vec<Skipped>,
    /// Verdicts, over all rules and resources.
    pub passed: usize,
    pub not_applicable: usize,
    pub findings: Told,
    /// The report's key in the evidence bucket.
    pub report: String,
}

impl Outcome {
    pub(super) fn not_audited(ca: &CaArn, reason: impl Into<String>) -> Self {
        Self::NotAudited(Skipped { ca: ca.clone(), reason: reason.into() })
    }
}
