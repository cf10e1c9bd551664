//! `findings.csv` (RFC 4180), one line for each finding, for spreadsheets; then one for each thing that was
//! not checked, so that a table without findings does not pass for a clean fleet.

use super::staged;
use crate::{
    fleet::{FleetReport, RuleStatus},
    instant::rfc3339,
};

/// The status of a line that is no finding.
const NOT_CHECKED: &str = "NOT_CHECKED";

const COLUMNS: [&str; 11] = [
    "id",
    "status",
    "severity",
    "rule",
    "resource",
    "title",
    "what_happened",
    "impact",
    "what_to_do",
    "why",
    "as_of",
];

/// What a formula begins with.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The header and the lines. What was not checked has the status `NOT_CHECKED` and no id.
///
/// A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@`, also in full width, or with a tab or a
/// line's end, for a formula (OWASP, CSV Injection): such a cell gets an apostrophe in front.
pub fn csv(report: &FleetReport) -> String {
    let mut text = String::new();
    line(&mut text, &COLUMNS.map(str::to_owned));
    for (stage, finding) in staged(report) {
        line(
            &mut text,
            &[
                finding.id.clone(),
                stage.name().to_owned(),
                finding.severity.label().to_owned(),
                finding.rule.to_string(),
                finding.resource.clone(),
                finding.title.clone(),
                finding.what_happened.clone(),
                finding.impact.clone(),
                finding.what_to_do.clone(),
                finding.why.clone(),
                rfc3339(finding.as_of),
            ],
        );
    }
    let as_of = rfc3339(report.as_of);
    let mut not_checked = |rule: &str, resource: &str, title: String, why: &str| {
        let cells =
            ["", NOT_CHECKED, "", rule, resource, title.as_str(), why, "", "", "", as_of.as_str()];
        line(&mut text, &cells.map(str::to_owned));
    };
    for of in report.verdicts.iter().filter(|of| of.result == RuleStatus::Unknown) {
        let why = of.reason.as_deref().unwrap_or_default();
        not_checked(&of.rule, &of.resource, format!("{} could not be judged", of.rule), why);
    }
    for of in &report.unchecked {
        not_checked("", &of.what, format!("{} could not be checked", of.what), &of.why);
    }
    text
}

fn line(text: &mut String, cells: &[String; COLUMNS.len()]) {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&csv_cell(cell));
    }
    text.push_str("\r\n");
}

/// One cell, harmless and in quotes.
pub fn csv_cell(value: &str) -> String {
    let mut cell = String::with_capacity(value.len() + 3);
    cell.push('"');
    if value.starts_with(FORMULA) {
        cell.push('\'');
    }
    for char in value.chars() {
        match char {
            '"' => cell.push_str("\"\""),
            '\n' | '\r' | '\t' => cell.push(char),
            // A NUL ends a cell, and escape codes reach a terminal.
            char if char.is_control() => cell.push(char::REPLACEMENT_CHARACTER),
            char => cell.push(char),
        }
    }
    cell.push('"');
    cell
}
