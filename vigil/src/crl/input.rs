//! The files beside the CRL: the CA's certificate and the audit report.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use vigil_core::{
    audit_report::ReportError,
    certificate::{Certificate, CertificateError},
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("{path} is no certificate", path = .path.display())]
    Certificate {
        path: PathBuf,
        #[source]
        error: CertificateError,
    },
    #[error("{path} changed while it was read", path = .0.display())]
    Changed(PathBuf),
    #[error("{path} is not a regular file", path = .0.display())]
    NotAFile(PathBuf),
    #[error("cannot read {path}", path = .path.display())]
    Read {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("{path} is not an audit report", path = .path.display())]
    Report {
        path: PathBuf,
        #[source]
        error: ReportError,
    },
    #[error("{path}: an audit report's name ends in .json or .csv", path = .0.display())]
    ReportFormat(PathBuf),
}

impl InputError {
    pub(super) fn read(path: &Path) -> impl Fn(io::Error) -> Self {
        |error| Self::Read { path: path.to_owned(), error }
    }
}

/// A certificate with its chain is a few kilobytes; this is not one.
const MAX_CERTIFICATE_BYTES: u64 = 1024 * 1024;

pub(super) fn certificate(path: &Path) -> Result<Certificate, InputError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(InputError::read(path))?;
    file.take(MAX_CERTIFICATE_BYTES).read_to_end(&mut bytes).map_err(InputError::read(path))?;
    let read = match bytes.first() {
        Some(0x30) => Certificate::from_der(&bytes).map_err(CertificateError::from),
        _ => Certificate::from_pem(&String::from_utf8_lossy(&bytes)),
    };
    read.map_err(|error| InputError::Certificate { path: path.to_owned(), error })
}
