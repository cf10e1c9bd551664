//! The verdicts, for people, for programs and for code scanning services.

mod human;
mod json;
mod sarif;

use std::io::{self, Write};

use vigil_core::{
    finding::Finding,
    rules::{Judgement, JudgementResult},
};

pub(super) use human::human;
pub(super) use json::json;
pub(super) use sarif::sarif;

pub(super) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// The worst first.
pub(super) fn findings(judgements: &[Judgement]) -> Vec<&Finding> {
    let mut found: Vec<&Finding> = judgements
        .iter()
        .flat_map(|judgement| match &judgement.result {
            JudgementResult::Findings { findings } => findings.as_slice(),
            JudgementResult::NotApplicable { .. }
            | JudgementResult::Pass
            | JudgementResult::Unknown { .. } => &[],
        })
        .collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}
