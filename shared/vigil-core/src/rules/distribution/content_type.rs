//! The CRL is served under the media type that clients know it by.

use super::DistributionSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<DistributionSubject> = Rule {
    info: RuleInfo {
        id: "distribution.content-type",
        holds: "The CRL is served as application/pkix-crl.",
        cites: "RFC 5280 §4.2.1.13; RFC 2585 §4.2",
        kinds: &[ANOTHER],
    },
    check,
};

const ANOTHER: Kind = Kind {
    id: "another",
    severity: Severity::Low,
    title: "The CRL of {ca} is served as {content_type}",
    what_happened: "{url} serves the CRL as {content_type}, not as application/pkix-crl. Checked at {as_of}.",
    impact: "Most clients ignore the media type. Those that check it do not use the CRL.",
    what_to_do: "Set the header Content-Type: application/pkix-crl at the distribution. Show what is sent now:",
    first_command: super::DOWNLOAD,
};

/// A server that sends no media type leaves it to the client.
fn check(subject: &DistributionSubject) -> RuleAnswer {
    let Some(content_type) = subject.headers()?.content_type.as_deref() else {
        return Err(NotJudged::not_applicable("no Content-Type was sent"));
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    // S3 and ACM PCA give these to objects without a type of their own.
    let unnamed = ["application/octet-stream", "binary/octet-stream"];
    let known = ["application/pkix-crl", "application/x-pkcs7-crl"];
    if known.iter().chain(&unnamed).any(|known| media_type.eq_ignore_ascii_case(known)) {
        return Ok(Vec::new());
    }
    let seen = Observation::new(ANOTHER).with("content_type", content_type);
    Ok(vec![seen.with("url", &*subject.url)])
}
