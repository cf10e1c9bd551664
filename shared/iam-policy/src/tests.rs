use serde_json::{Value, json};

use super::*;

const BUCKET: &str = "crl-bucket";
const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222";

fn pca() -> Caller {
    Caller::Service("acm-pca.amazonaws.com".to_owned())
}

fn somebody() -> Caller {
    Caller::Account {
        id: "111122223333".to_owned(),
        arn: "arn:aws:iam::111122223333:user/local".to_owned(),
    }
}

fn context() -> Context {
    Context::default()
        .with("aws:SourceAccount", Some("111122223333"))
        .with("aws:SourceArn", Some(CA))
        .with("aws:SecureTransport", Some("true"))
        .with("s3:x-amz-acl", None)
}

fn recommended() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "Pca",
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": ["arn:aws:s3:::crl-bucket/*", "arn:aws:s3:::crl-bucket"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": CA}},
    }]})
}

fn decide(policy: &Value, caller: &Caller, action: &str, key: &str, context: &Context) -> Verdict {
    let resource = match key {
        "" => format!("arn:aws:s3:::{BUCKET}"),
        key => format!("arn:aws:s3:::{BUCKET}/{key}"),
    };
    let policy = Policy::parse(&policy.to_string(), BUCKET).expect("the policy is well formed");
    policy.decide(&Request { caller, action, resource: &resource, context })
}

fn put_crl(policy: &Value) -> Verdict {
    decide(policy, &pca(), "s3:PutObject", "crl/1.crl", &context())
}

#[test]
fn the_recommended_policy_lets_the_service_do_its_four_things_and_no_more() {
    let policy = recommended();
    for (action, key, verdict) in [
        ("s3:PutObject", "crl/1.crl", Verdict::Allowed),
        ("s3:PutObjectAcl", "crl/1.crl", Verdict::Allowed),
        ("s3:GetBucketAcl", "", Verdict::Allowed),
        ("s3:GetBucketLocation", "", Verdict::Allowed),
        ("s3:GetObject", "crl/1.crl", Verdict::Silent),
        ("s3:DeleteObject", "crl/1.crl", Verdict::Silent),
    ] {
        assert_eq!(decide(&policy, &pca(), action, key, &context()), verdict, "{action}");
    }
}

/// Each row spoils the recommended policy in one way.
#[test]
fn a_policy_broken_in_one_place_no_longer_lets_the_service_write() {
    for (spoilt, pointer, value) in [
        ("another service", "/Statement/0/Principal", json!({"Service": "s3.amazonaws.com"})),
        ("an account, not the service", "/Statement/0/Principal", json!({"AWS": "111122223333"})),
        ("no PutObject", "/Statement/0/Action", json!("s3:GetBucketAcl")),
        ("all but PutObject", "/Statement/0/NotAction", json!("s3:PutObject")),
        ("another folder", "/Statement/0/Resource", json!("arn:aws:s3:::crl-bucket/reports/*")),
        (
            "another account",
            "/Statement/0/Condition/StringEquals/aws:SourceAccount",
            json!("444455556666"),
        ),
        (
            "a wildcard where values are compared exactly",
            "/Statement/0/Condition/StringEquals/aws:SourceArn",
            json!("arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/*"),
        ),
        ("an unknown key", "/Statement/0/Condition/StringEquals", json!({"aws:SourceVpc": "v"})),
        (
            "an unknown operator",
            "/Statement/0/Condition",
            json!({"DateLess": {"aws:SourceArn": "1"}}),
        ),
        (
            "a policy variable",
            "/Statement/0/Condition/StringEquals/aws:SourceAccount",
            json!("${aws:PrincipalAccount}"),
        ),
        (
            "an ACL that is not sent",
            "/Statement/0/Condition/StringEquals",
            json!({
                "s3:x-amz-acl": "bucket-owner-full-control"
            }),
        ),
    ] {
        let mut policy = recommended();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = policy.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if field == "NotAction" {
            parent.remove("Action");
        }
        parent.insert(field.to_owned(), value);
        assert_eq!(put_crl(&policy), Verdict::Silent, "{spoilt}");
    }
}

#[test]
fn conditions_compare_as_iam_documents_them() {
    for (condition, holds) in [
        (json!({"StringLike": {"aws:SourceArn": "*"}}), true),
        (json!({"StringLike": {"aws:SourceArn": "arn:aws:acm-pca:*/11111111-????"}}), true),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:acm-pca:*:111122223333:*"}}), true),
        (json!({"ArnEquals": {"aws:SourceArn": "arn:aws:acm-pca:*:111122223333:*"}}), true),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:acm-pca:*"}}), false),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:111122223333:*"}}), false),
        (json!({"StringEquals": {"AWS:sourceaccount": ["1", "111122223333"]}}), true),
        (json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}), false),
        (json!({"StringNotEquals": {"s3:x-amz-acl": "public-read"}}), true),
        (json!({"StringEqualsIfExists": {"s3:x-amz-acl": "private"}}), true),
        (json!({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}), false),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), true),
        (json!({"Bool": {"aws:SecureTransport": false}}), false),
        (json!({"Null": {"s3:x-amz-acl": "true"}}), true),
        (json!({"Null": {"aws:SourceArn": "true"}}), false),
        (json!({"ForSomeValue:StringEquals": {"aws:SourceAccount": "111122223333"}}), false),
    ] {
        let mut policy = recommended();
        policy["Statement"][0]["Condition"] = condition.clone();
        let want = if holds { Verdict::Allowed } else { Verdict::Silent };
        assert_eq!(put_crl(&policy), want, "{condition}");
    }
}

