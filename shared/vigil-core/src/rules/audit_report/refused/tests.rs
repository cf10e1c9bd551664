use time::macros::datetime;

use super::*;
use crate::{
    bucket::{Encryption, Fact, KeyFacts, PublicAccessBlock},
    fakes,
};

fn ca() -> CaArn {
    fakes::ARN.parse().unwrap()
}

fn facts() -> BucketFacts {
    let policy = json!({"Version": "2012-10-17", "Statement": [statement("reports", &ca())]});
    BucketFacts { policy: Fact::Known(Some(policy.to_string())), ..fakes::bucket_facts("reports") }
}

#[test]
fn the_bucket_shows_the_cause() {
    let blocks = PublicAccessBlock { restrict_public_buckets: true, ..Default::default() };
    let kms = |key: Option<&str>| Encryption::Kms { key: key.map(str::to_owned), bucket_key: true };
    let key = |policy: &str, state: &str| KeyFacts {
        arn: "arn:aws:kms:us-east-1:111122223333:key/1".to_owned(),
        is_aws_managed: false,
        state: state.to_owned(),
        policy: policy.to_owned(),
    };
    let unknown = || Fact::Unknown("refused".to_owned());
    let denies = json!({"Version": "2012-10-17", "Statement": [
        statement("reports", &ca()),
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*"},
    ]});
    type Spoil<'a> = &'a dyn Fn(&mut BucketFacts);
    let table: [(&str, Spoil<'_>, Cause); 11] = [
        ("nothing", &|_| (), Cause::Unknown),
        ("no bucket", &|facts| facts.region = Fact::Known(None), Cause::BucketMissing),
        ("no policy", &|facts| facts.policy = Fact::Known(None), Cause::BucketPolicy),
        (
            "a denial",
            &|facts| facts.policy = Fact::Known(Some(denies.to_string())),
            Cause::BucketPolicy,
        ),
        ("Object Lock", &|facts| facts.object_lock = Fact::Known(true), Cause::ObjectLock),
        ("aws/s3", &|facts| facts.encryption = Fact::Known(kms(None)), Cause::Encryption),
        (
            "a key that refuses",
            &|facts| {
                facts.encryption =
                    Fact::Known(kms(Some("arn:aws:kms:us-east-1:111122223333:key/1")));
                facts.key = Fact::Known(Some(key(r#"{"Statement":[]}"#, "Enabled")));
            },
            Cause::Encryption,
        ),
        (
            "a key that is disabled",
            &|facts| {
                facts.encryption =
                    Fact::Known(kms(Some("arn:aws:kms:us-east-1:111122223333:key/1")));
                facts.key = Fact::Known(Some(key(r#"{"Statement":[]}"#, "Disabled")));
            },
            Cause::Encryption,
        ),
        (
            "Block Public Access",
            &|facts| facts.public_access_block = Fact::Known(blocks),
            Cause::BlockPublicAccess,
        ),
        (
            "a policy and Block Public Access",
            &|facts| {
                facts.policy = Fact::Known(None);
                facts.public_access_block = Fact::Known(blocks);
            },
            Cause::BucketPolicy,
        ),
        ("nothing is known", &|facts| facts.policy = unknown(), Cause::Unknown),
    ];
    for (name, spoil, cause) in table {
        let mut facts = facts();
        spoil(&mut facts);
        assert_eq!(
            Cause::of_bucket(facts, &ca(), time::OffsetDateTime::UNIX_EPOCH),
            cause,
            "{name}"
        );
    }
}

#[test]
fn a_cause_is_one_finding_that_names_bucket_cas_and_remedy() {
    let at = datetime!(2026-11-20 10:00 UTC);
    let numbered = |n| fakes::ARN.replace("112233445566", &format!("{n:012}")).parse().unwrap();
    let cas: Vec<Ca> = (0..9).map(|n| Ca { arn: numbered(n), ..fakes::deleted_ca(at) }).collect();
    let cas: Vec<&Ca> = cas.iter().collect();
    let finding = finding(Cause::BucketPolicy, "reports", &cas, "ValidationException", at).unwrap();
    assert_eq!(Some(&finding.id), id(Cause::BucketPolicy, "reports", cas[5]).as_ref());
    assert_ne!(Some(finding.id), id(Cause::ObjectLock, "reports", cas[0]));
    assert_eq!(finding.title, "ACM PCA cannot write audit reports of 9 CAs to bucket reports");
    assert!(finding.impact.ends_with("and 3 more."), "{}", finding.impact);
    assert!(finding.what_to_do.contains("\"aws:SourceAccount\":\"111122223333\""));
    assert_eq!(finding.evidence["certificate_authorities"].as_array().unwrap().len(), 9);
    for cause in Cause::ALL {
        assert_eq!(Cause::of_id(cause.kind().id), Some(cause));
    }
}
