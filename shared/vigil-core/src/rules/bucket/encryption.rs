//! The bucket's encryption must be one that ACM PCA can write with.

use super::BucketSubject;
use crate::{
    bucket::Encryption,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.encryption",
        holds: "Objects are encrypted with SSE-S3 or a customer managed KMS key.",
        cites: "AWS Private CA User Guide, Encrypting your CRLs",
        kinds: &[AWS_MANAGED_KEY, NONE, UNSUPPORTED],
    },
    check,
};

const AWS_MANAGED_KEY: Kind = Kind {
    id: "aws-managed-key",
    severity: Severity::High,
    title: "CRL bucket {bucket} ({ca}) uses the KMS key aws/s3",
    what_happened: "Bucket {bucket} encrypts with the AWS managed key aws/s3, which ACM PCA cannot use. \
                    Checked at {as_of}.",
    impact: super::NO_NEW_CRL,
    what_to_do: "Encrypt with SSE-S3, or with a customer managed key whose policy lets ACM PCA use it. \
                 Set SSE-S3:",
    first_command: "aws s3api put-bucket-encryption --bucket {bucket} \
                    --server-side-encryption-configuration \
                    '{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"}}]}'",
};

const NONE: Kind = Kind {
    id: "none",
    severity: Severity::Low,
    title: "CRL bucket {bucket} ({ca}) has no default encryption",
    what_happened: "Bucket {bucket} has no default encryption. Checked at {as_of}.",
    impact: "None for CRLs, which are public. Rules of your organisation may require encryption.",
    ..AWS_MANAGED_KEY
};

const UNSUPPORTED: Kind = Kind {
    id: "unsupported",
    title: "CRL bucket {bucket} ({ca}) uses encryption that ACM PCA does not know",
    what_happened: "Bucket {bucket} encrypts with {algorithm}, which ACM PCA does not support. Checked at \
                    {as_of}.",
    ..AWS_MANAGED_KEY
};

/// Also a key that is named by its id.
fn is_aws_managed(subject: &BucketSubject) -> bool {
    matches!(subject.facts.key.known(), Ok(Some(key)) if key.is_aws_managed)
}

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    let encryption = subject.facts.encryption.known();
    let encryption = encryption
        .map_err(|why| NotJudged::unknown(format!("the encryption is not known: {why}")))?;
    Ok(match encryption {
        Encryption::SseS3 => Vec::new(),
        Encryption::Kms { key: Some(key), .. }
            if !key.ends_with("alias/aws/s3") && !is_aws_managed(subject) =>
        {
            Vec::new()
        }
        Encryption::Kms { .. } => vec![Observation::new(AWS_MANAGED_KEY)],
        Encryption::None => vec![Observation::new(NONE)],
        Encryption::Other(algorithm) => {
            vec![Observation::new(UNSUPPORTED).with("algorithm", algorithm.as_str())]
        }
    })
}