#[test]
fn an_explicit_deny_outweighs_every_allow_and_fails_closed() {
    for (condition, denied) in [
        (json!({}), true),
        (json!({"Bool": {"aws:SecureTransport": "false"}}), false),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), true),
        (json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}), true),
    ] {
        let mut policy = recommended();
        policy["Statement"].as_array_mut().unwrap().push(json!({
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::crl-bucket", "arn:aws:s3:::crl-bucket/*"],
            "Condition": condition,
        }));
        let verdict = put_crl(&policy);
        assert_eq!(matches!(verdict, Verdict::Denied(_)), denied, "{condition}: {verdict:?}");
    }
}

#[test]
fn principals_name_whom_they_name() {
    let allow = |principal: Value| {
        json!({"Statement": {
            "Effect": "Allow", "Principal": principal, "Action": "s3:getobject",
            "Resource": "arn:aws:s3:::crl-bucket/*",
        }})
    };
    for (principal, anonymous, account, service) in [
        (json!("*"), true, true, true),
        (json!({"AWS": "*"}), true, true, true),
        (json!({"AWS": "111122223333"}), false, true, false),
        (json!({"AWS": ["arn:aws:iam::111122223333:root"]}), false, true, false),
        (json!({"AWS": "arn:aws:iam::111122223333:user/local"}), false, true, false),
        (json!({"AWS": "arn:aws:iam::111122223333:user/other"}), false, false, false),
        (json!({"Service": ["acm-pca.amazonaws.com"]}), false, false, true),
        (json!({"CanonicalUser": "abc"}), false, false, false),
    ] {
        for (caller, want) in
            [(Caller::Anonymous, anonymous), (somebody(), account), (pca(), service)]
        {
            let verdict =
                decide(&allow(principal.clone()), &caller, "s3:GetObject", "k", &context());
            assert_eq!(verdict == Verdict::Allowed, want, "{principal} for {caller:?}");
        }
    }
}

#[test]
fn a_malformed_policy_is_refused_for_its_own_reason() {
    let spoil = |pointer: &str, value: Value| {
        let mut policy = recommended();
        *policy.pointer_mut(pointer).unwrap() = value;
        policy.to_string()
    };
    for (text, why) in [
        ("not json".to_owned(), Malformed::NotJson),
        ("[]".to_owned(), Malformed::NotJson),
        ("{}".to_owned(), Malformed::Missing("Statement")),
        (spoil("/Version", json!("2020-01-01")), Malformed::Version),
        (spoil("/Statement", json!([])), Malformed::Missing("Statement")),
        (spoil("/Statement/0/Effect", json!("Maybe")), Malformed::Effect("Maybe".to_owned())),
        (spoil("/Statement/0/Principal", json!("alice")), Malformed::Principal),
        (spoil("/Statement/0/Principal", json!({"AWS": "alice"})), Malformed::Principal),
        (spoil("/Statement/0/Action", json!("acm-pca:*")), Malformed::Action),
        (spoil("/Statement/0/Action", json!([])), Malformed::Action),
        (spoil("/Statement/0/Resource", json!("arn:aws:s3:::other/*")), Malformed::Resource),
        (spoil("/Statement/0/Condition", json!("no")), Malformed::Condition),
        (
            r#"{"Statement": [{"Effect": "Allow", "Princpal": "*"}]}"#.to_owned(),
            Malformed::UnknownField("Princpal".to_owned()),
        ),
    ] {
        assert_eq!(Policy::parse(&text, BUCKET).unwrap_err(), why, "{text}");
    }
}

#[test]
fn a_grant_to_everyone_is_public_unless_a_fixed_source_narrows_it() {
    for (principal, condition, public) in [
        (json!("*"), json!({}), true),
        (json!({"AWS": "*"}), json!({"StringLike": {"aws:SourceArn": "arn:*"}}), true),
        (json!("*"), json!({"Bool": {"aws:SecureTransport": "true"}}), true),
        (json!("*"), json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}), false),
        (json!({"Service": "acm-pca.amazonaws.com"}), json!({}), false),
    ] {
        let mut policy = recommended();
        policy["Statement"][0]["Principal"] = principal.clone();
        policy["Statement"][0]["Condition"] = condition.clone();
        let policy = Policy::parse(&policy.to_string(), BUCKET).unwrap();
        assert_eq!(policy.is_public(), public, "{principal} {condition}");
    }
}

/// As the user guide has it, "Encrypting your CRLs".
#[test]
fn a_keys_policy_names_principals_and_kms_actions_and_sees_what_is_encrypted() {
    let policy = |action: &str| {
        json!({"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
             "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
             "Action": action, "Resource": "*", "Condition": {"StringLike": {
                "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::crl-bucket/crl/*"}}},
        ]})
        .to_string()
    };
    let resource = "arn:aws:kms:us-east-1:111122223333:key/1";
    let read = Policy::of_key(&policy("kms:GenerateDataKey")).unwrap();
    for (caller, encrypted, want) in [
        (pca(), "arn:aws:s3:::crl-bucket/crl/1.crl", Verdict::Allowed),
        (pca(), "arn:aws:s3:::crl-bucket/other", Verdict::Silent),
        (somebody(), "arn:aws:s3:::crl-bucket/other", Verdict::Allowed),
        (Caller::Anonymous, "arn:aws:s3:::crl-bucket/crl/1.crl", Verdict::Silent),
    ] {
        let context = &context().with("kms:EncryptionContext:aws:s3:arn", Some(encrypted));
        let action = "kms:GenerateDataKey";
        let request = Request { caller: &caller, action, resource, context };
        assert_eq!(read.decide(&request), want, "{caller:?} {encrypted}");
    }
    assert_eq!(Policy::of_key(&policy("s3:GetObject")).err(), Some(Malformed::Action));
    assert_eq!(Policy::of_key("{").err(), Some(Malformed::NotJson));
}
