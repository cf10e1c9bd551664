//! `findings.json`: the findings as they are published, with their stage.

use serde_json::{Value, json};

use super::staged;
use crate::fleet::FleetReport;

/// An object with the time, what could not be checked, and every finding in the form of
/// `docs/schemas/finding.json`. `status` is NEW, ONGOING or RESOLVED.
pub fn json(report: &FleetReport) -> Value {
    let findings: Vec<Value> = staged(report)
        .map(|(stage, finding)| {
            let mut finding = serde_json::to_value(finding).unwrap_or_default();
            finding["status"] = stage.name().into();
            finding
        })
        .collect();
    json!({
        "schema": "vigil.findings/1",
        "as_of": crate::instant::rfc3339(report.as_of),
        "made_by": report.made_by,
        "unchecked": report.unchecked,
        "findings": findings,
    })
}
