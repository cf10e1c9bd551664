//! What the command is given: CRLs in several forms, and the CA's certificates.

use std::{
    fs::{self, File},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use vigil_core::{
    audit_report::ReportError,
    certificate::{Certificate, CertificateError},
    crl::Foreign,
    failure::chain,
    jobs::crl_audit::MAX_CRL_BYTES,
    rules::crl::{CrlLocation, TextForm},
};

use super::{
    certificate_form::CertificateForm,
    folder::Folder,
    pattern, pem,
    remote::{self, RemoteError},
};
use crate::output::plain;

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
    #[error("{path} has over {limit} bytes", path = .0.display(), limit = MAX_CERTIFICATE_BYTES)]
    Certificates(PathBuf),
    #[error("{path} has no file that is called .crl, and none that is called .der or .pem and is a CRL", path = .0.display())]
    NoCrls(PathBuf),
    #[error("cannot read {url}")]
    Remote {
        url: String,
        #[source]
        error: Box<RemoteError>,
    },
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
    #[error("the audit report {path} is incomplete: {why}", path = .path.display())]
    ReportIncomplete { path: PathBuf, why: String },
    #[error("{path} has several CRLs, and one is needed", path = .0.display())]
    Several(PathBuf),
}

impl InputError {
    pub(super) fn read(path: &Path) -> impl Fn(io::Error) -> Self {
        |error| Self::Read { path: path.to_owned(), error }
    }
}

/// All CAs that browsers trust, with their subordinates, are some 20 MB.
const MAX_CERTIFICATE_BYTES: u64 = 64 * 1024 * 1024;

/// All the certificates of a file. One that cannot be read is named on standard error, if there is another.
pub(super) fn certificates(path: &Path) -> Result<Vec<(Certificate, CertificateForm)>, InputError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(InputError::read(path))?;
    file.take(MAX_CERTIFICATE_BYTES + 1).read_to_end(&mut bytes).map_err(InputError::read(path))?;
    if bytes.len() as u64 > MAX_CERTIFICATE_BYTES {
        return Err(InputError::Certificates(path.to_owned()));
    }
    let (read, is_alone) = if pem::is_der(&bytes) {
        (vec![Certificate::from_der(&bytes).map_err(CertificateError::from)], None)
    } else {
        let text = String::from_utf8_lossy(&bytes);
        (each_of_pem(&text), Some(text.matches("-----BEGIN ").count() == 1))
    };
    let form = |nth| match is_alone {
        None => CertificateForm::Der,
        Some(true) => CertificateForm::Pem,
        Some(false) => CertificateForm::PemOf(nth),
    };
    let mut certificates = Vec::new();
    let mut failed = Vec::new();
    for (at, read) in read.into_iter().enumerate() {
        match read {
            Ok(certificate) => certificates.push((certificate, form(at + 1))),
            Err(error) => failed.push((at + 1, error)),
        }
    }
    if certificates.is_empty()
        && let Some((_, error)) = failed.pop()
    {
        return Err(InputError::Certificate { path: path.to_owned(), error });
    }
    for (nth, error) in &failed {
        note(&format!("certificate {nth} of {} is skipped: {}", path.display(), chain(error)));
    }
    Ok(certificates)
}

fn each_of_pem(text: &str) -> Vec<Result<Certificate, CertificateError>> {
    let begun: Vec<_> = text.match_indices("-----BEGIN CERTIFICATE-----").collect();
    if begun.is_empty() {
        // It says what is missing.
        return vec![Certificate::from_pem(text)];
    }
    begun.into_iter().map(|(at, _)| Certificate::from_pem(&text[at..])).collect()
}

/// What one argument, or one file of a folder, names.
pub(super) enum Source {
    /// DER in a regular file, which is read in pieces.
    File(PathBuf),
    /// What was read already, and its place.
    Bytes { location: CrlLocation, bytes: Vec<u8> },
    /// A CRL in PEM whose base64 or end is damaged, and its place.
    Damaged { location: CrlLocation },
}

impl Source {
    pub(super) fn name(&self) -> String {
        match self.location() {
            CrlLocation::Text { name, .. } | CrlLocation::File(name) => name,
            CrlLocation::Bucket { bucket, key } => format!("s3://{bucket}/{key}"),
        }
    }

    pub(super) fn location(&self) -> CrlLocation {
        match self {
            Self::Bytes { location, .. } | Self::Damaged { location } => location.clone(),
            Self::File(path) => CrlLocation::File(path.display().to_string()),
        }
    }
}

/// A source, or its name and why it cannot be read.
pub(super) type Found = Result<Source, (String, InputError)>;

/// The CRLs that the arguments name: `-` is standard input, a folder is the CRLs in it and in its
/// subfolders, without the files of issuers, `http://` and `s3://` are fetched, and patterns that no shell has
/// expanded are expanded here.
pub(super) fn sources(arguments: &[PathBuf], issuers: &[PathBuf]) -> Vec<Found> {
    let mut sources = Vec::new();
    for argument in arguments {
        let is_there = argument.exists() || remote::is_remote(&argument.to_string_lossy());
        let mut paths = if is_there { Vec::new() } else { pattern::expanded(argument) };
        if paths.is_empty() {
            paths.push(argument.clone());
        }
        for path in &paths {
            if path.is_dir() {
                of_folder(path, issuers, &mut sources);
            } else {
                sources.extend(of_one(path, &path.display().to_string()));
            }
        }
    }
    sources
}

