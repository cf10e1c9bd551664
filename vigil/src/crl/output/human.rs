//! For readers: what the CRL is, what is wrong with it and what to do.

use vigil_core::{
    finding::{Finding, Severity},
    instant::rfc3339,
    name::readable,
    rules::{
        JudgementResult,
        crl::{CrlState, CrlSubject},
    },
};

use super::super::{
    judged::{Judged, findings},
    verdict,
};
use crate::output::plain;

/// With colours for a terminal, if wanted. The last line says why the exit code is 2, if it is.
pub(crate) fn human(all: &[Judged], threshold: Severity, is_coloured: bool) -> String {
    let mut text = String::new();
    for judged in all {
        if all.len() > 1 {
            line(&mut text, &format!("== {}", judged.name));
        }
        one(&mut text, judged, is_coloured);
    }
    if let Some(why) = verdict::why_not_checked(all, threshold) {
        line(&mut text, &why);
    }
    text
}

fn one(text: &mut String, judged: &Judged, is_coloured: bool) {
    let Judged { subject, judgements, ignored, .. } = judged;
    let is_read = matches!(subject.crl, CrlState::Read { .. });
    for summed in summary(subject) {
        line(text, &summed);
    }
    let found = findings(judgements);
    for finding in &found {
        text.push('\n');
        write_finding(text, finding, is_coloured);
        text.push('\n');
    }
    text.push('\n');
    for (rule, reason) in ignored {
        line(text, &format!("ignored: {rule}: {reason}"));
    }
    let mut passed = 0;
    for judgement in judgements {
        match &judgement.result {
            JudgementResult::Findings { .. } => {}
            JudgementResult::Pass => passed += 1,
            // Of an object that is no CRL, nothing but that is of interest.
            _ if !is_read => {}
            JudgementResult::NotApplicable { reason } => {
                line(text, &format!("not applicable: {}: {reason}", judgement.rule));
            }
            JudgementResult::Unknown { reason } => {
                line(text, &format!("not checked: {}: {reason}", judgement.rule));
            }
        }
    }
    if is_read {
        line(text, &format!("{passed} rules hold, {} finding(s)", found.len()));
    }
}

fn summary(subject: &CrlSubject) -> Vec<String> {
    let facts = match &subject.crl {
        CrlState::Read { facts, .. } => facts,
        CrlState::NotChecked(why) => return vec![format!("not checked: {why}")],
        _ => return vec!["no CRL could be read".to_owned()],
    };
    let time = |at: Option<_>| at.map_or_else(|| "an unknown time".to_owned(), rfc3339);
    let number = facts.number.as_deref().map_or_else(
        || "no number".to_owned(),
        |octets| format!("number 0x{}", hex::encode(&octets[..octets.len().min(32)])),
    );
    let reasons: Vec<_> = REASONS
        .iter()
        .zip(facts.entries.reasons)
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    let mut lines = vec![
        format!("issuer {}, {number}, profile {}", readable(&facts.issuer), subject.profile.name()),
        format!(
            "{} entries, {} bytes, {}, from {} to {}",
            facts.entries.count,
            facts.size,
            facts.inner_algorithm,
            time(facts.this_update),
            time(facts.next_update)
        ),
    ];
    if !reasons.is_empty() {
        lines.push(format!("entries by reason: {}", reasons.join(", ")));
    }
    lines
}

/// As [`Finding`] displays itself, line by line: a command stands on a line of its own in what is to
/// be done, and nothing else has more than one.
fn write_finding(text: &mut String, finding: &Finding, is_coloured: bool) {
    let title = plain(&format!("{} {}", finding.severity.label(), finding.title));
    match sgr(finding.severity).filter(|_| is_coloured) {
        Some(sgr) => text.push_str(&format!("\u{1b}[{sgr}m{title}\u{1b}[0m\n")),
        None => line(text, &title),
    }
    line(text, &format!("What happened: {}", finding.what_happened));
    line(text, &format!("Impact: {}", finding.impact));
    for part in format!("What to do: {}", finding.what_to_do).split('\n') {
        line(text, part);
    }
    line(text, &format!("Why: {}", finding.why));
}

/// Select Graphic Rendition (ECMA-48 §8.3.117) for a title: bold red, bold yellow, or none.
fn sgr(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical | Severity::High => Some("1;31"),
        Severity::Medium => Some("1;33"),
        Severity::Low | Severity::Informational => None,
    }
}

/// By code (RFC 5280 §5.3.1).
const REASONS: [&str; 12] = [
    "unspecified",
    "keyCompromise",
    "cACompromise",
    "affiliationChanged",
    "superseded",
    "cessationOfOperation",
    "certificateHold",
    "unused (7)",
    "removeFromCRL",
    "privilegeWithdrawn",
    "aACompromise",
    "others",
];

fn line(text: &mut String, line: &str) {
    text.push_str(&plain(line));
    text.push('\n');
}
