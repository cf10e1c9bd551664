//! How a certificate stands in a file, and the command that reads it from there.

use std::path::Path;

use crate::output::plain;

/// How a certificate stands in its file.
#[derive(Clone, Copy)]
pub(super) enum CertificateForm {
    Der,
    /// As the only block in PEM.
    Pem,
    /// As this certificate in PEM, counted from one, beside other blocks.
    PemOf(usize),
}

impl CertificateForm {
    /// The command that writes it to standard output.
    pub(super) fn reader(self, path: &Path) -> String {
        let word = word(path);
        match self {
            // What reads PEM is given PEM.
            Self::Der => format!("openssl x509 -inform DER -in {word}"),
            Self::Pem => format!("cat {word}"),
            // Programs take the first block of what they are given.
            Self::PemOf(nth) => {
                format!("awk '/-----BEGIN CERTIFICATE-----/{{n++}} n=={nth}' {word}")
            }
        }
    }
}

/// One word of a POSIX shell.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if path.chars().all(is_plain) {
        return path;
    }
    plain(&format!("'{}'", path.replace('\'', r"'\''")))
}
