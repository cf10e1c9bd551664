//! Whether S3 could have a bucket of this name. Pure.

use std::net::Ipv4Addr;

use crate::model::error::ApiError;

const RESERVED_BEGINS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// Of access points, Multi-Region Access Points, directory buckets and table buckets.
const RESERVED_ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// The API model lets more through than S3 has ("General purpose bucket naming rules" in its user
/// guide): a CRL configuration "must conform to Amazon S3 bucket naming rules".
pub(super) fn check(name: &str) -> Result<(), ApiError> {
    let is_inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    let is_outer = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let why = if !(3..=63).contains(&name.len()) {
        "it must have 3 to 63 characters"
    } else if !name.bytes().all(is_inner) {
        "it may have lower case letters, digits, dots and hyphens only"
    } else if !name.as_bytes().first().is_some_and(is_outer)
        || !name.as_bytes().last().is_some_and(is_outer)
    {
        "it must begin and end with a letter or a digit"
    } else if name.contains("..") {
        "it must not have two dots in a row"
    } else if name.parse::<Ipv4Addr>().is_ok() {
        "it must not be an IP address"
    } else if RESERVED_BEGINS.iter().any(|begin| name.starts_with(begin)) {
        "S3 reserves its beginning"
    } else if RESERVED_ENDS.iter().any(|end| name.ends_with(end)) {
        "S3 reserves its end"
    } else {
        return Ok(());
    };
    Err(ApiError::invalid_args(format!("'{name}' is not the name of an S3 bucket: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_s3s_rules() {
        let longest = "a".repeat(63);
        for name in ["abc", "my-crls.example.com", "0-0", &longest] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        let too_long = "a".repeat(64);
        for (name, why) in [
            ("ab", "3 to 63"),
            (&too_long, "3 to 63"),
            ("Crls", "lower case"),
            ("crls/2026", "lower case"),
            ("crl_s", "lower case"),
            ("-crls", "begin and end"),
            ("crls.", "begin and end"),
            ("cr..ls", "two dots"),
            ("192.168.0.1", "IP address"),
            ("xn--crls", "beginning"),
            ("sthree-crls", "beginning"),
            ("amzn-s3-demo-bucket", "beginning"),
            ("crls-s3alias", "its end"),
            ("crls--ol-s3", "its end"),
            ("crls.mrap", "its end"),
            ("crls--usw2-az1--x-s3", "its end"),
            ("crls--table-s3", "its end"),
        ] {
            let error = check(name).unwrap_err();
            assert_eq!(error.code, "InvalidArgsException");
            assert!(error.message.contains(why), "{}", error.message);
        }
    }
}
