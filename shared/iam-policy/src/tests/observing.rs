use serde_json::json;

use crate::{Context, Effect, Malformed, Policy, Principal, Problem, Request};

const OBJECT: &str = "arn:aws:s3:::crls/crl/1.crl";

fn service() -> Principal {
    Principal::Service("acm-pca.amazonaws.com".to_owned())
}

fn policy(statements: serde_json::Value) -> Policy {
    Policy::of_resource(&json!({"Version": "2012-10-17", "Statement": statements}).to_string())
        .unwrap()
}

fn evaluate(policy: &Policy, principal: &Principal, context: &Context) -> &'static str {
    let request = Request { principal, action: "s3:PutObject", resource: OBJECT, context };
    match policy.evaluate(&request) {
        Effect::Allowed { .. } => "allowed",
        Effect::Denied { .. } => "denied",
        Effect::Silent => "silent",
        Effect::Unclear { .. } => "unclear",
    }
}

/// One Allow for the service, changed.
fn allow(change: serde_json::Value) -> Policy {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject"],
        "Resource": "arn:aws:s3:::crls/*",
    });
    for (key, value) in change.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(key);
        } else {
            statement[key] = value.clone();
        }
    }
    policy(json!([statement]))
}

#[test]
fn a_statement_applies_when_all_its_elements_do() {
    let context = Context::default();
    for (name, change, want) in [
        ("as it is", json!({}), "allowed"),
        ("everybody", json!({"Principal": "*"}), "allowed"),
        ("every AWS principal", json!({"Principal": {"AWS": "*"}}), "allowed"),
        ("another service", json!({"Principal": {"Service": "s3.amazonaws.com"}}), "silent"),
        (
            "one of several",
            json!({"Principal": {"Service": ["a", "acm-pca.amazonaws.com"]}}),
            "allowed",
        ),
        ("wildcard action in another case", json!({"Action": "S3:put*"}), "allowed"),
        ("another action", json!({"Action": "s3:GetObject"}), "silent"),
        ("not this action", json!({"Action": null, "NotAction": "s3:PutObject"}), "silent"),
        ("not another action", json!({"Action": null, "NotAction": "s3:Get*"}), "allowed"),
        ("the bucket alone", json!({"Resource": "arn:aws:s3:::crls"}), "silent"),
        ("another prefix", json!({"Resource": "arn:aws:s3:::crls/audit-report/*"}), "silent"),
        ("the key in another case", json!({"Resource": "arn:aws:s3:::crls/CRL/*"}), "silent"),
        ("not this resource", json!({"Resource": null, "NotResource": "*/crl/*"}), "silent"),
        ("a variable", json!({"Resource": "arn:aws:s3:::crls/${aws:username}"}), "unclear"),
        (
            "not this principal",
            json!({"Principal": null, "NotPrincipal": {"Service": "acm-pca.amazonaws.com"}}),
            "silent",
        ),
        (
            "not another principal",
            json!({"Principal": null, "NotPrincipal": {"AWS": "111122223333"}}),
            "allowed",
        ),
    ] {
        assert_eq!(evaluate(&allow(change), &service(), &context), want, "{name}");
    }
}

