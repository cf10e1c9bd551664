//! Why `vigil report` cannot read what it was given.

use std::{io, path::PathBuf};

use vigil_core::audit_report::ReportError;

use crate::input::InputError;

#[derive(Debug, thiserror::Error)]
pub(super) enum ReportFileError {
    #[error("{0} was written while it was read: run the command again")]
    Changed(PathBuf),
    #[error(
        "{path} is a fleet report of Vigil, and it is damaged: copy it again, or give the audit reports or \
         the copy of the evidence bucket that it was made from"
    )]
    Damaged {
        path: PathBuf,
        /// Says the line and the column.
        #[source]
        cause: serde_json::Error,
    },
    #[error("there is no audit report in {0}")]
    Empty(PathBuf),
    #[error(transparent)]
    Folder(#[from] InputError),
    #[error("the summary of {path} cannot be written as JSON")]
    Json {
        path: PathBuf,
        #[source]
        cause: serde_json::Error,
    },
    #[error("{path} is not an audit report")]
    NotAReport {
        path: PathBuf,
        #[source]
        cause: ReportError,
    },
    #[error("{0} has no record that names a CA")]
    NoCa(PathBuf),
    #[error(
        "{path} is a file that Vigil wrote ({form}), and no audit report: give audit reports, a copy of the \
         evidence bucket, or a fleet-report.json"
    )]
    Own { path: PathBuf, form: String },
    #[error("{path} cannot be read")]
    Read {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(
        "{path} cannot be read a second time, and its first record is of another CA: give it as a file"
    )]
    ReadTwice {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("{path} is not a fleet report of this version: its schema is {schema:?}")]
    Schema { path: PathBuf, schema: String },
}
