//! The CRL is served under the media type that clients know it by.

use std::fmt;

use serde::Serialize;

use super::DistributionSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    id: "distribution.content-type",
    holds: "The CRL is served as application/pkix-crl.",
    cites: "RFC 5280 §4.2.1.13; RFC 2585 §4.2",
    finds: &[("another", Severity::Low)],
    remedy: "Serve the CRL with Content-Type application/pkix-crl.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Another { content_type: &'a str, url: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Another { content_type, .. } = self;
        let shown: String = content_type.chars().take(60).collect();
        write!(f, "The CRL is served as {shown:?}, not as application/pkix-crl")
    }
}

/// Most clients do not look; some do. A server that says nothing leaves it to the client.
fn check(subject: &DistributionSubject) -> Verdict {
    let headers = match subject.headers() {
        Ok(headers) => headers,
        Err(verdict) => return verdict,
    };
    let Some(content_type) = headers.content_type.as_deref() else {
        return Verdict::not_applicable("no Content-Type was sent");
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    // What S3 and the service give to objects without a type of their own.
    let unnamed = ["application/octet-stream", "binary/octet-stream"];
    let known = ["application/pkix-crl", "application/x-pkcs7-crl"];
    if known.iter().chain(&unnamed).any(|known| media_type.eq_ignore_ascii_case(known)) {
        return Verdict::Pass;
    }
    let remedy = format!("Set the header at the distribution, then: {}", subject.look());
    let detail = Detail::Another { content_type, url: &subject.url };
    Some(Observation::new(Severity::Low, &detail).remedy(remedy)).into()
}
