//! Writes a fleet report as files: the page, the model and the findings in each format.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use vigil_core::{export, fleet::FleetReport};

use crate::output::line;

#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("cannot write {path}", path = .path.display())]
    File {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("cannot write the report as JSON")]
    Json(#[source] serde_json::Error),
}

/// Writes all files into the folder, over those of an earlier run, and says where they are.
pub(crate) fn write(folder: &Path, report: &FleetReport) -> Result<(), WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| WriteError::File { path, cause }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let pretty = |value: &serde_json::Value| serde_json::to_string_pretty(value);
    let lines = |values: Vec<serde_json::Value>| {
        values.iter().map(|value| format!("{value}\n")).collect::<String>()
    };
    let model = serde_json::to_value(report).map_err(WriteError::Json)?;
    let files = [
        ("report.html", vigil_page::page(report)),
        ("fleet-report.json", pretty(&model).map_err(WriteError::Json)?),
        ("findings.json", pretty(&export::json(report)).map_err(WriteError::Json)?),
        ("findings.csv", export::csv(report)),
        ("findings.ocsf.jsonl", lines(export::ocsf(report))),
        ("findings.asff.jsonl", lines(export::asff(report))),
    ];
    for (name, text) in &files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    let names: Vec<&str> = files[1..].iter().map(|(name, _)| *name).collect();
    line(&format!("page: {}", folder.join("report.html").display()));
    line(&format!("beside it: {}", names.join(", ")));
    Ok(())
}
