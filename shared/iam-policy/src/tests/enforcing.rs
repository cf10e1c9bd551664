use serde_json::{Value, json};

use crate::{Context, Decision, Policy, Principal, Problem, Request};

const BUCKET: &str = "crl-bucket";
const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11111111-2222";

fn pca() -> Principal {
    Principal::Service("acm-pca.amazonaws.com".to_owned())
}

fn user() -> Principal {
    Principal::Aws("arn:aws:iam::111122223333:user/local".to_owned())
}

fn context() -> Context {
    Context::default()
        .with("aws:SourceAccount", "111122223333")
        .with("aws:SourceArn", CA)
        .with("aws:SecureTransport", "true")
        .without("s3:x-amz-acl")
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

fn decide(
    policy: &Value,
    principal: &Principal,
    action: &str,
    key: &str,
    context: &Context,
) -> Decision {
    let resource = match key {
        "" => format!("arn:aws:s3:::{BUCKET}"),
        key => format!("arn:aws:s3:::{BUCKET}/{key}"),
    };
    let policy = Policy::of_bucket(&policy.to_string(), BUCKET).expect("the policy is well formed");
    policy.decide(&Request { principal, action, resource: &resource, context })
}

fn put_crl(policy: &Value) -> Decision {
    decide(policy, &pca(), "s3:PutObject", "crl/1.crl", &context())
}

#[test]
fn the_recommended_policy_grants_four_actions_and_no_more() {
    let policy = recommended();
    for (action, key, verdict) in [
        ("s3:PutObject", "crl/1.crl", Decision::Allowed),
        ("s3:PutObjectAcl", "crl/1.crl", Decision::Allowed),
        ("s3:GetBucketAcl", "", Decision::Allowed),
        ("s3:GetBucketLocation", "", Decision::Allowed),
        ("s3:GetObject", "crl/1.crl", Decision::Silent),
        ("s3:DeleteObject", "crl/1.crl", Decision::Silent),
    ] {
        assert_eq!(decide(&policy, &pca(), action, key, &context()), verdict, "{action}");
    }
}

/// Each row spoils the recommended policy in one way.
#[test]
fn a_policy_with_one_error_keeps_the_service_from_writing() {
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
        assert_eq!(put_crl(&policy), Decision::Silent, "{spoilt}");
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
        let want = if holds { Decision::Allowed } else { Decision::Silent };
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
        assert_eq!(matches!(verdict, Decision::Denied(_)), denied, "{condition}: {verdict:?}");
    }
}

#[test]
fn a_principal_covers_the_callers_that_it_names() {
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
        for (caller, want) in [(Principal::Anyone, anonymous), (user(), account), (pca(), service)]
        {
            let verdict =
                decide(&allow(principal.clone()), &caller, "s3:GetObject", "k", &context());
            assert_eq!(verdict == Decision::Allowed, want, "{principal} for {caller:?}");
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
        ("not json".to_owned(), Problem::NotJson),
        ("[]".to_owned(), Problem::NotJson),
        ("{}".to_owned(), Problem::Missing("Statement")),
        (spoil("/Version", json!("2020-01-01")), Problem::Version),
        (spoil("/Statement", json!([])), Problem::Missing("Statement")),
        (spoil("/Statement/0/Effect", json!("Maybe")), Problem::Effect("Maybe".to_owned())),
        (spoil("/Statement/0/Principal", json!("alice")), Problem::Principal),
        (spoil("/Statement/0/Principal", json!({"AWS": "alice"})), Problem::Principal),
        (spoil("/Statement/0/Action", json!("acm-pca:*")), Problem::Action),
        (spoil("/Statement/0/Action", json!([])), Problem::Action),
        (spoil("/Statement/0/Resource", json!("arn:aws:s3:::other/*")), Problem::Resource),
        (spoil("/Statement/0/Condition", json!("no")), Problem::Condition),
        (
            r#"{"Statement": [{"Effect": "Allow", "Princpal": "*"}]}"#.to_owned(),
            Problem::UnknownField("Princpal".to_owned()),
        ),
    ] {
        assert_eq!(Policy::of_bucket(&text, BUCKET).unwrap_err().problem, why, "{text}");
    }
}

#[test]
fn a_grant_to_everyone_is_public_unless_its_source_is_fixed() {
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
        let policy = Policy::of_bucket(&policy.to_string(), BUCKET).unwrap();
        assert_eq!(policy.is_public(), public, "{principal} {condition}");
    }
}

/// As the user guide has it, "Encrypting your CRLs".
#[test]
fn a_key_policy_sees_caller_action_and_encryption_context() {
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
        (pca(), "arn:aws:s3:::crl-bucket/crl/1.crl", Decision::Allowed),
        (pca(), "arn:aws:s3:::crl-bucket/other", Decision::Silent),
        (user(), "arn:aws:s3:::crl-bucket/other", Decision::Allowed),
        (Principal::Anyone, "arn:aws:s3:::crl-bucket/crl/1.crl", Decision::Silent),
    ] {
        let context = &context().with("kms:EncryptionContext:aws:s3:arn", encrypted);
        let action = "kms:GenerateDataKey";
        let request = Request { principal: &caller, action, resource, context };
        assert_eq!(read.decide(&request), want, "{caller:?} {encrypted}");
    }
    assert_eq!(Policy::of_key(&policy("s3:GetObject")).unwrap_err().problem, Problem::Action);
    assert_eq!(Policy::of_key("{").unwrap_err().problem, Problem::NotJson);
}
