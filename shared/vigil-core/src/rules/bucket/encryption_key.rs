//! A customer managed key must let the service use it, for this bucket.

use std::fmt;

use serde::Serialize;
use serde_json::json;

use super::{BucketSubject, BucketUser, service_access};
use crate::{
    bucket::{Encryption, KeyFacts},
    bucket_policy::{BucketPolicy, Effect, Request},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.encryption-key",
    holds: "The bucket's KMS key is enabled, in the CA's Region, and lets the service use it \
            (kms:GenerateDataKey, kms:Decrypt).",
    cites: "AWS Private CA User Guide, Encrypting your CRLs",
    finds: &[
        ("elsewhere", Severity::High),
        ("refused", Severity::High),
        ("unclear", Severity::Low),
        ("unusable", Severity::High),
    ],
    remedy: "Let the service use the key for the bucket in the key's policy, or encrypt with SSE-S3.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Elsewhere { key: &'a str, ca_region: &'a str },
    Refused { key: &'a str, refusals: Vec<String> },
    Unclear { key: &'a str, doubts: Vec<String> },
    Unusable { key: &'a str, state: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere { ca_region, .. } => {
                write!(f, "The bucket's KMS key is not in {ca_region}, the CA's Region")
            }
            Self::Refused { .. } => {
                f.write_str("The service may not use the bucket's KMS key, so it cannot write CRLs")
            }
            Self::Unclear { .. } => {
                f.write_str("Unclear whether the service may use the bucket's KMS key")
            }
            Self::Unusable { state, .. } => {
                write!(f, "The bucket's KMS key is {state}: nothing can be written or read")
            }
        }
    }
}

/// S3 asks for a data key, and for its own decryption when an object comes in parts.
const ACTIONS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let bucket_key = match subject.facts.encryption.known() {
        Err(why) => return Verdict::unknown(format!("encryption is not known: {why}")),
        Ok(Encryption::Kms { key: Some(_), bucket_key }) => *bucket_key,
        Ok(_) => return Verdict::not_applicable("the bucket names no KMS key"),
    };
    let key = match subject.facts.key.known() {
        Err(why) => return Verdict::unknown(format!("the key is not known: {why}")),
        Ok(None) => return Verdict::not_applicable("the bucket names no KMS key"),
        Ok(Some(key)) if key.is_aws_managed => {
            return Verdict::not_applicable("the key is AWS's own, as bucket.encryption says");
        }
        Ok(Some(key)) => key,
    };
    let policy = match BucketPolicy::of_resource(&key.policy) {
        Ok(policy) => policy,
        Err(error) => {
            return Verdict::unknown(format!("the key's policy cannot be judged: {error}"));
        }
    };
    let name = key.arn.as_str();
    let mut seen = Vec::new();
    if key.state != "Enabled" {
        seen.push((Severity::High, Detail::Unusable { key: name, state: &key.state }));
    }
    let region = key.arn.split(':').nth(3).unwrap_or_default();
    if let Some(user) = subject.users.iter().find(|user| user.ca.region() != region) {
        let ca_region = user.ca.region();
        seen.push((Severity::High, Detail::Elsewhere { key: name, ca_region }));
    }
    let (refusals, doubts) = access(subject, key, &policy, bucket_key);
    if !refusals.is_empty() {
        seen.push((Severity::High, Detail::Refused { key: name, refusals }));
    }
    if !doubts.is_empty() {
        seen.push((Severity::Low, Detail::Unclear { key: name, doubts }));
    }
    let remedy = remedy(subject, name, bucket_key);
    let seen = seen
        .iter()
        .map(|(severity, detail)| Observation::new(*severity, detail).remedy(remedy.clone()));
    Verdict::from_observations(seen.collect())
}

/// What the key's policy refuses the service, and what is in doubt.
fn access(
    subject: &BucketSubject,
    key: &KeyFacts,
    policy: &BucketPolicy,
    bucket_key: bool,
) -> (Vec<String>, Vec<String>) {
    let (mut refusals, mut doubts) = (Vec::new(), Vec::new());
    for user in &subject.users {
        let encrypted = encrypted(subject, user, bucket_key);
        let context = &user
            .context(Some(policy))
            .with("kms:EncryptionContext:aws:s3:arn", &encrypted)
            .with("kms:CallerAccount", user.ca.account());
        for action in ACTIONS {
            let principal = &subject.service(user);
            let request = Request { principal, action, resource: &key.arn, context };
            match policy.evaluate(&request) {
                Effect::Allowed { .. } => {}
                Effect::Denied { by } => refusals.push(format!("{action}: denied by {by}")),
                Effect::Silent => {
                    refusals.push(format!("{action}: not granted for {encrypted}"));
                }
                Effect::Unclear { why } => doubts.push(format!("{action}: {why}")),
            }
        }
    }
    (refusals, doubts)
}

/// The encryption context that S3 sends: the bucket's ARN with a bucket key, else the object's.
fn encrypted(subject: &BucketSubject, user: &BucketUser, bucket_key: bool) -> String {
    if bucket_key { subject.arn() } else { subject.object_arn(&user.key) }
}

fn remedy(subject: &BucketSubject, key: &str, bucket_key: bool) -> String {
    let bucket = subject.arn();
    let contexts = if bucket_key {
        vec![bucket]
    } else {
        let objects = ["acm-pca-permission-test-key", "acm-pca-permission-test-key-private"];
        let folders = subject.users.iter().map(|user| format!("{}*", user.folder()));
        let names = objects.into_iter().map(str::to_owned).chain(folders);
        names.map(|name| format!("{bucket}/{name}")).collect()
    };
    let service = subject.users.first().map(|user| service_access::name(subject, user));
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ACTIONS,
        "Resource": "*",
        "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": contexts}},
    });
    format!(
        "Add this statement to the key's policy (aws kms put-key-policy --key-id {key} \
         --policy-name default --policy file://policy.json): {statement}. The key must be enabled, \
         and in the CA's Region; else encrypt with SSE-S3: aws s3api put-bucket-encryption"
    )
}
