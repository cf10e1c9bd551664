//! For readers: what the CRL is, what is wrong with it and what to do.

use vigil_core::{
    finding::Finding,
    instant::rfc3339,
    rules::{
        Judgement, JudgementResult,
        crl::{CrlState, CrlSubject},
    },
};

use super::findings;
use crate::output::plain;

pub(crate) fn human(subject: &CrlSubject, judgements: &[Judgement]) -> String {
    let mut text = String::new();
    line(&mut text, &summary(subject));
    let found = findings(judgements);
    for finding in &found {
        text.push('\n');
        write_finding(&mut text, finding);
        text.push('\n');
    }
    text.push('\n');
    let mut passed = 0;
    for judgement in judgements {
        match &judgement.result {
            JudgementResult::Findings { .. } => {}
            JudgementResult::NotApplicable { reason } => {
                line(&mut text, &format!("not applicable: {}: {reason}", judgement.rule));
            }
            JudgementResult::Pass => passed += 1,
            JudgementResult::Unknown { reason } => {
                line(&mut text, &format!("not checked: {}: {reason}", judgement.rule));
            }
        }
    }
    line(&mut text, &format!("{passed} rules hold, {} finding(s)", found.len()));
    text
}

fn summary(subject: &CrlSubject) -> String {
    let CrlState::Read { facts, .. } = &subject.crl else {
        return "no CRL could be read".to_owned();
    };
    let time = |at: Option<_>| at.map_or_else(|| "an unknown time".to_owned(), rfc3339);
    format!(
        "{} entries, {} bytes, {}, from {} to {}",
        facts.entries.count,
        facts.size,
        facts.inner_algorithm,
        time(facts.this_update),
        time(facts.next_update)
    )
}

/// As [`Finding`] displays itself, line by line: a command stands on a line of its own in what is to
/// be done, and nothing else has more than one.
fn write_finding(text: &mut String, finding: &Finding) {
    line(text, &format!("{} {}", finding.severity.label(), finding.title));
    line(text, &format!("What happened: {}", finding.what_happened));
    line(text, &format!("Impact: {}", finding.impact));
    for part in format!("What to do: {}", finding.what_to_do).split('\n') {
        line(text, part);
    }
    line(text, &format!("Why: {}", finding.why));
}

fn line(text: &mut String, line: &str) {
    text.push_str(&plain(line));
    text.push('\n');
}
