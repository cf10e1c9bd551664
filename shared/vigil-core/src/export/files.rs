//! A fleet report as files: the page, the model, and the findings in each form.

use serde_json::Value;

use super::{asff, csv, json, ocsf};
use crate::fleet::FleetReport;

/// Makes the page of a fleet report. The crate `vigil-page` has it, which is above this one.
pub type MakePage = fn(&FleetReport) -> String;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: &'static str,
    /// Its content, in UTF-8.
    pub text: String,
}

/// The name of the page.
pub const PAGE: &str = "report.html";

/// All files of a report, the page first.
///
/// # Errors
///
/// The model cannot be written as JSON.
pub fn files(report: &FleetReport, page: MakePage) -> Result<Vec<File>, serde_json::Error> {
    let file = |name, text| File { name, text };
    Ok(vec![
        file(PAGE, page(report)),
        file("fleet-report.json", serde_json::to_string_pretty(report)?),
        file("findings.json", serde_json::to_string_pretty(&json(report))?),
        file("findings.csv", csv(report)),
        file("findings.ocsf.jsonl", lines(&ocsf(report))),
        file("findings.asff.jsonl", lines(&asff(report))),
    ])
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}
