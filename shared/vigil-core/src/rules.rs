//! A rule: one thing that must hold, where that is written, and what it says of a subject.

use serde::Serialize;
use time::OffsetDateTime;

use crate::finding::{Finding, Names, Observation, RuleInfo};

pub mod assess;
pub mod audit_report;
pub mod auto_restore;
pub mod bucket;
mod catalogue;
pub mod configuration;
pub mod crl;
pub mod crl_check;
pub mod distribution;
pub mod doctor;
pub mod last_resort;
pub mod permits;
pub mod restore_deadline;
pub(crate) mod window;

pub use catalogue::{all, markdown, rule_markdown};

#[cfg(test)]
pub(crate) mod fixtures;

/// A rule that is put to subjects of type `S`. Rules are pure: a subject holds every fact, the
/// present time among them.
pub struct Rule<S: 'static> {
    /// Its entry in the rule catalogue.
    pub info: RuleInfo,
    /// Puts the rule to a subject.
    pub check: fn(&S) -> RuleAnswer,
}

/// What a rule says of a subject. Every rule says something of every subject, so that a report
/// proves what was checked. No observation is a pass.
pub type RuleAnswer = Result<Vec<Observation>, NotJudged>;

/// Why a rule did not judge a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotJudged {
    /// There is nothing to judge, and why. Earlier findings of the rule are over.
    NotApplicable(String),
    /// The facts could not be learnt, and why. Earlier findings of the rule may still hold.
    Unknown(String),
}

impl NotJudged {
    /// There is nothing to judge.
    pub fn not_applicable(reason: impl ToString) -> Self {
        Self::NotApplicable(reason.to_string())
    }

    /// The facts could not be learnt.
    pub fn unknown(reason: impl ToString) -> Self {
        Self::Unknown(reason.to_string())
    }
}

/// What rules are put to.
pub trait Subject {
    /// What the templates of the rules' kinds call the things that the subject is about.
    fn names(&self) -> Names;
}

/// One rule's verdict on one resource, as a report has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleJudgement {
    /// The rule's id.
    pub rule: &'static str,
    /// The ARN, or the path, of what was judged.
    pub resource: String,
    /// The verdict.
    #[serde(flatten)]
    pub result: JudgementResult,
}

/// A verdict, bound to a resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum JudgementResult {
    /// The rule holds.
    Pass,
    /// There is nothing to judge.
    NotApplicable {
        /// Why.
        reason: String,
    },
    /// The facts could not be learnt.
    Unknown {
        /// Why.
        reason: String,
    },
    /// The rule does not hold.
    Findings {
        /// What was found; at least one.
        findings: Vec<Finding>,
    },
}

/// Puts every rule to the subject, which is what `resource` names.
pub fn judge<S: Subject>(
    rules: &[Rule<S>],
    subject: &S,
    resource: &str,
    as_of: OffsetDateTime,
) -> Vec<RuleJudgement> {
    let names = subject.names();
    let judge = |rule: &Rule<S>| {
        let finding = |seen: Observation| seen.finding(&rule.info, &names, resource, as_of);
        let result = match (rule.check)(subject) {
            Ok(seen) if seen.is_empty() => JudgementResult::Pass,
            Ok(seen) => {
                JudgementResult::Findings { findings: seen.into_iter().map(finding).collect() }
            }
            Err(NotJudged::NotApplicable(reason)) => JudgementResult::NotApplicable { reason },
            Err(NotJudged::Unknown(reason)) => JudgementResult::Unknown { reason },
        };
        RuleJudgement { rule: rule.info.id, resource: resource.to_owned(), result }
    };
    rules.iter().map(judge).collect()
}
