//! A rule: one thing that must hold, where that is written, and what it says of a subject.

use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::finding::{Finding, Severity};

pub mod bucket;
mod catalogue;
pub mod configuration;
pub mod crl;
pub mod distribution;

pub use catalogue::{About, all, markdown};

/// Rules are pure: a subject holds every fact, the present time among them.
pub struct Rule<S: 'static> {
    /// `<area>.<rule>`. Findings carry it and people filter on it.
    pub id: &'static str,
    /// What must hold, as one sentence.
    pub holds: &'static str,
    /// The RFC section or AWS page that says so.
    pub cites: &'static str,
    /// All that it can find: the kind, as its evidence names it, and how bad that is.
    pub finds: &'static [(&'static str, Severity)],
    /// What to do, in one sentence; a finding's own remediation has the commands.
    pub remedy: &'static str,
    pub check: fn(&S) -> Verdict,
}

/// Every rule says something of every subject, so that a report proves what was looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Pass,
    /// What the rule judges is not there, and why: what it found before is over.
    NotApplicable(String),
    /// What the rule judges could not be learnt, and why: what it found before may still be so.
    Unknown(String),
    Findings(Vec<Observation>),
}

/// What a rule saw, before it is bound to a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub severity: Severity,
    pub title: String,
    /// Separates observations of one rule on one resource; part of the finding's id.
    pub discriminator: String,
    pub evidence: Map<String, Value>,
    pub remediation: String,
}

impl Observation {
    /// `detail` is the rule's own enum: its fields are the evidence, its `Display` the only words.
    /// Its serde tag `kind` becomes the discriminator.
    pub fn new(severity: Severity, detail: &(impl Serialize + Display)) -> Self {
        let evidence = match serde_json::to_value(detail) {
            Ok(Value::Object(evidence)) => evidence,
            Ok(other) => Map::from_iter([("detail".to_owned(), other)]),
            Err(error) => Map::from_iter([("unserialisable".to_owned(), error.to_string().into())]),
        };
        let kind = evidence.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            severity,
            title: detail.to_string(),
            discriminator: kind,
            evidence,
            remediation: String::new(),
        }
    }

    #[must_use]
    pub fn remedy(mut self, remediation: impl Into<String>) -> Self {
        self.remediation = remediation.into();
        self
    }

    /// For a rule that sees the same thing several times on one resource.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.discriminator = format!("{} {what}", self.discriminator);
        self
    }
}

impl Verdict {
    pub fn not_applicable(reason: impl ToString) -> Self {
        Self::NotApplicable(reason.to_string())
    }

    pub fn unknown(reason: impl ToString) -> Self {
        Self::Unknown(reason.to_string())
    }

    /// Nothing seen is a pass.
    pub fn from_observations(observations: Vec<Observation>) -> Self {
        if observations.is_empty() { Self::Pass } else { Self::Findings(observations) }
    }
}

impl From<Option<Observation>> for Verdict {
    fn from(observation: Option<Observation>) -> Self {
        Self::from_observations(observation.into_iter().collect())
    }
}

/// One rule's verdict on one resource, as it stands in a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    pub rule: &'static str,
    pub resource: String,
    #[serde(flatten)]
    pub result: JudgementResult,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum JudgementResult {
    Pass,
    NotApplicable { reason: String },
    Unknown { reason: String },
    Findings { findings: Vec<Finding> },
}

/// Puts every rule to the subject, which is what `resource` names.
pub fn judge<S>(
    rules: &[Rule<S>],
    subject: &S,
    resource: &str,
    as_of: OffsetDateTime,
) -> Vec<Judgement> {
    rules
        .iter()
        .map(|rule| {
            let result = match (rule.check)(subject) {
                Verdict::Pass => JudgementResult::Pass,
                Verdict::NotApplicable(reason) => JudgementResult::NotApplicable { reason },
                Verdict::Unknown(reason) => JudgementResult::Unknown { reason },
                Verdict::Findings(seen) => JudgementResult::Findings {
                    findings: seen
                        .into_iter()
                        .map(|seen| finding(rule.id, seen, resource, as_of))
                        .collect(),
                },
            };
            Judgement { rule: rule.id, resource: resource.to_owned(), result }
        })
        .collect()
}

fn finding(
    rule: &'static str,
    seen: Observation,
    resource: &str,
    as_of: OffsetDateTime,
) -> Finding {
    let Observation { severity, title, discriminator, evidence, remediation } = seen;
    let mut finding = Finding::new(rule, severity, resource, &discriminator, title, as_of)
        .with_remediation(remediation);
    finding.evidence = evidence;
    finding
}

/// What every finding of a rule must be: one short line, a kind that the rule owns up to, no ARN
/// where an id says it, and something to do.
#[cfg(test)]
pub(crate) fn assert_presentable<S>(rules: &[Rule<S>], finding: &Finding) {
    let Finding { rule: id, title, severity, .. } = finding;
    assert!(!title.is_empty() && title.len() <= 160, "{id}: {title}");
    assert!(!title.contains('\n') && !title.contains("arn:aws:acm-pca"), "{id}: {title}");
    assert!(!finding.remediation.is_empty(), "{id} says nothing to do");
    let kind = finding.evidence["kind"].as_str().unwrap();
    let rule = rules.iter().find(|rule| rule.id == id).unwrap();
    assert!(rule.finds.contains(&(kind, *severity)), "{id} does not own up to {kind} {severity:?}");
}

/// What cannot come alone: a CRL that ends before it begins has ended.
#[cfg(test)]
const BESIDE: [(&str, &str, &str); 1] = [("not-before-next", "crl.next-update", "expired")];

/// Every kind of finding of every rule has a fixture, and the fixture causes exactly it.
#[cfg(test)]
pub(crate) fn assert_every_kind_has_its_fixture<S>(
    rules: &[Rule<S>],
    as_of: OffsetDateTime,
    fixtures: impl IntoIterator<Item = (&'static str, &'static str, S)>,
) {
    let mut caused = std::collections::BTreeSet::new();
    for (rule, kind, subject) in fixtures {
        let mut found = Vec::new();
        for judgement in judge(rules, &subject, "arn", as_of) {
            let JudgementResult::Findings { findings } = judgement.result else { continue };
            for finding in findings {
                assert_presentable(rules, &finding);
                found.push((judgement.rule, finding.evidence["kind"].as_str().unwrap().to_owned()));
            }
        }
        found.retain(|(rule, found)| !BESIDE.contains(&(kind, *rule, found.as_str())));
        assert_eq!(found, [(rule, kind.to_owned())], "the fixture of {rule} {kind}");
        caused.insert((rule, kind));
    }
    for rule in rules {
        for (kind, _) in rule.finds {
            assert!(caused.contains(&(rule.id, *kind)), "{} {kind} has no fixture", rule.id);
        }
    }
}
