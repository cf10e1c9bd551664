//! The answer of `vigil crl check` over all CRLs and its exit code; and where it is 2, one line that says
//! why it is not 0 or 1.

use vigil_core::{finding::Severity, rules::crl_check::Answer};

use super::judged::{Judged, findings, is_unverified};
use crate::exit::{Exit, first_of};

/// A CRL that cannot be read outweighs what was found in others: it may be worse.
pub(super) fn overall(all: &[Judged], threshold: Severity) -> Answer {
    let has = |answer: Answer| all.iter().any(|one| one.answer(threshold) == answer);
    if all.iter().any(Judged::is_unread) {
        Answer::Incomplete
    } else if has(Answer::Findings) {
        Answer::Findings
    } else if has(Answer::Incomplete) {
        Answer::Incomplete
    } else {
        Answer::Clean
    }
}

pub(super) fn exit(all: &[Judged], threshold: Severity) -> Exit {
    match overall(all, threshold) {
        Answer::Clean => Exit::Clean,
        Answer::Findings => Exit::Findings,
        Answer::Incomplete => Exit::NotChecked,
    }
}

/// What could not be checked, and which options decide that it does not end with 0 or 1. `None` for
/// another exit code.
pub(super) fn why_not_checked(all: &[Judged], threshold: Severity) -> Option<String> {
    if exit(all, threshold) != Exit::NotChecked {
        return None;
    }
    let (unread, read): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.is_unread());
    let mut parts = Vec::new();
    if !unread.is_empty() {
        let names: Vec<_> = unread.iter().map(|one| one.name.clone()).collect();
        parts.push(format!("{} could not be read: {}", share(&names, all), first_of(&names)));
    }
    let is = |one: &Judged, answer: Answer| one.answer(threshold) == answer;
    let incomplete: Vec<_> = read
        .iter()
        .filter(|one| is(one, Answer::Incomplete))
        .map(|one| format!("{} ({})", one.name, one.unchecked().join("; ")))
        .collect();
    if !incomplete.is_empty() {
        let which = first_of(&incomplete);
        parts.push(format!("{} could not be fully checked: {which}", share(&incomplete, all)));
    }
    let found = read.iter().filter(|one| is(one, Answer::Findings)).count();
    if found > 0 {
        parts.push(format!("findings in {found} of them would give 1, and what is unread decides"));
    }
    let uncounted = all.iter().flat_map(|one| findings(&one.judgements));
    let uncounted = uncounted.filter(|one| one.severity < threshold && !is_unverified(one)).count();
    if uncounted > 0 {
        let option = threshold.label().to_lowercase();
        parts.push(format!("findings below --fail-on {option}, which do not count: {uncounted}"));
    }
    let ignored: usize = all.iter().map(|one| one.ignored.len()).sum();
    if ignored > 0 {
        parts.push(format!("left out by --ignore, which verifies nothing: {ignored}"));
    }
    Some(format!("Exit code 2: {}.", parts.join(". ")))
}

/// How many of all.
fn share(some: &[String], all: &[Judged]) -> String {
    format!("{} of {} CRLs", some.len(), all.len())
}
