//! What a run did, as Lambda shows it.

use serde::Serialize;
use time::OffsetDateTime;

use super::Skipped;
use crate::jobs::Published;

/// What one run of crl-audit did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// CAs and buckets were audited.
    Audited(Box<Audit>),
    /// The event is about what is not audited, or is gone.
    NotAudited(NotAudited),
}

/// The result of a run in figures; the report has the details.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// The service's time at the beginning.
    #[serde(with = "crate::instant::text")]
    pub as_of: OffsetDateTime,
    /// CAs of all states.
    pub seen: usize,
    /// CAs whose CRL was audited.
    pub audited: usize,
    /// CAs that have no CRL to audit.
    pub skipped: Vec<Skipped>,
    /// Verdicts, over all rules and resources.
    pub passed: usize,
    /// Verdicts of rules that do not apply.
    pub not_applicable: usize,
    /// Verdicts of rules that could not be decided.
    pub unknown: usize,
    /// How many findings were published, and how many are open.
    pub findings: Published,
    /// Certificates of audit reports that are yet to be read, for where they say the CRL is.
    pub certificates_left: u64,
    /// The first CA that this run had no time for; another run was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continued_from: Option<String>,
    /// The report's key in the evidence bucket.
    pub report: String,
}

/// Why a run audited nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotAudited {
    /// What the event is about.
    pub about: String,
    /// Why.
    pub reason: String,
}

impl Outcome {
    pub(super) fn not_audited(about: String, reason: impl Into<String>) -> Self {
        Self::NotAudited(NotAudited { about, reason: reason.into() })
    }
}
