//! Whether a request is signed by who it says it is (AWS Signature Version 4).
//!
//! The canonical request is put together from the request as it arrived, after "Create a signed
//! AWS API request" in the IAM user guide; the key and the signature are the SDK's own.

mod authorization;

use std::{collections::BTreeMap, fmt, time::SystemTime};

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use http::{HeaderMap, request::Parts};
use time::{Duration, OffsetDateTime, PrimitiveDateTime, macros::format_description};

use crate::{model::error::ApiError, x509::moment::in_utc};
use authorization::Authorization;

const SERVICE: &str = "acm-pca";
const TARGET: &str = "x-amz-target";
/// A signature is good for five minutes before and after its time.
const MAX_SKEW: Duration = Duration::minutes(5);

/// The secret of every access key, or of each its own. `Debug` shows none of them.
#[derive(Clone)]
pub enum Secrets {
    /// A secret for each access key id.
    OfEach(BTreeMap<String, String>),
    /// One secret for every access key id.
    OfAll(String),
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfEach(secrets) => write!(f, "Secrets of {} access keys", secrets.len()),
            Self::OfAll(_) => f.write_str("Secrets(one for all access keys)"),
        }
    }
}

impl Secrets {
    fn of(&self, access_key_id: &str) -> Option<&str> {
        match self {
            Self::OfEach(secrets) => secrets.get(access_key_id).map(String::as_str),
            Self::OfAll(secret) => Some(secret),
        }
    }

    /// Refuses a request that is not signed, not signed completely, not signed by a known key, not
    /// signed correctly or not signed about now.
    pub(crate) fn verify(
        &self,
        parts: &Parts,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<(), ApiError> {
        let header = parts.headers.get("authorization").ok_or_else(|| {
            ApiError::refused(
                "MissingAuthenticationTokenException",
                "Request is missing Authentication Token",
            )
        })?;
        let date = parts.headers.get("x-amz-date").and_then(|date| date.to_str().ok());
        let authorization = Authorization::parse(header.to_str().unwrap_or_default(), date)?;
        let secret = self.of(authorization.access_key_id).ok_or_else(|| {
            ApiError::refused(
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            )
        })?;
        check_signed_headers(&authorization, &parts.headers)?;
        check_scope(&authorization)?;
        let signed_at = parse_date(authorization.date)?;
        check_age(authorization.date, signed_at, now)?;
        let text = string_to_sign(parts, body, &authorization)?;
        let key = generate_signing_key(
            secret,
            SystemTime::from(signed_at),
            authorization.region,
            authorization.service,
        );
        let want = calculate_signature(key, text.as_bytes());
        verify_slices_are_equal(want.as_bytes(), authorization.signature.as_bytes()).map_err(|_| {
            ApiError::refused(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details.",
            )
        })
    }
}

/// "At a minimum, you must include the host header (HTTP/1.1) or the :authority header (HTTP/2), and
/// any x-amz-* headers in the signature" (IAM user guide, "Create a signed AWS API request"): of
/// these the operation's name must not be open to others. The words for the host are AWS's
/// (aws/aws-sdk-php#2469), those for the other are made alike.
fn check_signed_headers(
    authorization: &Authorization<'_>,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let is_signed = |name: &str| {
        authorization.signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name))
    };
    let missing = if !is_signed("host") && !is_signed(":authority") {
        "'Host' or ':authority'"
    } else if headers.contains_key(TARGET) && !is_signed(TARGET) {
        "'X-Amz-Target'"
    } else {
        return Ok(());
    };
    let why = format!("{missing} must be a 'SignedHeader' in the AWS Authorization.");
    Err(ApiError::refused("InvalidSignatureException", why))
}

fn check_scope(authorization: &Authorization<'_>) -> Result<(), ApiError> {
    let invalid = |message: String| Err(ApiError::refused("InvalidSignatureException", message));
    if authorization.service != SERVICE {
        return invalid(format!("Credential should be scoped to correct service: '{SERVICE}'."));
    }
    if authorization.terminator != "aws4_request" {
        return invalid(
            "Credential should be scoped with a valid terminator: 'aws4_request'.".to_owned(),
        );
    }
    if !authorization.date.starts_with(authorization.day) {
        return invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
             HTTP: '{}' != '{}'.",
            authorization.day,
            authorization.date.get(..8).unwrap_or_default()
        ));
    }
    Ok(())
}

fn check_age(date: &str, signed_at: OffsetDateTime, now: OffsetDateTime) -> Result<(), ApiError> {
    let instant = |at: OffsetDateTime| {
        in_utc(at)
            .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
            .unwrap_or_default()
    };
    let (oldest, newest) = (now - MAX_SKEW, now + MAX_SKEW);
    if signed_at < oldest {
        return Err(ApiError::refused(
            "InvalidSignatureException",
            format!(
                "Signature expired: {date} is now earlier than {} ({} - 5 min.)",
                instant(oldest),
                instant(now)
            ),
        ));
    }
    if signed_at > newest {
        return Err(ApiError::refused(
            "InvalidSignatureException",
            format!(
                "Signature not yet current: {date} is still later than {} ({} + 5 min.)",
                instant(newest),
                instant(now)
            ),
        ));
    }
    Ok(())
}

fn parse_date(date: &str) -> Result<OffsetDateTime, ApiError> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    PrimitiveDateTime::parse(date, format).map(PrimitiveDateTime::assume_utc).map_err(|_| {
        ApiError::refused(
            "IncompleteSignatureException",
            format!("Date must be in ISO-8601 'basic format'. Got '{date}'."),
        )
    })
}

fn string_to_sign(
    parts: &Parts,
    body: &[u8],
    authorization: &Authorization<'_>,
) -> Result<String, ApiError> {
    let canonical = canonical_request(parts, body, authorization)?;
    let Authorization { date, day, region, service, terminator, .. } = authorization;
    Ok(format!(
        "AWS4-HMAC-SHA256\n{date}\n{day}/{region}/{service}/{terminator}\n{}",
        sha256(canonical.as_bytes())
    ))
}

fn canonical_request(
    parts: &Parts,
    body: &[u8],
    authorization: &Authorization<'_>,
) -> Result<String, ApiError> {
    let mut query: Vec<&str> =
        parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let mut headers = String::new();
    for name in authorization.signed_headers.split(';') {
        let value = signed_value(&parts.headers, name)
            .or_else(|| {
                // A request that never went over a socket has its host in the URI only.
                let authority = parts.uri.authority().filter(|_| name == "host")?;
                Some(authority.as_str().to_owned())
            })
            .ok_or_else(|| {
                ApiError::refused(
                    "InvalidSignatureException",
                    format!(
                        "'{name}' is named in SignedHeaders and is not a header of the request."
                    ),
                )
            })?;
        headers.push_str(&format!("{name}:{value}\n"));
    }
    Ok(format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        parts.method,
        parts.uri.path(),
        query.join("&"),
        authorization.signed_headers,
        sha256(body)
    ))
}

/// All values of one name, each without the white space around and between its words.
fn signed_value(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    hex::encode(digest)
}

#[cfg(test)]
mod tests;
