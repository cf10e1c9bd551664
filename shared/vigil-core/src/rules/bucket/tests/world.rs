//! A clean bucket, and what spoils one thing in it.

use serde_json::{Value, json};
use time::macros::datetime;

use super::super::{BucketSubject, BucketUser, Orphans, RULES};
use crate::{
    arn::CaArn,
    bucket::{BucketFacts, Encryption, Fact, KeyFacts, PublicAccessBlock},
    ca::S3ObjectAcl,
    fakes,
    finding::{Finding, Severity},
    rules::{JudgementResult, fixtures::assert_presentable, judge},
};

pub(super) const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

/// Of the bucket.
pub(super) const OBJECTS: &str = "arn:aws:s3:::crls/*";

pub(super) fn user(arn: &str) -> BucketUser {
    let ca: CaArn = arn.parse().unwrap();
    BucketUser {
        key: format!("crl/{}.crl", ca.id()),
        ca,
        common_name: Some("Payments Root".to_owned()),
        object_acl: S3ObjectAcl::BucketOwnerFullControl,
        served_by_bucket: false,
        is_public_meant: false,
    }
}

pub(super) fn kms(key: Option<&str>) -> Encryption {
    Encryption::Kms { key: key.map(str::to_owned), bucket_key: true }
}

pub(super) const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1";

/// Encrypted with a key whose policy is as the user guide has it, or spoilt.
pub(super) fn with_key(
    subject: &mut BucketSubject,
    bucket_key: bool,
    spoil: impl FnOnce(&mut KeyFacts),
) {
    let objects = ["arn:aws:s3:::crls/crl/*", "arn:aws:s3:::crls/acm-pca-permission-test-key"];
    let bucket = ["arn:aws:s3:::crls"];
    let context = if bucket_key { &bucket[..] } else { &objects };
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
         "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*",
         "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": context}}},
    ]});
    let mut key = KeyFacts {
        arn: KEY.to_owned(),
        is_aws_managed: false,
        state: "Enabled".to_owned(),
        policy: policy.to_string(),
    };
    spoil(&mut key);
    subject.facts.encryption =
        Fact::Known(Encryption::Kms { key: Some(KEY.to_owned()), bucket_key });
    subject.facts.key = Fact::Known(Some(key));
}

pub(super) fn service_statement() -> Value {
    json!({
        "Sid": "service",
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": ["arn:aws:s3:::crls/*", "arn:aws:s3:::crls"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": CA}},
    })
}

pub(super) fn tls_statement(actions: &[&str]) -> Value {
    json!({
        "Sid": "tls", "Effect": "Deny", "Principal": "*", "Action": actions,
        "Resource": ["arn:aws:s3:::crls/*", "arn:aws:s3:::crls"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    })
}

pub(in crate::rules::bucket) fn clean() -> BucketSubject {
    let mut subject = BucketSubject {
        facts: BucketFacts {
            public_access_block: Fact::Known(PublicAccessBlock {
                block_public_acls: true,
                ignore_public_acls: true,
                block_public_policy: true,
                restrict_public_buckets: true,
            }),
            ownership: Fact::Known(Some("BucketOwnerPreferred".to_owned())),
            event_notifications: Fact::Known(true),
            access_logs: Fact::Known(Some("logs".to_owned())),
            ..fakes::bucket_facts("crls")
        },
        account_block: Fact::Known(PublicAccessBlock::default()),
        users: vec![user(CA)],
        orphans: Ok(Orphans::default()),
        administrators: Vec::new(),
        as_of: datetime!(2026-03-01 0:00 UTC),
    };
    set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"])]);
    subject
}

pub(super) fn set_policy(subject: &mut BucketSubject, statements: &[Value]) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    subject.facts.policy = Fact::Known(Some(policy));
}

pub(super) fn findings(subject: &BucketSubject) -> Vec<(&'static str, String, Severity)> {
    let kind = |finding: &Finding| finding.evidence["kind"].as_str().unwrap().to_owned();
    let seen = |(rule, finding): (_, Finding)| (rule, kind(&finding), finding.severity);
    whole_findings(subject).into_iter().map(seen).collect()
}

/// By rule.
pub(super) fn whole_findings(subject: &BucketSubject) -> Vec<(&'static str, Finding)> {
    let mut found = Vec::new();
    for judgement in judge(RULES, subject, &subject.arn(), datetime!(2026-03-01 0:00 UTC)) {
        if let JudgementResult::Findings { findings } = judgement.result {
            findings.iter().for_each(assert_presentable);
            found.extend(findings.into_iter().map(|finding| (judgement.rule, finding)));
        }
    }
    found
}

pub(super) fn assert_only(
    subject: &BucketSubject,
    name: &str,
    rule: &'static str,
    kind: &str,
    severity: Severity,
) {
    assert_eq!(findings(subject), [(rule, kind.to_owned(), severity)], "{name}");
}
