//! The certificates of `--issuer`, and how the commands of findings read each from where it stands.

use std::path::PathBuf;

use time::OffsetDateTime;
use vigil_core::{
    certificate::Certificate,
    rules::{JudgementResult, RuleJudgement},
};

use super::{
    input::{self, InputError},
    walk,
};

/// In the order in which they are tried.
pub(super) struct Issuers {
    pub(super) certificates: Vec<Certificate>,
    /// Of each, the command that writes it to standard output in PEM.
    readers: Vec<String>,
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
