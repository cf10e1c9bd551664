//! What came of turns.

use super::super::{
    CheckError, CheckFailure, Published,
    certificate_scan::Plan,
    report::{Report, UsedReport},
};
use crate::{arn::CaArn, rules::RuleJudgement};

/// What came of one resource's turn.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) judgements: Vec<RuleJudgement>,
    pub(super) published: Published,
    pub(super) failures: Vec<CheckFailure>,
    /// Which of a CA's certificates are to be read.
    pub(super) plan: Option<(CaArn, Plan)>,
    /// The audit report that the CRL was compared with.
    pub(super) used_report: Option<UsedReport>,
    /// The CA's audit report was put down: the next invocation begins with this CA.
    pub(super) is_put_down: bool,
}

impl Checked {
    pub(super) fn add(&mut self, other: Self) {
        self.judgements.extend(other.judgements);
        self.published.add(other.published);
        self.failures.extend(other.failures);
        self.plan = self.plan.take().or(other.plan);
        self.used_report = self.used_report.take().or(other.used_report);
    }

    pub(super) fn failed(resource: &str, step: CheckError) -> Self {
        let failure = CheckFailure { resource: resource.to_owned(), step };
        Self { failures: vec![failure], ..Self::default() }
    }
}

/// What came of the whole run so far.
pub(super) struct Sum {
    pub(super) report: Report,
    pub(super) failures: Vec<CheckFailure>,
    pub(super) plans: Vec<(CaArn, Plan)>,
    /// Of one CA at least, a report was read in part.
    pub(super) has_put_down: bool,
}

impl Sum {
    /// Adds what was done, and says how many had their whole turn before the first that had not.
    pub(super) fn add(&mut self, done: Vec<Option<Checked>>) -> usize {
        let is_whole = |one: &Option<Checked>| one.as_ref().is_some_and(|one| !one.is_put_down);
        let begun = done.iter().take_while(|one| is_whole(one)).count();
        for checked in done.into_iter().flatten() {
            self.has_put_down |= checked.is_put_down;
            self.report.published.add(checked.published);
            self.report.judgements.extend(checked.judgements);
            self.failures.extend(checked.failures);
            self.plans.extend(checked.plan);
            self.report.audit_reports.extend(checked.used_report);
        }
        begun
    }
}
