//! The Authorization header of Signature Version 4, taken apart.

use crate::model::error::ApiError;

#[derive(Debug)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    /// `X-Amz-Date`, as it was sent.
    pub(super) date: &'a str,
    /// The day of the credential scope.
    pub(super) day: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    pub(super) terminator: &'a str,
    pub(super) signed_headers: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` and names everything
    /// that is missing.
    pub(super) fn parse(header: &'a str, date: Option<&'a str>) -> Result<Self, ApiError> {
        let Some(rest) = header.strip_prefix("AWS4-HMAC-SHA256 ") else {
            return incomplete(
                "Unsupported AWS 'algorithm': only AWS4-HMAC-SHA256 signatures are verified here.",
            );
        };
        let part = |name: &str| {
            rest.split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(found, value)| (found == name && !value.is_empty()).then_some(value))
        };
        let (credential, signed_headers, signature) =
            (part("Credential"), part("SignedHeaders"), part("Signature"));
        let mut missing = String::new();
        for (name, value) in [
            ("Credential", credential),
            ("Signature", signature),
            ("SignedHeaders", signed_headers),
        ] {
            if value.is_none() {
                missing.push_str(&format!("Authorization header requires '{name}' parameter. "));
            }
        }
        if date.is_none() {
            missing.push_str("Authorization header requires existence of an 'X-Amz-Date' header. ");
        }
        let (Some(credential), Some(signed_headers), Some(signature), Some(date)) =
            (credential, signed_headers, signature, date)
        else {
            return incomplete(missing.trim_end());
        };
        let scope: Vec<&str> = credential.split('/').collect();
        let [access_key_id, day, region, service, terminator] = scope[..] else {
            return incomplete(&format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{credential}'"
            ));
        };
        Ok(Self {
            access_key_id,
            date,
            day,
            region,
            service,
            terminator,
            signed_headers,
            signature,
        })
    }
}

fn incomplete<T>(message: &str) -> Result<T, ApiError> {
    Err(ApiError::refused("IncompleteSignatureException", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_found_with_and_without_spaces() {
        for separator in [", ", ","] {
            let header = [
                "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/acm-pca/aws4_request",
                "SignedHeaders=host;x-amz-date",
                "Signature=00",
            ]
            .join(separator);
            let parsed = Authorization::parse(&header, Some("20260101T000000Z")).unwrap();
            assert_eq!((parsed.access_key_id, parsed.region), ("AKID", "us-east-1"));
            assert_eq!((parsed.signed_headers, parsed.signature), ("host;x-amz-date", "00"));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for (header, want) in [
            ("Bearer x", "Unsupported AWS 'algorithm'"),
            ("AWS4-HMAC-SHA256 Signature=00", "requires 'Credential' parameter. Authorization"),
            ("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0", "exactly 5"),
        ] {
            let error = Authorization::parse(header, Some("d")).unwrap_err();
            assert_eq!(error.code, "IncompleteSignatureException");
            assert!(error.message.contains(want), "{}", error.message);
        }
        let error = Authorization::parse(
            "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0",
            None,
        );
        assert!(error.unwrap_err().message.contains("'X-Amz-Date'"));
    }
}
