//! The CRLs of a folder and of its subfolders.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use vigil_core::{
    crl::{CrlReader, Entry, Foreign},
    jobs::crl_audit::MAX_CRL_BYTES,
};

use super::pem;

/// What a folder has.
#[derive(Default)]
pub(super) struct Folder {
    pub(super) crls: Vec<PathBuf>,
    /// Files that are no CRLs by their names or by what they hold.
    pub(super) skipped: Vec<PathBuf>,
    /// Folders that could not be read.
    pub(super) failed: Vec<(PathBuf, io::Error)>,
}

impl Folder {
    /// `issuers` are files of certificates, whatever they are called.
    pub(super) fn read(folder: &Path, issuers: &[PathBuf]) -> Self {
        let issuers: Vec<_> = issuers.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let mut found = Self::default();
        found.walk(folder, &issuers);
        found.crls.sort();
        found.skipped.sort();
        found
    }

    fn walk(&mut self, folder: &Path, issuers: &[PathBuf]) {
        let failed = |error| (folder.to_owned(), error);
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.failed.push(failed(error)),
        };
        for entry in entries {
            // The kind of a link is not that of a folder: a link to a folder above has no end.
            match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
                Err(error) => self.failed.push(failed(error)),
                Ok((path, kind)) if kind.is_dir() => self.walk(&path, issuers),
                Ok((path, _)) => self.file(path, issuers),
            }
        }
    }

    fn file(&mut self, path: PathBuf, issuers: &[PathBuf]) {
        let is_issuer = path.canonicalize().is_ok_and(|path| issuers.contains(&path));
        if !is_issuer && is_crl(&path) { self.crls.push(path) } else { self.skipped.push(path) }
    }
}

/// RFC 2585 §3 names a CRL in DER `.crl`. Files of the other names often are keys and certificates.
fn is_crl(path: &Path) -> bool {
    let extension = path.extension().map(|name| name.to_string_lossy().to_ascii_lowercase());
    // A link that leads nowhere has the error of the CRL that is gone.
    let is_else = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    match extension.as_deref() {
        _ if is_else => false,
        Some("crl") => true,
        Some("der" | "pem") => holds_crl(path),
        _ => false,
    }
}

/// In DER, by the beginning of the file. One that cannot be read is a CRL: then its error is reported.
fn holds_crl(path: &Path) -> bool {
    const BEGINNING: u64 = 64 * 1024;
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.by_ref().take(BEGINNING).read_to_end(&mut bytes)?;
        // In PEM, a CRL may stand behind many certificates.
        if !pem::is_der(&bytes) {
            file.take(MAX_CRL_BYTES).read_to_end(&mut bytes)?;
        }
        Ok(())
    });
    if read.is_err() {
        return true;
    }
    let is_der = || CrlReader::without_hashing(|_: &Entry<'_>| {}).push(&bytes).is_ok();
    pem::has_pem_crl(&bytes) || begins_like_a_crl(&bytes) && is_der() || is_damaged_crl(&bytes)
}

/// A SEQUENCE in a SEQUENCE. A private key begins with a number.
fn begins_like_a_crl(bytes: &[u8]) -> bool {
    inside(bytes).is_some_and(|tbs| tbs.first() == Some(&0x30))
}

/// A CRL of version 2 in BER, or with a length that is wrong: version, and an algorithm. A certificate of
/// version 1 has its serial number there.
fn is_damaged_crl(bytes: &[u8]) -> bool {
    let tbs = inside(bytes).and_then(inside);
    tbs.is_some_and(|tbs| tbs.starts_with(&[2, 1, 1, 0x30])) && Foreign::of(bytes).is_none()
}

/// What a SEQUENCE begins with, whatever its length says.
fn inside(bytes: &[u8]) -> Option<&[u8]> {
    let [0x30, length, ..] = bytes else { return None };
    let header = if length & 0x80 == 0 { 2 } else { 2 + usize::from(length & 0x7f) };
    bytes.get(header..)
}
