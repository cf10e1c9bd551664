//! Whoever holds a certificate must be able to fetch the CRL that it names.

use std::fmt;

use serde::Serialize;

use super::DistributionSubject;
use crate::{
    distribution::DownloadError,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    id: "distribution.reachable",
    holds: "The CRL can be fetched by plain HTTP where certificates say it is.",
    cites: "RFC 5280 §4.2.1.13, §8; AWS Private CA User Guide, Set up a CRL",
    finds: &[
        ("forbidden-address", Severity::High),
        ("not-http", Severity::High),
        ("refused", Severity::High),
        ("too-large", Severity::High),
        ("too-many-redirects", Severity::High),
        ("unreachable", Severity::High),
    ],
    remedy: "Let the distribution (or the bucket) serve the CRL to everybody by plain HTTP.",
    check,
};

#[derive(Serialize)]
struct Detail<'a> {
    kind: &'static str,
    url: &'a str,
    redirects: &'a [String],
    why: String,
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why: String = self.why.chars().take(110).collect();
        write!(f, "Nobody can fetch the CRL by HTTP: {why}")
    }
}

fn check(subject: &DistributionSubject) -> Verdict {
    let Err(error) = &subject.download.result else { return Verdict::Pass };
    let kind = match error {
        DownloadError::ForbiddenAddress { .. } => "forbidden-address",
        DownloadError::NotHttp { .. } => "not-http",
        DownloadError::Status { .. } => "refused",
        DownloadError::TooLarge { .. } => "too-large",
        DownloadError::TooManyRedirects { .. } => "too-many-redirects",
        DownloadError::BadUrl { .. }
        | DownloadError::TimedOut { .. }
        | DownloadError::Unreachable { .. } => "unreachable",
    };
    let redirects = &subject.download.redirects;
    let detail = Detail { kind, url: &subject.url, redirects, why: error.to_string() };
    let remedy = match error {
        DownloadError::Status { status: 401 | 403 } => format!(
            "Serve it through CloudFront with access to the bucket (origin access control) and set \
             CustomCname to the distribution's name, or let the bucket's policy grant s3:GetObject \
             on the CRL to everybody: aws s3api get-bucket-policy --bucket {}. Then: {}",
            subject.bucket,
            subject.look()
        ),
        DownloadError::NotHttp { .. } => format!(
            "Serve the CRL by http, without a redirect to https: a client that needs the CRL to \
             trust TLS cannot fetch it over TLS (RFC 5280 §8). Then: {}",
            subject.look()
        ),
        _ => format!("Look at what clients get: {}", subject.look()),
    };
    Some(Observation::new(Severity::High, &detail).remedy(remedy)).into()
}