#[test]
fn conditions_are_met_unmet_or_unknown() {
    let arn = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1";
    let context = Context::default()
        .with("aws:SourceAccount", "111122223333")
        .with("aws:SourceArn", arn)
        .with("aws:SecureTransport", "true")
        .with("aws:CurrentTime", "2026-03-01T12:00:00Z")
        .with_one_of("s3:TlsVersion", ["1.2", "1.3"])
        .without("aws:PrincipalOrgID");
    for (condition, want) in [
        (json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}), "silent"),
        (json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}), "allowed"),
        (
            json!({"DateGreaterThanEquals": {"aws:CurrentTime": "2026-03-01T13:00+01:00"}}),
            "allowed",
        ),
        (json!({"DateNotEquals": {"aws:CurrentTime": "2026-03-01T12:00:00Z"}}), "silent"),
        (json!({"DateLessThanIfExists": {"aws:CurrentTime": 1_577_836_800}}), "silent"),
        (json!({"DateLessThan": {"aws:CurrentTime": "next year"}}), "unclear"),
        (json!({"DateLessThan": {"aws:TokenIssueTime": "2020-01-01"}}), "unclear"),
        (json!({"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}}), "allowed"),
        (json!({"NumericLessThan": {"s3:TlsVersion": [1.1, "1.2"]}}), "silent"),
        (json!({"NumericGreaterThan": {"s3:TlsVersion": 1.2}}), "unclear"),
        (json!({"NumericLessThan": {"s3:TlsVersion": "NaN"}}), "unclear"),
        (json!({"Null": {"s3:TlsVersion": "false"}}), "allowed"),
        (json!({"NumericLessThan": {"aws:PrincipalOrgID": "1"}}), "silent"),
        (json!({"NumericLessThan": {"aws:SourceArn": "1"}}), "unclear"),
        (json!({"NumericBetween": {"s3:TlsVersion": "1.2"}}), "unclear"),
        (json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}), "allowed"),
        (json!({"StringEquals": {"AWS:sourceaccount": ["1", "111122223333"]}}), "allowed"),
        (json!({"StringEquals": {"aws:SourceAccount": "999999999999"}}), "silent"),
        (json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}), "silent"),
        (json!({"StringEquals": {"aws:SourceAccount": "1111*"}}), "silent"),
        (json!({"StringLike": {"aws:SourceAccount": "1111*"}}), "allowed"),
        (json!({"ArnEquals": {"aws:SourceArn": "arn:aws:acm-pca:*:111122223333:*"}}), "allowed"),
        (json!({"ArnNotLike": {"aws:SourceArn": "arn:aws:acm-pca:*:111122223333:*"}}), "silent"),
        (json!({"Bool": {"aws:SecureTransport": true}}), "allowed"),
        (json!({"Bool": {"aws:SecureTransport": "false"}}), "silent"),
        (json!({"Null": {"aws:SourceArn": "false"}}), "allowed"),
        (json!({"Null": {"aws:PrincipalOrgID": "true"}}), "allowed"),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), "silent"),
        (json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), "allowed"),
        (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}), "allowed"),
        (json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}), "unclear"),
        (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "unclear"),
        (json!({"NumericEquals": {"aws:SourceAccount": "1"}}), "silent"),
        (json!({"NumericEquals": {"aws:SourceAccount": 111_122_223_333_u64}}), "allowed"),
        (json!({"BinaryEquals": {"aws:SourceAccount": "MQ=="}}), "unclear"),
        (json!({"ForEachValue:StringEquals": {"aws:SourceAccount": "1"}}), "unclear"),
        (json!({"ForAllValues:StringEquals": {"aws:SourceAccount": "1"}}), "silent"),
        (json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "1"}}), "allowed"),
        (json!({"ArnLike": {"aws:SourceArn": "arn:*"}}), "unclear"),
        (json!({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}), "unclear"),
        (
            json!({"StringEquals": {"aws:SourceAccount": "999999999999", "aws:SourceOrgID": "o"}}),
            "silent",
        ),
    ] {
        let policy = allow(json!({"Condition": condition}));
        assert_eq!(evaluate(&policy, &service(), &context), want, "{condition}");
    }
}

#[test]
fn a_deny_wins_and_a_possible_deny_makes_it_unclear() {
    let allow = json!({"Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
                       "Action": "s3:*", "Resource": "*"});
    let deny = |condition: serde_json::Value| {
        policy(json!([allow, {"Sid": "no", "Effect": "Deny", "Principal": "*", "Action": "s3:Put*",
                              "Resource": "*", "Condition": condition}]))
    };
    let plain = Context::default().with("aws:SecureTransport", "false");
    let tls = Context::default().with("aws:SecureTransport", "true");
    let tls_only = deny(json!({"Bool": {"aws:SecureTransport": "false"}}));
    assert_eq!(evaluate(&tls_only, &service(), &plain), "denied");
    assert_eq!(evaluate(&tls_only, &service(), &tls), "allowed");
    assert_eq!(evaluate(&tls_only, &service(), &Context::default()), "unclear");
    let numeric = deny(json!({"NumericLessThan": {"s3:TlsVersion": 1.2}}));
    assert_eq!(evaluate(&numeric, &service(), &tls), "unclear");
    assert_eq!(
        tls_only.denies(&Request {
            principal: &Principal::Anyone,
            action: "s3:PutObject",
            resource: OBJECT,
            context: &plain
        }),
        Some("statement \"no\"")
    );
}

