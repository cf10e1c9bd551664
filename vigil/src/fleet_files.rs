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
    let files = export::files(report, vigil_page::page).map_err(WriteError::Json)?;
    for file in &files {
        let path = folder.join(file.name);
        fs::write(&path, &file.text).map_err(failed(&path))?;
    }
    let names: Vec<&str> = files[1..].iter().map(|file| file.name).collect();
    line(&format!("page: {}", folder.join(export::PAGE).display()));
    line(&format!("beside it: {}", names.join(", ")));
    Ok(())
}
