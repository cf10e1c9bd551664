//! The object's metadata lets HTTP clients use the CRL as it is.

use super::CrlSubject;
use crate::{
    distribution::{Headers, ObjectMetadata},
    finding::{Kind, Observation, RuleInfo, Severity},
    instant::rfc3339,
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.object-metadata",
        holds: "S3 serves the CRL as application/pkix-crl, without Content-Encoding, without a redirect, and \
                not for longer than it is valid.",
        cites: "RFC 2585 §4.2; RFC 9110 §8.4; RFC 9111 §4.2.1; Amazon S3 User Guide, Working with object \
                metadata",
        kinds: &[CACHED_TOO_LONG, CONTENT_ENCODING, CONTENT_TYPE, WEBSITE_REDIRECT],
    },
    check,
};

const CONTENT_TYPE: Kind = Kind {
    id: "content-type",
    severity: Severity::Low,
    title: "S3 serves the CRL of {ca} as {content_type}",
    what_happened: "The Content-Type of {object} is {content_type}, not application/pkix-crl. Checked at \
                    {as_of}.",
    impact: "Most clients ignore the media type. Those that check it do not use the CRL. A copy that another \
             program made often loses the type.",
    what_to_do: "Find out who wrote the object. ACM PCA replaces it with the next CRL. Show the metadata:",
    first_command: SHOW,
};

const CONTENT_ENCODING: Kind = Kind {
    id: "content-encoding",
    severity: Severity::Medium,
    title: "S3 serves the CRL of {ca} with Content-Encoding {content_encoding}",
    what_happened: "{object} is a CRL and has the metadata Content-Encoding: {content_encoding}. Checked at \
                    {as_of}.",
    impact: "HTTP clients decode what they download. They fail, or get something that is not the CRL.",
    ..CONTENT_TYPE
};

const WEBSITE_REDIRECT: Kind = Kind {
    id: "website-redirect",
    severity: Severity::Medium,
    title: "The CRL object of {ca} redirects to {location}",
    what_happened: "{object} has a website redirect to {location}. Checked at {as_of}.",
    impact: "Clients of the bucket's website endpoint are sent there instead of getting the CRL.",
    ..CONTENT_TYPE
};

const CACHED_TOO_LONG: Kind = Kind {
    id: "cached-too-long",
    severity: Severity::Low,
    title: "Caches may serve the CRL of {ca} after it has expired",
    what_happened: "The metadata of {object} lets caches serve it until {fresh_until}, if they get it now. The \
                    CRL expires at {next_update}. Checked at {as_of}.",
    impact: "From {next_update} on, relying parties behind a cache may get an expired CRL. Those that \
             require a fresh one refuse every certificate of {ca}.",
    ..CONTENT_TYPE
};

const SHOW: &str = "aws s3api head-object --bucket {bucket} --key {key}";

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let Some(metadata) = &subject.metadata else {
        return Err(NotJudged::not_applicable("the CRL was not read from a bucket"));
    };
    let mut seen = Vec::new();
    let content_type = metadata.content_type.as_deref().unwrap_or("no type");
    if !is_of_a_crl(content_type) {
        seen.push(Observation::new(CONTENT_TYPE).with("content_type", content_type));
    }
    let encoding = metadata.content_encoding.as_deref().and_then(coding);
    if let Some(encoding) = encoding {
        seen.push(Observation::new(CONTENT_ENCODING).with("content_encoding", encoding));
    }
    if let Some(location) = &metadata.website_redirect {
        seen.push(Observation::new(WEBSITE_REDIRECT).with("location", location.as_str()));
    }
    let fresh_until = headers(metadata).fresh_until(subject.as_of);
    if let (Some(fresh_until), Some(next_update)) = (fresh_until, facts.next_update)
        // crl.next-update reports a CRL that has expired.
        && subject.as_of < next_update
        && next_update < fresh_until
    {
        seen.push(
            Observation::new(CACHED_TOO_LONG)
                .with("fresh_until", rfc3339(fresh_until))
                .with("next_update", rfc3339(next_update)),
        );
    }
    Ok(seen)
}

/// `application/octet-stream` says nothing, and AWS does not document which type ACM PCA sets.
/// `binary/octet-stream` is what S3 takes where a writer sets none.
fn is_of_a_crl(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    ["application/pkix-crl", "application/x-pkcs7-crl", "application/octet-stream"]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
}

/// What a client has to decode. `aws-chunked` is of the upload alone, and S3 keeps it from some SDKs.
fn coding(value: &str) -> Option<&str> {
    let codings = value.split(',').map(str::trim);
    let to_decode = |coding: &&str| {
        !["", "aws-chunked", "identity"].iter().any(|none| coding.eq_ignore_ascii_case(none))
    };
    codings.into_iter().find(to_decode)
}

fn headers(metadata: &ObjectMetadata) -> Headers {
    Headers {
        cache_control: metadata.cache_control.clone(),
        expires: metadata.expires.clone(),
        ..Headers::default()
    }
}
