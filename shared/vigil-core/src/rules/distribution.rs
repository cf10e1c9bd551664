//! The rules for what a relying party downloads from the URL that certificates name.

use time::OffsetDateTime;

use super::{NotJudged, Rule, Subject, crl::CrlState};
use crate::{
    ca::Ca,
    crl::CrlFacts,
    distribution::{Download, Headers},
    finding::Names,
};

/// What a relying party sees: the beginning of a longer text.
macro_rules! download {
    () => {
        "curl -sSL --max-redirs 3 -D - -o crl.der {url}"
    };
}

mod caching;
mod content;
mod content_type;
mod reachable;

#[cfg(test)]
mod tests;

/// In the order in which an operator would look.
pub const RULES: &[Rule<DistributionSubject>] =
    &[reachable::RULE, content::RULE, content_type::RULE, caching::RULE];

/// What a relying party sees.
const DOWNLOAD: &str = download!();

/// The CRL in its bucket, and the CRL that was downloaded.
#[derive(Clone, Debug)]
pub struct DistributionSubject {
    /// The CA whose CRL it is, if it is known.
    pub ca: Option<Ca>,
    /// The distribution point, as certificates name it.
    pub url: String,
    /// The bucket that holds the CRL.
    pub bucket: String,
    /// The CRL in the bucket.
    pub held: CrlFacts,
    /// Of the object in the bucket.
    pub held_sha256: Vec<u8>,
    /// How the download went.
    pub download: Download,
    /// What was downloaded, read and verified; `NotChecked` if nothing was.
    pub got: CrlState,
    /// Of what was downloaded.
    pub got_sha256: Vec<u8>,
    /// The present time.
    pub as_of: OffsetDateTime,
}

impl DistributionSubject {
    fn headers(&self) -> Result<&Headers, NotJudged> {
        let headers = self.download.result.as_ref();
        headers.map_err(|error| NotJudged::not_applicable(format!("the download failed: {error}")))
    }
}

impl Subject for DistributionSubject {
    fn names(&self) -> Names {
        let names = Names::new(&*self.url).with("url", &*self.url).with("bucket", &*self.bucket);
        match &self.ca {
            Some(ca) => names.of_ca(&ca.arn, ca.common_name.as_deref()),
            None => names.with("ca", "this CA"),
        }
    }
}
