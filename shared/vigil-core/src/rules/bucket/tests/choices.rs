//! Conditions that keep no caller out, because callers choose what they are on, and those that do.

use serde_json::{Value, json};

use super::world::*;
use crate::{
    bucket::{Fact, PublicAccessBlock},
    finding::Severity,
};

/// The kind and severity of what is found of other writers, without Block Public Access.
fn other_writers(statement: Value, more: &[Value]) -> Vec<(String, Severity)> {
    let mut subject = clean();
    subject.facts.public_access_block = Fact::Known(PublicAccessBlock::default());
    let own = vec![service_statement(), tls_statement(&["s3:*"]), statement];
    set_policy(&mut subject, &[own, more.to_vec()].concat());
    let found = findings(&subject).into_iter();
    let found = found.filter(|(rule, ..)| *rule == "bucket.other-writers");
    found.map(|(_, kind, severity)| (kind, severity)).collect()
}

fn lets(principal: &Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject",
           "Resource": "arn:aws:s3:::crls/*", "Condition": condition})
}

fn worst(found: &[(String, Severity)]) -> Option<(&str, Severity)> {
    let worst = found.iter().max_by_key(|(_, severity)| *severity);
    worst.map(|(kind, severity)| (kind.as_str(), *severity))
}

#[test]
fn a_condition_that_anyone_can_meet_keeps_no_caller_out() {
    for condition in [
        json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
        json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::/0"]}}),
        json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}),
        json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}),
        json!({"StringLike": {"aws:Referer": "https://example.com/*"}}),
        json!({"StringEquals": {"aws:UserAgent": "a secret"}}),
        json!({"StringEquals": {"aws:username": "admin"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "pki"}}),
        json!({"Null": {"aws:PrincipalTag/team": "false"}}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
        json!({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}),
    ] {
        let found = other_writers(lets(&json!("*"), condition.clone()), &[]);
        assert_eq!(worst(&found), Some(("anyone", Severity::Critical)), "{condition}");
    }
}

#[test]
fn a_request_without_a_signature_lacks_every_key_of_a_principal() {
    for condition in [
        json!({"StringEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}),
        json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1234567890"}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
        json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}),
    ] {
        let found = other_writers(lets(&json!("*"), condition.clone()), &[]);
        assert_eq!(worst(&found), Some(("anyone", Severity::Critical)), "{condition}");
    }
}

#[test]
fn a_deny_that_a_caller_can_avoid_keeps_no_caller_out() {
    let deny = |condition: Value| {
        json!({"Effect": "Deny", "Principal": "*", "Action": "s3:Put*",
               "Resource": "arn:aws:s3:::crls/*", "Condition": condition})
    };
    let anyone = lets(&json!("*"), json!({}));
    for condition in [
        json!({"StringNotLike": {"aws:Referer": "https://example.com/*"}}),
        json!({"Null": {"aws:UserAgent": "true"}}),
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    ] {
        let found = other_writers(anyone.clone(), &[deny(condition.clone())]);
        assert_eq!(worst(&found), Some(("anyone", Severity::Critical)), "{condition}");
    }
    let closed = deny(json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}));
    let found = other_writers(anyone, &[closed]);
    assert!(found.iter().all(|(kind, _)| kind != "anyone"), "{found:?}");
}

#[test]
fn a_condition_that_few_can_meet_limits() {
    for condition in [
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
    ] {
        let found = other_writers(lets(&json!("*"), condition.clone()), &[]);
        assert_eq!(worst(&found), Some(("anyone-limited", Severity::Medium)), "{condition}");
    }
    let other = json!({"AWS": "arn:aws:iam::444455556666:root"});
    let canned = json!({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}});
    let found = other_writers(lets(&other, canned), &[]);
    assert_eq!(worst(&found), Some(("other-account", Severity::High)), "it names the ACL itself");
}

#[test]
fn what_can_hide_or_archive_crls_counts_as_writing() {
    let other = json!({"AWS": "arn:aws:iam::444455556666:root"});
    for (action, resource) in [
        ("s3:PutBucketRequestPayment", "arn:aws:s3:::crls"),
        ("s3:PutIntelligentTieringConfiguration", "arn:aws:s3:::crls"),
        ("s3:PutObjectTagging", "arn:aws:s3:::crls/*"),
        ("s3:PutObjectVersionTagging", "arn:aws:s3:::crls/*"),
    ] {
        let statement = json!({"Effect": "Allow", "Principal": other, "Action": action,
                               "Resource": resource});
        let found = other_writers(statement, &[]);
        assert_eq!(worst(&found), Some(("other-account", Severity::High)), "{action}");
    }
}

#[test]
fn another_account_beside_the_own_is_named() {
    let other = CA.replace("111122223333", "444455556666");
    for (condition, kind, severity) in [
        (
            json!({"StringEquals": {"aws:SourceAccount": ["111122223333", "444455556666"]}}),
            "other-condition",
            Severity::Low,
        ),
        (json!({"ArnEquals": {"aws:SourceArn": [CA, other]}}), "other-condition", Severity::Low),
        (
            json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-1234567890/r-ab12/*"}}),
            "organisation",
            Severity::Low,
        ),
        (
            json!({"NumericEquals": {"aws:SourceAccount": 111_122_223_333_u64}}),
            "account-only",
            Severity::Informational,
        ),
    ] {
        let mut subject = clean();
        let mut statement = service_statement();
        statement["Condition"] = condition.clone();
        set_policy(&mut subject, &[statement, tls_statement(&["s3:*"])]);
        assert_only(&subject, &condition.to_string(), "bucket.confused-deputy", kind, severity);
    }
}
