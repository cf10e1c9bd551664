//! A finding: one fact that an operator should know, in the form in which it leaves Vigil.
//!
//! It is written for the person who was woken. The title says who did what to which CA. Then come
//! what happened, the impact, what to do (with a command to paste) and why Vigil says so. Rules
//! supply these parts as the templates of a [`Kind`]; [`Observation::finding`] alone puts them
//! together.
//!
//! On the wire a finding is the `detail` of an EventBridge event with source [`SOURCE`] and
//! detail-type [`DETAIL_TYPE`]. Its JSON Schema is `docs/schemas/finding.json`.

use std::{borrow::Cow, fmt};

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::instant;

mod kind;
mod observation;
mod template;

pub use kind::{Kind, RuleInfo};
pub use observation::{Names, Observation};
pub(crate) use template::quoted;

/// The source of the events that carry findings.
pub const SOURCE: &str = "vigil";
/// The detail-type of the events that carry findings.
pub const DETAIL_TYPE: &str = "Vigil Finding";
/// The detail-type of the finding that `vigil doctor` publishes. Operators may publish it, and no other.
pub const TEST_DETAIL_TYPE: &str = "Vigil Test Finding";
/// Stands in commands for the name of the evidence bucket, which `notify` fills in.
pub const EVIDENCE_BUCKET: &str = "EVIDENCE-BUCKET";
/// Stands in commands for the ARN of an approvers' key, which `notify` fills in.
pub const APPROVER_KEY: &str = "APPROVER-KEY";
/// Stands in commands for the name of the bucket of audit reports, which `notify` fills in.
pub const REPORT_BUCKET: &str = "REPORT-BUCKET";
/// The fact for programs that says since when a finding is open, where `as_of` says something later.
const FOUND_AT: &str = "found_at";
/// The rule of that finding.
pub(crate) const TEST_RULE: &str = "doctor.test-finding";

/// One fact with its explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// 32 hexadecimal digits. The same fact seen again has the same id.
    pub id: String,
    /// `<area>.<rule>`. A rule's id is API: event patterns and filters match on it.
    pub rule: Cow<'static, str>,
    /// How bad it is, as the rule's kind says.
    pub severity: Severity,
    /// Whether the fact is new, known or over.
    pub status: Status,
    /// The ARN of what the finding is about.
    pub resource: String,
    /// Who did what to which CA: one line of fewer than 100 characters.
    pub title: String,
    /// What happened, with the time and the principal where they are known.
    pub what_happened: String,
    /// What fails, for whom and from when.
    pub impact: String,
    /// What to do. Commands stand on lines of their own and can be pasted.
    pub what_to_do: String,
    /// The rule, the document that it cites, and where the evidence is.
    pub why: String,
    /// The facts for programs. `kind` names the kind of the rule.
    pub evidence: Map<String, Value>,
    /// When the fact was seen, by the clock of the service.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
}

/// The labels of AWS Security Hub's `Severity.Label`, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Nothing has to be done.
    Informational,
    /// To be handled in the course of regular work.
    Low,
    /// To be planned for within days.
    Medium,
    /// To be acted on today.
    High,
    /// To be acted on now.
    Critical,
}

impl Finding {
    /// The detail-type of the event that carries it.
    pub fn detail_type(&self) -> &'static str {
        if self.rule == TEST_RULE { TEST_DETAIL_TYPE } else { DETAIL_TYPE }
    }
}

impl Severity {
    /// The label as it is on the wire.
    pub fn label(self) -> &'static str {
        match self {
            Self::Informational => "INFORMATIONAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

/// Where a finding is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// Published for the first time, or again after it was resolved or became worse.
    New,
    /// Seen again and published before.
    Ongoing,
    /// No longer so.
    Resolved,
}

impl Finding {
    /// Adds one fact for programs.
    #[must_use]
    pub fn with_evidence(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }

    /// The same finding with another status.
    #[must_use]
    pub fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// When it was found: `as_of`, unless it was resolved or became worse since.
    pub fn found_at(&self) -> OffsetDateTime {
        let noted = self.evidence.get(FOUND_AT).and_then(Value::as_str);
        noted.and_then(|at| instant::parse(at).ok()).map_or(self.as_of, |at| at.min(self.as_of))
    }

    /// Notes that it was found before `as_of`.
    #[must_use]
    pub(crate) fn with_found_at(self, at: OffsetDateTime) -> Self {
        self.with_evidence(FOUND_AT, instant::rfc3339(at))
    }

    /// The same finding, which is over at `now`. Its evidence keeps when it was found.
    #[must_use]
    pub(crate) fn resolved(self, now: OffsetDateTime, because: &str) -> Self {
        let found_at = self.found_at();
        let over = Self { status: Status::Resolved, as_of: now, ..self };
        over.with_found_at(found_at).with_evidence("resolved_because", because)
    }
}

/// The finding as it is read: the severity and the title, then one paragraph for each part.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.severity.label(), self.title)?;
        writeln!(f, "What happened: {}", self.what_happened)?;
        writeln!(f, "Impact: {}", self.impact)?;
        writeln!(f, "What to do: {}", self.what_to_do)?;
        writeln!(f, "Why: {}", self.why)
    }
}

/// 128 bits of SHA-256 in hexadecimal: short in an object key, and no two facts share one by
/// chance. Each part is preceded by its length, so that no two lists of parts read the same.
///
/// The parts are the rule, the resource and a discriminator, and nothing else. Wording, severity
/// and evidence may change while the fact stays the same one.
fn id(parts: &[&str; 3]) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    for part in parts {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finish().as_ref()[..16])
}

#[cfg(test)]
pub(crate) mod golden;
#[cfg(test)]
mod tests;
