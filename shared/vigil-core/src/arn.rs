//! The ARN of a certificate authority of ACM PCA.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<id>`, checked once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaArn {
    text: String,
    partition: usize,
    region: usize,
    account: usize,
}

/// Why a text is not the ARN of a CA.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArnError {
    /// It is the ARN of a certificate.
    #[error("{0:?} names a certificate, not a certificate authority")]
    Certificate(String),
    /// It is the ARN of another service.
    #[error("{0:?} is an ARN of {1:?}, not of acm-pca")]
    OtherService(String, String),
    /// It is the ARN of something else of ACM PCA.
    #[error("{0:?} is an acm-pca ARN, but not of a certificate authority")]
    OtherResource(String),
    /// This part is empty, or has other characters than ACM PCA uses.
    #[error("{0:?} has no usable {1}")]
    Part(String, &'static str),
    /// It is not an ARN, or too long.
    #[error("{0:?} is not an ARN (arn:partition:acm-pca:region:account:certificate-authority/id)")]
    Shape(String),
}

/// The longest ARN the service takes.
const MAX_ARN_LENGTH: usize = 200;

impl CaArn {
    /// The partition, such as `aws`.
    pub fn partition(&self) -> &str {
        &self.text["arn:".len()..self.partition]
    }

    /// The Region, such as `us-east-1`.
    pub fn region(&self) -> &str {
        &self.text[self.partition + ":acm-pca:".len()..self.region]
    }

    /// The twelve digits of the account.
    pub fn account(&self) -> &str {
        &self.text[self.region + 1..self.account]
    }

    /// The part after `certificate-authority/`: one path segment, safe in an object key.
    pub fn id(&self) -> &str {
        &self.text[self.account + ":certificate-authority/".len()..]
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for CaArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        // What is echoed in an error stays short, whatever was sent.
        let shown = || text.chars().take(MAX_ARN_LENGTH).collect::<String>();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", partition, service, region, account, resource] = parts.as_slice() else {
            return Err(ArnError::Shape(shown()));
        };
        if text.len() > MAX_ARN_LENGTH {
            return Err(ArnError::Shape(shown()));
        }
        if service != "acm-pca" {
            return Err(ArnError::OtherService(shown(), service.chars().take(64).collect()));
        }
        let Some(id) = resource.strip_prefix("certificate-authority/") else {
            return Err(ArnError::OtherResource(shown()));
        };
        if id.contains("/certificate/") {
            return Err(ArnError::Certificate(shown()));
        }
        if partition.is_empty() || !partition.bytes().all(is_label) {
            return Err(ArnError::Part(shown(), "partition"));
        }
        if region.is_empty() || !region.bytes().all(is_label) {
            return Err(ArnError::Part(shown(), "Region"));
        }
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ArnError::Part(shown(), "account"));
        }
        if !is_id(id) {
            return Err(ArnError::Part(shown(), "certificate authority id"));
        }
        let partition = "arn:".len() + partition.len();
        let region = partition + ":acm-pca:".len() + region.len();
        let account = region + 1 + account.len();
        Ok(Self { text: text.to_owned(), partition, region, account })
    }
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// The service's pattern (`[\w+=,.@-]+`) without what would be a path of its own in an object key.
fn is_id(id: &str) -> bool {
    !id.bytes().all(|byte| byte == b'.')
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

impl fmt::Display for CaArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for CaArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for CaArn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11223344-1234-1122-2233-112233445566";

    #[test]
    fn an_arn_gives_its_parts_and_itself_back() {
        let text =
            format!("arn:aws-us-gov:acm-pca:us-gov-west-1:111122223333:certificate-authority/{ID}");
        let arn: CaArn = text.parse().unwrap();
        assert_eq!(
            (arn.partition(), arn.region(), arn.account(), arn.id()),
            ("aws-us-gov", "us-gov-west-1", "111122223333", ID)
        );
        assert_eq!(arn.to_string(), text);
        let json = serde_json::to_string(&arn).unwrap();
        assert_eq!(serde_json::from_str::<CaArn>(&json).unwrap(), arn);
    }

    #[test]
    fn every_refusal_has_its_own_name() {
        let ca = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority";
        let name = |text: &str| match text.parse::<CaArn>().unwrap_err() {
            ArnError::Certificate(_) => "certificate",
            ArnError::OtherService(_, _) => "service",
            ArnError::OtherResource(_) => "resource",
            ArnError::Part(_, part) => part,
            ArnError::Shape(_) => "shape",
        };
        for (text, want) in [
            ("", "shape"),
            ("arn:aws:acm-pca", "shape"),
            ("ARN:aws:acm-pca:us-east-1:111122223333:certificate-authority/x", "shape"),
            ("arn:aws:acm:us-east-1:111122223333:certificate/x", "service"),
            ("arn:aws:acm-pca:us-east-1:111122223333:template/EndEntityCertificate", "resource"),
            (&format!("{ca}/{ID}/certificate/00ff"), "certificate"),
            (&format!("{ca}/"), "certificate authority id"),
            (&format!("{ca}/.."), "certificate authority id"),
            (&format!("{ca}/a/b"), "certificate authority id"),
            (&format!("{ca}/a b"), "certificate authority id"),
            (&format!("{ca}/ä"), "certificate authority id"),
            ("arn:aws:acm-pca::111122223333:certificate-authority/x", "Region"),
            ("arn:aws:acm-pca:us-east-1:12345678901:certificate-authority/x", "account"),
            ("arn::acm-pca:us-east-1:111122223333:certificate-authority/x", "partition"),
            (&format!("{ca}/{}", "x".repeat(200)), "shape"),
        ] {
            assert_eq!(name(text), want, "{text}");
        }
    }
}
