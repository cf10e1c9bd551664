//! For readers: what the CRL is, what is wrong with it and what to do.

use vigil_core::{
    instant::rfc3339,
    rules::{
        Judgement, JudgementResult,
        crl::{CrlState, CrlSubject},
    },
};

use super::findings;

pub(crate) fn human(subject: &CrlSubject, judgements: &[Judgement]) -> String {
    let mut text = String::new();
    line(&mut text, &summary(subject));
    let found = findings(judgements);
    for finding in &found {
        line(&mut text, &format!("\n{finding}"));
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

/// A CRL's author chose some of these characters, and a terminal obeys the control characters.
fn line(text: &mut String, line: &str) {
    let plain = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    text.extend(line.chars().map(plain));
    text.push('\n');
}
