//! The bucket's encryption must be one that the service can write with.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    bucket::Encryption,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.encryption",
    holds: "Objects are encrypted with SSE-S3 or a customer managed KMS key.",
    cites: "AWS Private CA User Guide, Encrypting your CRLs",
    finds: &[
        ("aws-managed-key", Severity::High),
        ("none", Severity::Low),
        ("unsupported", Severity::High),
    ],
    remedy: "Encrypt with SSE-S3, or with a customer managed KMS key that the service may use.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    AwsManagedKey,
    None,
    Unsupported { algorithm: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AwsManagedKey => f.write_str(
                "The bucket is encrypted with the AWS managed key aws/s3, which the service cannot \
                 use",
            ),
            Self::None => f.write_str("The bucket has no default encryption"),
            Self::Unsupported { algorithm } => {
                write!(
                    f,
                    "The bucket is encrypted with {algorithm}, which the service does not know"
                )
            }
        }
    }
}

/// Also one that is named by its id.
fn is_aws_managed(subject: &BucketSubject) -> bool {
    matches!(subject.facts.key.known(), Ok(Some(key)) if key.is_aws_managed)
}

fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let (severity, detail) = match subject.facts.encryption.known() {
        Err(why) => return Verdict::unknown(format!("encryption is not known: {why}")),
        Ok(Encryption::SseS3) => return Verdict::Pass,
        Ok(Encryption::Kms { key: Some(key), .. })
            if !key.ends_with("alias/aws/s3") && !is_aws_managed(subject) =>
        {
            return Verdict::Pass;
        }
        Ok(Encryption::Kms { .. }) => (Severity::High, Detail::AwsManagedKey),
        Ok(Encryption::None) => (Severity::Low, Detail::None),
        Ok(Encryption::Other(algorithm)) => (Severity::High, Detail::Unsupported { algorithm }),
    };
    let remedy = format!(
        "aws s3api put-bucket-encryption --bucket {} --server-side-encryption-configuration \
         '{{\"Rules\":[{{\"ApplyServerSideEncryptionByDefault\":{{\"SSEAlgorithm\":\"AES256\"}}}}]}}' \
         (or a customer managed key whose policy lets acm-pca.amazonaws.com use it)",
        subject.facts.name
    );
    Some(Observation::new(severity, &detail).remedy(remedy)).into()
}
