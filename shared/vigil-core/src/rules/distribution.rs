//! The rules for what a relying party gets where certificates send it for the CRL.

use time::OffsetDateTime;

use super::{Rule, Verdict, crl::CrlState};
use crate::{
    crl::CrlFacts,
    distribution::{Download, Headers},
};

mod caching;
mod content;
mod content_type;
mod reachable;

#[cfg(test)]
mod tests;

pub const RULES: &[Rule<DistributionSubject>] =
    &[reachable::RULE, content::RULE, content_type::RULE, caching::RULE];

/// The CRL in its bucket, and the CRL that was downloaded.
#[derive(Clone, Debug)]
pub struct DistributionSubject {
    /// As certificates name it.
    pub url: String,
    pub bucket: String,
    /// What the bucket holds.
    pub held: CrlFacts,
    pub held_sha256: Vec<u8>,
    pub download: Download,
    /// What was downloaded, read and verified; `NotChecked` if nothing was.
    pub got: CrlState,
    pub got_sha256: Vec<u8>,
    pub as_of: OffsetDateTime,
}

impl DistributionSubject {
    fn headers(&self) -> Result<&Headers, Verdict> {
        let headers = self.download.result.as_ref();
        headers.map_err(|error| Verdict::not_applicable(format!("nothing came: {error}")))
    }

    /// How to see what it sees.
    fn look(&self) -> String {
        format!("curl -sSL --max-redirs 3 -D - -o crl.der '{}'", self.url)
    }
}
