//! A certificate is only revoked for who finds the CRL where the certificate says it is.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::{CrlSubject, Named, ScannedCertificates};
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.distribution-points",
    holds: "The CRL, or a partition of it, is where each valid certificate says. Every certificate of the \
            CA's newest audit report is looked at, the newest first, some each hour; each run's report \
            says how many are left (`certificates`).",
    cites: "RFC 5280 §4.2.1.13, §5.2.5; AWS Private CA User Guide, Set up a CRL (partitioned CRLs; \
            changing the bucket)",
    finds: &[("elsewhere", Severity::High)],
    remedy: "Have the service write the CRL there again, or have the certificates issued anew.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Elsewhere {
        count: usize,
        first_urls: Vec<&'a str>,
        /// The last moment at which one of the certificates is valid.
        #[serde(with = "time::serde::rfc3339")]
        valid_until: OffsetDateTime,
        /// There may be more of them among those that were not.
        scanned: Option<&'a ScannedCertificates>,
    },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Elsewhere { count, first_urls, .. } = self;
        let url = first_urls.first().copied().unwrap_or_default();
        let url: String = url.chars().take(80).collect();
        write!(f, "Valid certificates name {count} place(s) where no CRL of the CA's is: {url}")
    }
}

const SHOWN: usize = 10;

/// What was bound to a partition stays bound to it, and what was issued while another bucket or host
/// name was configured goes on naming that one.
fn check(subject: &CrlSubject) -> Verdict {
    let Named { points, places, scanned } = match &subject.named {
        Ok(named) => named,
        Err(reason) => return Verdict::unknown(reason),
    };
    let wrong: Vec<_> = points
        .iter()
        .filter(|(url, until)| **until >= subject.as_of && !places.contains(*url))
        .collect();
    let Some(valid_until) = wrong.iter().map(|(_, until)| **until).max() else {
        return Verdict::Pass;
    };
    let first_urls = wrong.iter().take(SHOWN).map(|(url, _)| url.as_str()).collect();
    let scanned = scanned.as_ref();
    let count = wrong.len();
    let detail = Detail::Elsewhere { count, first_urls, valid_until, scanned };
    let remedy = match &subject.ca {
        Some(ca) => format!(
            "If the CA went back from partitions to one CRL, or its bucket or CNAME was changed, \
             change it back (aws acm-pca update-certificate-authority --certificate-authority-arn \
             {} --revocation-configuration) until the last of these certificates has expired, or \
             have them issued anew. {}",
            ca.arn,
            subject.republish()
        ),
        None => subject.republish(),
    };
    let remedy = match scanned {
        Some(scanned) => format!("{remedy} There may be more: {scanned}."),
        None => remedy,
    };
    Some(Observation::new(Severity::High, &detail).remedy(remedy)).into()
}
