//! Which rules about audit reports could not be judged, or found more than is shown.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fleet::{RuleResult, RuleStatus, Unchecked},
    jobs::audit_report::NOT_SUMMARISED,
    rules::audit_report::NOT_WATCHED,
};

const NO_REPORT: &str = "no audit report of it was found (--report-bucket names where they are, and \
                         --request-reports requests them)";

/// The rules of each CA by the reason. `reported`: the ARNs of CAs of which audit reports are made. The
/// first run knows nothing of what came before it: that is no fault.
pub(super) fn not_judged(reported: &BTreeSet<&str>, verdicts: &[RuleResult]) -> Vec<Unchecked> {
    let is_unknown = |of: &&RuleResult| {
        of.result == RuleStatus::Unknown
            && of.reason.as_deref() != Some(NOT_WATCHED)
            && reported.contains(of.resource.as_str())
    };
    let mut by_reason: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for of in verdicts.iter().filter(is_unknown) {
        let reason = match of.reason.as_deref() {
            Some(NOT_SUMMARISED) => NO_REPORT,
            Some(reason) => reason,
            None => "no reason was recorded",
        };
        by_reason.entry((of.resource.as_str(), reason)).or_default().push(of.rule.as_str());
    }
    let unchecked = |((ca, reason), rules): ((&str, &str), Vec<&str>)| {
        let noun = if rules.len() == 1 { "rule" } else { "rules" };
        Unchecked {
            what: format!("{} {noun} of {ca}", rules.len()),
            why: format!("{reason}: {}", rules.join(", ")),
        }
    };
    by_reason.into_iter().map(unchecked).chain(verdicts.iter().filter_map(not_shown)).collect()
}

/// Acknowledgements need a deployed stack, so that what is beyond the first findings never follows.
fn not_shown(of: &RuleResult) -> Option<Unchecked> {
    let why = of.reason.clone().filter(|_| of.result == RuleStatus::Findings)?;
    Some(Unchecked { what: format!("all that {} found of {}", of.rule, of.resource), why })
}