#[test]
fn an_account_covers_its_principals_and_only_a_star_covers_all() {
    let role = Principal::Aws("arn:aws:iam::111122223333:role/writer".to_owned());
    let context = Context::default();
    for (named, want) in [
        ("111122223333", "allowed"),
        ("arn:aws:iam::111122223333:root", "allowed"),
        ("arn:aws:iam::111122223333:role/writer", "allowed"),
        ("arn:aws:iam::111122223333:role/other", "silent"),
        ("arn:aws:iam::999999999999:root", "silent"),
        ("*", "allowed"),
    ] {
        let policy = allow(json!({"Principal": {"AWS": named}}));
        assert_eq!(evaluate(&policy, &role, &context), want, "{named}");
        let anyone = if named == "*" { "allowed" } else { "silent" };
        assert_eq!(evaluate(&policy, &Principal::Anyone, &context), anyone, "{named}");
    }
}

#[test]
fn an_unreadable_policy_is_refused_by_name_and_place() {
    let error = |text: &str| Policy::of_resource(text).unwrap_err().to_string();
    assert_eq!(error("{"), "Policies must be valid JSON and the first byte must be '{'");
    assert_eq!(error("{}"), "Missing required field Statement");
    let statement = |text: &str| error(&format!(r#"{{"Statement": [{text}]}}"#));
    assert_eq!(statement(r#"{"Sid": "a"}"#), "Missing required field Effect (statement \"a\")");
    let no_principal = "Missing required field Principal (statement 1)";
    assert_eq!(statement(r#"{"Effect": "Allow"}"#), no_principal);
    let unknown = r#"{"Effect": "Deny", "Principle": "*"}"#;
    assert_eq!(statement(unknown), "Unknown field Principle (statement 1)");
    assert_eq!(statement("7"), "A statement must be a JSON object (statement 1)");
    let both = r#"{"Effect": "Deny", "Principal": "*", "NotPrincipal": "*"}"#;
    assert_eq!(
        statement(both),
        "Fields Principal and NotPrincipal exclude each other (statement 1)"
    );
}

/// S3 keeps a policy whose principal was deleted, and writes the principal's unique id.
#[test]
fn a_stored_policy_may_name_what_cannot_be_put() {
    let text = |principal: &str| {
        json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": principal},
                             "Action": "s3:*", "Resource": "arn:aws:s3:::crls/*"}})
        .to_string()
    };
    let deleted = text("AIDACKCEVSQ6C2EXAMPLE");
    let policy = Policy::of_resource(&deleted).unwrap();
    let unique_id = Principal::Aws("AIDACKCEVSQ6C2EXAMPLE".to_owned());
    assert_eq!(policy.statements()[0].named_principals(), [unique_id]);
    let refused = Policy::of_bucket(&deleted, "crls").unwrap_err();
    let statement = Some("statement 1".to_owned());
    assert_eq!(refused, Malformed { problem: Problem::Principal, statement });
    assert!(Policy::of_bucket(&text("*"), "crls").is_ok());
}

/// A canonical user id and an ARN can be of one account: a Deny that excepts one is not certain of the other.
#[test]
fn a_canonical_user_may_be_the_account_of_an_arn() {
    const USER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let user = || Principal::CanonicalUser(USER.to_owned());
    let role = || Principal::Aws("arn:aws:iam::111122223333:role/a".to_owned());
    let except = |excepted: serde_json::Value| {
        policy(json!([
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "NotPrincipal": excepted, "Action": "*", "Resource": "*"},
        ]))
    };
    let canonical = json!({"CanonicalUser": USER});
    let of_aws = json!({"AWS": "111122223333"});
    for (name, excepted, caller, want) in [
        ("the user", &canonical, user(), "allowed"),
        ("another user", &canonical, Principal::CanonicalUser("b".repeat(64)), "denied"),
        ("a role of some account", &canonical, role(), "unclear"),
        ("a service", &canonical, service(), "denied"),
        ("anyone", &canonical, Principal::Anyone, "denied"),
        ("a user of some account", &of_aws, user(), "unclear"),
    ] {
        assert_eq!(
            evaluate(&except(excepted.clone()), &caller, &Context::default()),
            want,
            "{name}"
        );
    }
    let known = except(canonical.clone()).with_account_of_user(USER, "111122223333");
    assert_eq!(evaluate(&known, &role(), &Context::default()), "allowed");
    let other = Principal::Aws("arn:aws:iam::444455556666:role/a".to_owned());
    assert_eq!(evaluate(&known, &other, &Context::default()), "denied");
    // An Allow for a user is for no ARN, as before.
    let allow = allow(json!({"Principal": canonical}));
    assert_eq!(evaluate(&allow, &role(), &Context::default()), "silent");
}
