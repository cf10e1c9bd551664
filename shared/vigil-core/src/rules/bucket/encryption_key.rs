//! A customer managed key must let ACM PCA use it, for this bucket.

use serde_json::{Value, json};

use super::{BucketSubject, BucketUser, service_access};
use crate::{
    bucket::{Encryption, KeyFacts},
    bucket_policy::{BucketPolicy, Effect, Request},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.encryption-key",
        holds: "The bucket's KMS key is enabled, in the CA's Region, and lets ACM PCA use it \
                (kms:GenerateDataKey, kms:Decrypt).",
        cites: "AWS Private CA User Guide, Encrypting your CRLs",
        kinds: &[ELSEWHERE, REFUSED, UNCLEAR, UNUSABLE],
    },
    check,
};

const ELSEWHERE: Kind = Kind {
    id: "elsewhere",
    severity: Severity::High,
    title: "The KMS key of CRL bucket {bucket} is not in {ca_region}, the Region of {ca}",
    what_happened: "Bucket {bucket} encrypts with key {key}, which is not in {ca_region}, the Region of {ca}. \
                    Checked at {as_of}.",
    impact: super::NO_NEW_CRL,
    what_to_do: "Use a customer managed key in {ca_region} whose policy has the statement below, or SSE-S3. Set \
                 SSE-S3:",
    first_command: "aws s3api put-bucket-encryption --bucket {bucket} \
                    --server-side-encryption-configuration \
                    '{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"AES256\"}}]}'",
};

const REFUSED: Kind = Kind {
    id: "refused",
    severity: Severity::High,
    title: "ACM PCA may not use the KMS key of CRL bucket {bucket} ({ca})",
    what_happened: "The policy of key {key} of bucket {bucket} refuses ACM PCA: {refusals}. Checked at {as_of}.",
    impact: super::NO_NEW_CRL,
    what_to_do: "Add the statement below to the key's policy, or encrypt the bucket with SSE-S3. Show the key's \
                 policy:",
    first_command: "aws kms get-key-policy --key-id {key} --policy-name default --region {region} --query \
                    Policy --output text",
};

const UNCLEAR: Kind = Kind {
    id: "unclear",
    severity: Severity::Low,
    title: "ACM PCA may be unable to use the KMS key of CRL bucket {bucket} ({ca})",
    what_happened: "Vigil cannot evaluate whether the policy of key {key} of bucket {bucket} lets ACM PCA use \
                    it: {doubts}. Checked at {as_of}.",
    impact: "If the policy refuses ACM PCA, it cannot write CRLs of {ca}. crl.generation then reports it.",
    ..REFUSED
};

const UNUSABLE: Kind = Kind {
    id: "unusable",
    severity: Severity::High,
    title: "The KMS key of CRL bucket {bucket} ({ca}) is {state}",
    what_happened: "Bucket {bucket} encrypts with key {key}, which is {state}. Checked at {as_of}.",
    impact: "The CRLs in the bucket can be neither written nor read. Relying parties that require a CRL refuse \
             every certificate of {ca}.",
    what_to_do: "Show the key's state:",
    first_command: "aws kms describe-key --key-id {key} --region {region}\n\
                    If it is pending deletion, cancel that:\n  \
                    aws kms cancel-key-deletion --key-id {key} --region {region}\n\
                    Then enable the key. If it cannot be enabled, encrypt the bucket with SSE-S3:\n  \
                    aws kms enable-key --key-id {key} --region {region}",
};

/// S3 asks for a data key, and for its own decryption when an object comes in parts.
const ACTIONS: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    let no_key = || NotJudged::not_applicable("the bucket names no KMS key");
    let bucket_key = match subject.facts.encryption.known() {
        Err(why) => return Err(NotJudged::unknown(format!("encryption is not known: {why}"))),
        Ok(Encryption::Kms { key: Some(_), bucket_key }) => *bucket_key,
        Ok(_) => return Err(no_key()),
    };
    let key = match subject.facts.key.known() {
        Err(why) => return Err(NotJudged::unknown(format!("the key is not known: {why}"))),
        Ok(None) => return Err(no_key()),
        Ok(Some(key)) if key.is_aws_managed => {
            let reason = "bucket.encryption reports the AWS managed key";
            return Err(NotJudged::not_applicable(reason));
        }
        Ok(Some(key)) => key,
    };
    let policy = BucketPolicy::of_resource(&key.policy).map_err(|error| {
        NotJudged::unknown(format!("the key's policy cannot be judged: {error}"))
    })?;
    let mut seen = Vec::new();
    if key.state != "Enabled" {
        seen.push(Observation::new(UNUSABLE).with("state", key.state.as_str()));
    }
    let region = key.arn.split(':').nth(3).unwrap_or_default();
    if let Some(user) = subject.users.iter().find(|user| user.ca.region() != region) {
        seen.push(Observation::new(ELSEWHERE).with("ca_region", user.ca.region()));
    }
    let (refusals, doubts) = access(subject, key, &policy, bucket_key);
    if !refusals.is_empty() {
        seen.push(Observation::new(REFUSED).with("refusals", refusals));
    }
    if !doubts.is_empty() {
        seen.push(Observation::new(UNCLEAR).with("doubts", doubts));
    }
    let statement = format!(
        "The statement with which the key's policy lets ACM PCA use it:\n  {}",
        statement(subject, bucket_key)
    );
    let complete = |seen: Observation| {
        seen.with("key", key.arn.as_str()).name("region", region).also(statement.clone())
    };
    Ok(seen.into_iter().map(complete).collect())
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
            .context(subject, Some(policy))
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

fn statement(subject: &BucketSubject, bucket_key: bool) -> Value {
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
    json!({
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ACTIONS,
        "Resource": "*",
        "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": contexts}},
    })
}
