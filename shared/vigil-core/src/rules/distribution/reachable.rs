//! Relying parties must be able to download the CRL that a certificate names.

use super::DistributionSubject;
use crate::{
    distribution::{DownloadError, Headers},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    info: RuleInfo {
        id: "distribution.reachable",
        holds: "The CRL can be downloaded by plain HTTP from the URL that certificates name.",
        cites: "RFC 5280 §4.2.1.13, §8; AWS Private CA User Guide, Set up a CRL",
        kinds: &[
            ENCODED,
            FORBIDDEN_ADDRESS,
            NOT_HTTP,
            REFUSED,
            TOO_LARGE,
            TOO_MANY_REDIRECTS,
            UNREACHABLE,
        ],
    },
    check,
};

const FORBIDDEN_ADDRESS: Kind = Kind {
    id: "forbidden-address",
    severity: Severity::High,
    title: "The CRL URL of {ca} resolves to an address that is not public",
    what_happened: "Vigil did not download {url}: {why}. Checked at {as_of}.",
    impact: "Relying parties outside of your network cannot download the CRL. Those that require one refuse every \
             certificate of {ca}; others accept revoked ones.",
    what_to_do: "Correct the DNS record of the host that the URL names. Show what clients get:",
    first_command: super::DOWNLOAD,
};

const ENCODED: Kind = Kind {
    id: "encoded",
    severity: Severity::Medium,
    title: "The CRL URL of {ca} serves the CRL with a Content-Encoding",
    what_happened: "Vigil asked {url} for the CRL as it is: {why}. Checked at {as_of}.",
    impact: "Clients that do not decode it take what they get for a broken CRL. Those that require a CRL then \
             refuse every certificate of {ca}.",
    what_to_do: "Switch compression off for CRLs at the distribution, and remove Content-Encoding from the \
                 object. Show what clients get:",
    ..FORBIDDEN_ADDRESS
};

const NOT_HTTP: Kind = Kind {
    id: "not-http",
    title: "The CRL URL of {ca} is redirected away from plain HTTP",
    what_happened: "{url} cannot be downloaded by plain HTTP: {why}. Checked at {as_of}.",
    impact: UNAVAILABLE,
    what_to_do: "Serve the CRL by http, without a redirect to https. A client that needs the CRL to trust TLS \
                 cannot download it by TLS (RFC 5280 §8). Show what clients get:",
    ..FORBIDDEN_ADDRESS
};

const REFUSED: Kind = Kind {
    id: "refused",
    title: "The CRL URL of {ca} answers with an error",
    what_happened: "{url} does not serve the CRL: {why}. Checked at {as_of}.",
    impact: UNAVAILABLE,
    what_to_do: "For 401 and 403: serve bucket {bucket} through CloudFront with origin access control, and set \
                 CustomCname to the distribution's name. Or let the bucket policy grant s3:GetObject on the CRLs \
                 to anyone. For 404: check that the URL's host serves bucket {bucket}. Show what clients get:",
    ..FORBIDDEN_ADDRESS
};

const TOO_LARGE: Kind = Kind {
    id: "too-large",
    title: "The CRL URL of {ca} serves more than {limit} bytes",
    what_happened: "Vigil stopped downloading {url}: {why}. Checked at {as_of}.",
    impact: UNAVAILABLE,
    what_to_do: LOOK,
    ..FORBIDDEN_ADDRESS
};

const TOO_MANY_REDIRECTS: Kind = Kind {
    id: "too-many-redirects",
    title: "The CRL URL of {ca} redirects too often",
    what_happened: "Vigil stopped following {url}: {why}. Checked at {as_of}.",
    impact: UNAVAILABLE,
    what_to_do: LOOK,
    ..FORBIDDEN_ADDRESS
};

const UNREACHABLE: Kind = Kind {
    id: "unreachable",
    title: "The CRL of {ca} cannot be downloaded",
    what_happened: "{url} cannot be downloaded: {why}. Checked at {as_of}.",
    impact: UNAVAILABLE,
    what_to_do: LOOK,
    ..FORBIDDEN_ADDRESS
};

const UNAVAILABLE: &str = "Relying parties cannot download the CRL. Those that require one refuse every \
                           certificate of {ca}; others accept revoked ones.";
const LOOK: &str = "Check the DNS record, the distribution and its origin. Show what clients get:";

fn check(subject: &DistributionSubject) -> RuleAnswer {
    let error = match &subject.download.result {
        Err(error) => error,
        Ok(Headers { decoded: None, .. }) => return Ok(Vec::new()),
        // The other rules judge what was decoded.
        Ok(Headers { decoded: Some(coding), .. }) => {
            &DownloadError::Encoded { coding: coding.clone() }
        }
    };
    let kind = match error {
        DownloadError::Encoded { .. } | DownloadError::EncodedBadly { .. } => ENCODED,
        DownloadError::ForbiddenAddress { .. } => FORBIDDEN_ADDRESS,
        DownloadError::NotHttp { .. } => NOT_HTTP,
        DownloadError::Status { .. } => REFUSED,
        DownloadError::TooLarge { .. } => TOO_LARGE,
        DownloadError::TooManyRedirects { .. } => TOO_MANY_REDIRECTS,
        DownloadError::BadUrl { .. }
        | DownloadError::TimedOut { .. }
        | DownloadError::Unreachable { .. } => UNREACHABLE,
    };
    let seen = Observation::new(kind)
        .with("url", &*subject.url)
        .with("redirects", subject.download.redirects.as_slice())
        .with("why", error.to_string());
    let limit = match error {
        DownloadError::TooLarge { limit } => limit.to_string(),
        _ => String::new(),
    };
    Ok(vec![seen.name("limit", limit)])
}
