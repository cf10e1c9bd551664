//! A finding: one fact that somebody should know, in the form in which it leaves Vigil.
//!
//! On the wire a finding is the `detail` of an EventBridge event with source [`SOURCE`] and
//! detail-type [`DETAIL_TYPE`]:
//!
//! ```json
//! {"id": "6f1c…", "rule": "restore-deadline.threshold", "severity": "HIGH", "status": "NEW",
//!  "resource": "arn:aws:acm-pca:…", "title": "…", "evidence": {…}, "remediation": "…",
//!  "as_of": "2026-01-31T00:00:00Z"}
//! ```

use std::borrow::Cow;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

pub const SOURCE: &str = "vigil";
pub const DETAIL_TYPE: &str = "Vigil Finding";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The same fact seen again has the same id: see [`Finding::new`].
    pub id: String,
    /// `<area>.<rule>`. A rule's id is API: people filter on it.
    pub rule: Cow<'static, str>,
    pub severity: Severity,
    pub status: Status,
    /// The ARN of what the finding is about.
    pub resource: String,
    pub title: String,
    pub evidence: Map<String, Value>,
    /// What to do, down to the command where there is one.
    pub remediation: String,
    /// The service's time at which the fact was seen.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// The labels of AWS Security Hub's `Severity.Label`, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// Where a finding stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    New,
    Ongoing,
    Resolved,
}

impl Finding {
    /// A NEW finding without evidence or remediation; both are added by the methods below.
    ///
    /// The id is made of `rule`, `resource` and `discriminator` and of nothing else, so that
    /// wording, severity and evidence may change while the fact stays the same one. The
    /// discriminator separates facts that one rule can find on one resource (a threshold, a
    /// deletion); it is empty where there is only one.
    pub fn new(
        rule: &'static str,
        severity: Severity,
        resource: &str,
        discriminator: &str,
        title: impl Into<String>,
        as_of: OffsetDateTime,
    ) -> Self {
        Self {
            id: id(&[rule, resource, discriminator]),
            rule: Cow::Borrowed(rule),
            severity,
            status: Status::New,
            resource: resource.to_owned(),
            title: title.into(),
            evidence: Map::new(),
            remediation: String::new(),
            as_of,
        }
    }

    #[must_use]
    pub fn with_evidence(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn with_remediation(mut self, remediation: impl Into<String>) -> Self {
        self.remediation = remediation.into();
        self
    }

    #[must_use]
    pub fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }
}

/// 128 bits of SHA-256 in hexadecimal: short in an object key, and no two facts share one by
/// chance. Each part is preceded by its length, so that no two lists of parts read the same.
fn id(parts: &[&str]) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    for part in parts {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finish().as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn finding(rule: &'static str, resource: &str, discriminator: &str) -> Finding {
        Finding::new(
            rule,
            Severity::High,
            resource,
            discriminator,
            "a title",
            datetime!(2026-01-31 00:00 UTC),
        )
    }

    #[test]
    fn the_id_is_the_facts_and_not_the_wordings() {
        let one = finding("area.rule", "arn:a", "x");
        let mut again = one.clone().with_evidence("n", 1).with_status(Status::Ongoing);
        again.title = "another title".to_owned();
        assert_eq!(again.id, finding("area.rule", "arn:a", "x").id);
        assert_eq!(one.id.len(), 32);
        for other in [
            finding("area.rule", "arn:a", "y"),
            finding("area.rule", "arn:ax", ""),
            finding("area.rul", "earn:a", "x"),
        ] {
            assert_ne!(other.id, one.id);
        }
    }

    #[test]
    fn the_id_of_a_fact_never_changes_between_releases() {
        // Ids are keys in the ledger: another derivation would announce every fact anew.
        assert_eq!(
            finding("restore-deadline.threshold", "arn:aws:acm-pca:x", "7d").id,
            "afc0bad9c0f17601d47852508218701f"
        );
    }

    #[test]
    fn a_finding_reads_back_as_it_was_written() {
        let finding = finding("area.rule", "arn:a", "")
            .with_evidence("until", "2026")
            .with_remediation("do it");
        let json = serde_json::to_value(&finding).unwrap();
        assert_eq!(json["severity"], "HIGH");
        assert_eq!(json["status"], "NEW");
        assert_eq!(json["as_of"], "2026-01-31T00:00:00Z");
        assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), finding);
    }

    #[test]
    fn severities_rise_as_their_labels_do() {
        assert!(Severity::Critical > Severity::High && Severity::Low > Severity::Informational);
    }
}