fn of_folder(path: &Path, issuers: &[PathBuf], sources: &mut Vec<Found>) {
    let Folder { crls, skipped, failed } = Folder::read(path, issuers);
    for file in &skipped {
        note(&format!("{} is skipped: it is no CRL", file.display()));
    }
    if crls.is_empty() && failed.is_empty() {
        let name = path.display().to_string();
        sources.push(Err((name, InputError::NoCrls(path.to_owned()))));
    }
    sources.extend(crls.iter().flat_map(|file| of_one(file, &file.display().to_string())));
    sources.extend(failed.into_iter().map(|(folder, error)| {
        Err((folder.display().to_string(), InputError::Read { path: folder, error }))
    }));
}

/// On standard error. Nothing depends on it.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "vigil: {}", plain(text));
}

/// The one CRL that the argument names, in any form.
pub(super) fn source(path: &Path) -> Result<Source, InputError> {
    let mut sources = of_one(path, &path.display().to_string());
    match (sources.pop(), sources.is_empty()) {
        (Some(one), true) => one.map_err(|(_, error)| error),
        _ => Err(InputError::Several(path.to_owned())),
    }
}

fn of_one(path: &Path, name: &str) -> Vec<Found> {
    let mut sources = Vec::new();
    let read = if name == "-" {
        stdin(path).map(|bytes| decoded(name, bytes, &mut sources))
    } else if remote::is_remote(name) {
        let failed = |error| InputError::Remote { url: name.to_owned(), error: Box::new(error) };
        // Relying parties fetch DER (RFC 5280 §4.2.1.13), and decode nothing.
        remote::read(name)
            .map_err(failed)
            .map(|bytes| sources.push(Source::Bytes { location: file(name), bytes }))
    } else {
        from_file(path, &mut sources)
    };
    match read {
        Ok(()) => sources.into_iter().map(Ok).collect(),
        Err(error) => vec![Err((name.to_owned(), error))],
    }
}

fn stdin(path: &Path) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    let stdin = io::stdin().lock().take(MAX_CRL_BYTES + 1);
    { stdin }.read_to_end(&mut bytes).map_err(InputError::read(path))?;
    Ok(bytes)
}

fn from_file(path: &Path, sources: &mut Vec<Source>) -> Result<(), InputError> {
    let failed = InputError::read(path);
    // Before it is opened: a named pipe that has no writer lets its reader wait.
    let metadata = fs::metadata(path).map_err(&failed)?;
    if !metadata.is_file() {
        return Err(InputError::NotAFile(path.to_owned()));
    }
    let mut beginning = Vec::new();
    let file = File::open(path).map_err(&failed)?;
    file.take(32).read_to_end(&mut beginning).map_err(&failed)?;
    let is_der = beginning.is_empty() || pem::is_der(&beginning);
    if is_der || metadata.len() > MAX_CRL_BYTES {
        sources.push(Source::File(path.to_owned()));
        return Ok(());
    }
    decoded(&path.display().to_string(), fs::read(path).map_err(&failed)?, sources);
    Ok(())
}

/// PEM may hold several CRLs, and have other text and blocks around them (RFC 7468 §2). What is neither
/// PEM nor base64 is left as it is, and judged so.
fn decoded(name: &str, bytes: Vec<u8>, sources: &mut Vec<Source>) {
    // Of standard input, what the commands of findings read is to be saved first.
    let path = if name == "-" { "CRL.txt" } else { name };
    let at = |name: String, form| CrlLocation::Text { name, path: path.to_owned(), form };
    let of = |name: String, form: TextForm, nth: usize, crl: Option<Vec<u8>>| match crl {
        Some(bytes) => Source::Bytes { location: at(name, form), bytes },
        None => Source::Damaged { location: at(name, TextForm::DamagedOf(nth)) },
    };
    match Foreign::of(&bytes[..bytes.len().min(512)]) {
        // A page about CRLs may show one.
        Some(Foreign::Html | Foreign::Json) => {}
        _ if !pem::is_der(&bytes) && pem::has_pem_crl(&bytes) => {
            let mut crls = pem::pem_crls(&String::from_utf8_lossy(&bytes));
            if crls.len() == 1 {
                sources.push(of(name.to_owned(), TextForm::Pem, 1, crls.remove(0)));
            } else {
                for (crl, nth) in crls.into_iter().zip(1..) {
                    sources.push(of(format!("{name}#{nth}"), TextForm::PemOf(nth), nth, crl));
                }
            }
            return;
        }
        Some(Foreign::Base64) => {
            if let Some(crl) = pem::base64(&String::from_utf8_lossy(&bytes)) {
                let location = at(name.to_owned(), TextForm::Base64);
                sources.push(Source::Bytes { location, bytes: crl });
                return;
            }
        }
        _ => {}
    }
    sources.push(Source::Bytes { location: file(name), bytes });
}

/// DER, or what is judged as if it were.
fn file(name: &str) -> CrlLocation {
    CrlLocation::File(name.to_owned())
}
