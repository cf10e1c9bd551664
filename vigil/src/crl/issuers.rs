//! The certificates of `--issuer`, and how the commands of findings read each from where it stands.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use vigil_core::{
    certificate::Certificate,
    rules::{JudgementResult, RuleJudgement},
};

use super::{
    input::{self, InputError},
    walk,
};
use crate::output::plain;

/// In the order in which they are tried.
pub(super) struct Issuers {
    pub(super) certificates: Vec<Certificate>,
    /// Of each, the command that writes it to standard output in PEM.
    readers: Vec<String>,
}

/// How a certificate stands in its file.
#[derive(Clone, Copy)]
pub(super) enum CertificateForm {
    Der,
    /// As the only block in PEM.
    Pem,
    /// As this certificate in PEM, counted from one, beside other blocks.
    PemOf(usize),
}

impl Issuers {
    pub(super) fn read(paths: &[PathBuf], as_of: OffsetDateTime) -> Result<Self, InputError> {
        let mut all = Vec::new();
        for path in paths {
            let read = input::certificates(path)?.into_iter();
            all.extend(read.map(|(certificate, form)| (certificate, form.reader(path))));
        }
        walk::sort_issuers(&mut all, as_of);
        let (certificates, readers) = all.into_iter().unzip();
        Ok(Self { certificates, readers })
    }

    /// The commands of a CRL's findings read the certificate that it was judged by.
    pub(super) fn name(&self, issuer: Option<&Certificate>, judgements: &mut [RuleJudgement]) {
        let place = self.certificates.iter().position(|one| Some(one) == issuer);
        let Some(reader) = place.and_then(|place| self.readers.get(place)) else { return };
        for judgement in judgements {
            if let JudgementResult::Findings { findings } = &mut judgement.result {
                for finding in findings {
                    finding.what_to_do = finding.what_to_do.replace("cat ISSUER.pem", reader);
                }
            }
        }
    }
}

impl CertificateForm {
    fn reader(self, path: &Path) -> String {
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
