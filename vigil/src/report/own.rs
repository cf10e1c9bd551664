//! Files that Vigil wrote itself: a fleet report is read again, and the others are no audit reports.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use serde::Deserialize;
use vigil_core::fleet::{FleetReport, SCHEMA};

use super::error::ReportFileError;

/// What Vigil wrote.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// The model of a page, damaged or not.
    FleetReport,
    /// Something else, by its schema or its name.
    Other(String),
}

impl Own {
    /// By its schema or its name.
    pub(super) fn in_words(&self) -> &str {
        match self {
            Self::FleetReport => "a fleet report",
            Self::Other(form) => form,
        }
    }
}

/// What Vigil wrote in this file, by its beginning; a damaged fleet report is known by its name. `None`:
/// it can be an audit report. A pipe is not read here, because its beginning cannot be read again.
pub(super) fn of(path: &Path) -> Option<Own> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let is_named = name.starts_with("fleet-report") && name.ends_with(".json");
    let beginning = if path.is_file() { beginning(path).unwrap_or_default() } else { Vec::new() };
    if let Some(schema) = schema_of(&String::from_utf8_lossy(&beginning)) {
        let is_fleet_report = schema.starts_with("vigil.fleet-report/");
        return Some(if is_fleet_report { Own::FleetReport } else { Own::Other(schema) });
    }
    if beginning.starts_with(b"\"id\",\"status\",\"severity\",\"rule\",") {
        return Some(Own::Other("findings as CSV".to_owned()));
    }
    let is_array = beginning.trim_ascii_start().starts_with(b"[");
    (is_named && !is_array).then_some(Own::FleetReport)
}

/// Whether the file begins as an audit report does, in either form.
pub(super) fn looks_like_a_report(path: &Path) -> bool {
    let beginning = beginning(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&beginning);
    let text = text.trim_start_matches('\u{feff}').trim();
    let is_json = text.starts_with('[') && text.contains("\"awsAccountId\"");
    let is_csv = || text.lines().next().is_some_and(|header| header.contains("awsAccountId"));
    is_json || is_csv()
}

fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    File::open(path)?.take(4096).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Every form of Vigil's begins with its schema. Only a text of JSON that begins so is taken for one: a
/// subject in an audit report can hold anything.
fn schema_of(beginning: &str) -> Option<String> {
    let object = beginning.trim_start_matches('\u{feff}').trim_start().strip_prefix('{')?;
    let member = object.trim_start().strip_prefix("\"schema\"")?;
    let value = member.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let schema = value.split('"').next()?;
    schema.starts_with("vigil.").then(|| schema.chars().take(80).collect())
}

/// Of a fleet report of any version.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// The fleet report in this file.
pub(super) fn fleet_report(path: &Path) -> Result<FleetReport, ReportFileError> {
    let text = fs::read(path);
    let text = text.map_err(|cause| ReportFileError::Read { path: path.to_owned(), cause })?;
    let damaged = |cause| ReportFileError::Damaged { path: path.to_owned(), cause };
    let Head { schema } = serde_json::from_slice(&text).map_err(damaged)?;
    if schema != SCHEMA {
        let schema = schema.chars().take(80).collect();
        return Err(ReportFileError::Schema { path: path.to_owned(), schema });
    }
    serde_json::from_slice(&text).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_with_a_schema_of_vigil_is_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let kind = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            of(&path)
        };
        let fleet = "{\n  \"schema\": \"vigil.fleet-report/1\",\n  \"as_of\"";
        for name in ["a.json", "fleet-report.json", "b"] {
            assert_eq!(kind(name, fleet), Some(Own::FleetReport), "{name}");
        }
        let other = kind("a.json", "{\"schema\":\"vigil.audit-report/1\"");
        assert_eq!(other, Some(Own::Other("vigil.audit-report/1".to_owned())));
        for damaged in ["", "\0\0\0", "{\"sch", "<html>"] {
            assert_eq!(kind("fleet-report-2.json", damaged), Some(Own::FleetReport), "{damaged}");
            assert_eq!(kind("a.json", damaged), None, "{damaged}");
        }
        let hostile = "[{\"subject\": \"{\\\"schema\\\": \\\"vigil.fleet-report/1\\\"\"}]";
        assert_eq!(kind("fleet-report.json", hostile), None);
        assert!(kind("f.csv", "\"id\",\"status\",\"severity\",\"rule\",\"x\"\r\n").is_some());
        assert_eq!(kind("r.csv", "awsAccountId,serial\n"), None);
    }
}
