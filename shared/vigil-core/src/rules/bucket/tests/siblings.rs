//! Set-ups that are near to ones that are met, and differ in the one thing that decides.

use serde_json::{Value, json};

use super::world::*;
use crate::{
    bucket::{Fact, PublicAccessBlock},
    finding::Severity::{self, Critical, High, Low, Medium},
};

const OBJECTS: &str = "arn:aws:s3:::crls/*";
const BOTH: [&str; 2] = [OBJECTS, "arn:aws:s3:::crls"];

/// Kind and severity of what this rule finds, without Block Public Access.
fn found(rule: &str, statements: &[Value]) -> Vec<(String, Severity)> {
    let mut subject = clean();
    subject.users[0].is_public_meant = true;
    subject.facts.public_access_block = Fact::Known(PublicAccessBlock::default());
    set_policy(&mut subject, statements);
    let found = findings(&subject).into_iter().filter(|(of, ..)| *of == rule);
    found.map(|(_, kind, severity)| (kind, severity)).collect()
}

/// Beside the statement of the user guide for the service.
fn assert_writers(name: &str, statements: &[Value], want: &[(&str, Severity)]) {
    let all = [&[service_statement()], statements].concat();
    let found = found("bucket.other-writers", &all);
    let found: Vec<_> = found.iter().map(|(kind, severity)| (kind.as_str(), *severity)).collect();
    assert_eq!(found, want, "{name}");
}

fn lets(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject",
           "Resource": OBJECTS, "Condition": condition})
}

fn star(condition: Value) -> Value {
    lets(json!("*"), condition)
}

const ANYONE: &[(&str, Severity)] = &[("anyone", Critical)];
const SERVICE: &[(&str, Severity)] = &[("aws-service", Medium)];
const OTHER: &[(&str, Severity)] = &[("other-account", High)];
const PERHAPS: &[(&str, Severity)] = &[("other-account-conditionally", Medium)];

#[test]
fn whom_a_deny_excepts_is_let_in_by_a_star() {
    let deny = |except: Value| json!({"Effect": "Deny", "NotPrincipal": except, "Action": "s3:*", "Resource": BOTH});
    let service = "acm-pca.amazonaws.com";
    let other = "arn:aws:iam::444455556666:root";
    let own = "arn:aws:iam::111122223333:role/pki";
    for (name, except, want) in [
        ("the service alone", json!({"Service": service}), &[][..]),
        ("another account", json!({"Service": service, "AWS": other}), OTHER),
        ("a role", json!({"Service": service, "AWS": own}), &[("own-account", Low)]),
        ("a user", json!({"Service": service, "CanonicalUser": "79a59df9"}), OTHER),
        ("a service", json!({"Service": [service, "logging.s3.amazonaws.com"]}), SERVICE),
    ] {
        assert_writers(name, &[star(json!({})), deny(except)], want);
    }
    // The role of an account is let in by what its account is granted.
    let role = json!({"Service": service, "AWS": "arn:aws:iam::444455556666:role/a"});
    assert_writers("a role", &[lets(json!({"AWS": other}), json!({})), deny(role)], OTHER);
}

#[test]
fn access_points_of_any_account_are_anyones() {
    let point = "s3:DataAccessPointArn";
    for condition in [
        json!({"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}}),
        json!({"StringEquals": {"s3:AccessPointNetworkOrigin": "Internet"}}),
        json!({"Null": {point: "false"}}),
        json!({"Null": {"s3:DataAccessPointAccount": false}}),
        json!({"ArnLike": {point: "arn:aws:s3:*:*:accesspoint/*"}}),
        json!({"StringLike": {"s3:DataAccessPointAccount": "*"}}),
        json!({"StringNotEquals": {"s3:DataAccessPointAccount": "444455556666"}}),
    ] {
        assert_writers(&condition.to_string(), &[star(condition.clone())], ANYONE);
    }
    let own = json!({"StringEquals": {"s3:DataAccessPointAccount": "111122223333",
                                      "s3:AccessPointNetworkOrigin": "VPC"}});
    assert_writers("the own account's", &[star(own)], &[("access-points", Low)]);
    let other = json!({"AWS": "444455556666"});
    let through = json!({"Null": {point: "false"}});
    assert_writers("its own", &[lets(other.clone(), through)], PERHAPS);
    let delegated = json!({"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}});
    assert_writers("ours", &[lets(other, delegated)], PERHAPS);
}

#[test]
fn services_behind_a_star_are_no_people() {
    let name = "aws:PrincipalServiceName";
    for (condition, want) in [
        (json!({"StringEquals": {name: "acm-pca.amazonaws.com"}}), &[][..]),
        (json!({"StringEquals": {name: "logging.s3.amazonaws.com"}}), SERVICE),
        (json!({"StringLike": {name: "*.amazonaws.com"}}), SERVICE),
        (json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), SERVICE),
        (
            json!({"StringEquals": {name: "acm-pca.amazonaws.com",
                                    "aws:SourceAccount": "111122223333"}}),
            &[],
        ),
        (json!({"StringEquals": {"aws:SourceOrgID": "o-1"}}), SERVICE),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::another-bucket"}}), SERVICE),
        (json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}), ANYONE),
        (json!({"ForAllValues:StringEquals": {"aws:SourceAccount": "111122223333"}}), ANYONE),
        (json!({"ForAnyValue:StringEquals": {"aws:SourceAccount": "111122223333"}}), SERVICE),
        (json!({"StringNotEquals": {name: "acm-pca.amazonaws.com"}}), ANYONE),
    ] {
        assert_writers(&condition.to_string(), &[star(condition.clone())], want);
    }
    let only = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH,
        "Condition": {"StringNotEquals": {name: "acm-pca.amazonaws.com"}}});
    assert_writers("all but the service denied", &[star(json!({})), only], &[]);
}

/// Some principal of the account meets the condition, so the account can write.
#[test]
fn an_account_is_each_of_its_principals() {
    for (condition, want) in [
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/a*"}}), OTHER),
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}}), OTHER),
        (json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}}), OTHER),
        (json!({"Null": {"aws:PrincipalArn": "false"}}), OTHER),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), PERHAPS),
        (json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), &[]),
        (json!({"StringEquals": {"aws:SourceAccount": "444455556666"}}), &[]),
    ] {
        let statement = lets(json!({"AWS": "444455556666"}), condition.clone());
        assert_writers(&condition.to_string(), &[statement], want);
    }
}

#[test]
fn the_star_of_string_like_reaches_across_colons() {
    for (pattern, want) in [
        ("*role/pki*", ANYONE),
        ("*:role/pki", ANYONE),
        ("arn:*:role/pki", ANYONE),
        ("arn:aws:iam::*", ANYONE),
        ("*", ANYONE),
        ("arn:aws:iam::444455556666:role/*", OTHER),
        ("arn:aws:iam::111122223333:*", &[("own-account", Low)]),
    ] {
        let condition = json!({"StringLike": {"aws:PrincipalArn": pattern}});
        assert_writers(pattern, &[star(condition)], want);
    }
}

#[test]
fn an_allow_for_plain_http_or_older_tls_counts() {
    let other = || json!({"AWS": "444455556666"});
    let plain = || lets(other(), json!({"Bool": {"aws:SecureTransport": "false"}}));
    assert_writers("plain HTTP", &[plain()], OTHER);
    assert_writers("denied", &[plain(), tls_statement(&["s3:*"])], &[]);
    let older = json!({"NumericLessThan": {"s3:TlsVersion": "1.3"}});
    assert_writers("TLS 1.2", &[lets(other(), older)], OTHER);
    let ended = json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}});
    assert_writers("what S3 no longer takes", &[lets(other(), ended)], &[]);
}

/// A Deny of everything unless an object is written in some way denies what writes nothing.
#[test]
fn a_deny_without_a_header_stops_calls_that_have_none() {
    let deny = |actions: &[&str], key: &str, value: &str| {
        json!({"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": BOTH,
               "Condition": {"StringNotEquals": {key: value}}})
    };
    let (acl, encryption) = ("s3:x-amz-acl", "s3:x-amz-server-side-encryption");
    let full = "bucket-owner-full-control";
    let (refused, unclear) = (("refused", High), ("unclear", Low));
    for (name, statement, want) in [
        ("the ACL", deny(&["s3:PutObject"], acl, full), &[][..]),
        ("another ACL", deny(&["s3:PutObject"], acl, "private"), &[refused]),
        ("the ACL, on everything", deny(&["s3:*"], acl, full), &[refused]),
        ("encryption", deny(&["s3:PutObject"], encryption, "aws:kms"), &[unclear]),
        ("encryption, on everything", deny(&["s3:*"], encryption, "x"), &[refused, unclear]),
        (
            "an instance's network",
            deny(&["s3:PutObject"], "aws:Ec2InstanceSourceVpc", "vpc-1"),
            &[refused],
        ),
    ] {
        let found = found("bucket.service-access", &[service_statement(), statement]);
        let found: Vec<_> =
            found.iter().map(|(kind, severity)| (kind.as_str(), *severity)).collect();
        assert_eq!(found, want, "{name}");
    }
}

/// What is let in, whatever the account, is unbound, whatever else it is bound by.
#[test]
fn conditions_that_strangers_meet_bind_no_service() {
    let bound = |condition: Value| {
        let mut statement = service_statement();
        statement["Condition"] = condition;
        statement
    };
    let encrypted = || {
        json!({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": OBJECTS,
               "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}})
    };
    let account = || json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
    let acl = json!({"s3:x-amz-acl": "bucket-owner-full-control"});
    let of_any_account = "arn:aws:acm-pca:us-east-1:*:certificate-authority/11223344-*";
    let name = json!({"aws:PrincipalServiceName": "acm-pca.amazonaws.com"});
    let unbound = ("unbound", Medium);
    let account_only = ("account-only", Severity::Informational);
    for (case, statements, want) in [
        ("an ACL", vec![bound(json!({"StringEquals": acl}))], &[unbound][..]),
        ("the service's name", vec![bound(json!({"StringEquals": name}))], &[unbound]),
        (
            "the service's addresses",
            vec![bound(json!({"IpAddress": {"aws:SourceIp": "52.95.0.0/16"}}))],
            &[unbound],
        ),
        (
            "an ARN of any account",
            vec![bound(json!({"ArnLike": {"aws:SourceArn": of_any_account}}))],
            &[unbound],
        ),
        (
            "ForAllValues, with the key",
            vec![bound(
                json!({"ForAllValues:StringEquals": {"aws:SourceAccount": "111122223333"}}),
            )],
            &[account_only],
        ),
        ("encryption", vec![bound(json!({})), encrypted()], &[unbound]),
        ("encryption and the account", vec![bound(account()), encrypted()], &[account_only]),
        ("encryption and the CA", vec![service_statement(), encrypted()], &[]),
    ] {
        let found = found("bucket.confused-deputy", &statements);
        let found: Vec<_> =
            found.iter().map(|(kind, severity)| (kind.as_str(), *severity)).collect();
        assert_eq!(found, want, "{case}");
    }
}

#[test]
fn a_statement_for_crls_alone_is_unbound_and_too_narrow() {
    let mut statement = service_statement();
    statement["Resource"] = json!(["arn:aws:s3:::crls/crl/*", "arn:aws:s3:::crls"]);
    statement["Condition"] = json!({});
    let statements = [statement, tls_statement(&["s3:*"])];
    let of = |rule| found(rule, &statements);
    assert_eq!(of("bucket.confused-deputy"), [("unbound".to_owned(), Medium)]);
    assert_eq!(of("bucket.service-access"), [("probe-refused".to_owned(), Medium)]);
    assert_eq!(of("bucket.other-writers"), []);
}

/// Denies of plain HTTP that leave services, or the own account, alone.
#[test]
fn a_deny_of_http_to_all_but_services_stops_readers() {
    let (people, own) = ("aws:PrincipalIsAWSService", "aws:PrincipalAccount");
    for (name, condition, is_refused, is_enforced) in [
        ("all", json!({}), true, true),
        ("people", json!({"Bool": {people: "false"}}), true, true),
        ("if it exists", json!({"BoolIfExists": {people: "false"}}), true, true),
        ("others", json!({"StringNotEquals": {own: "111122223333"}}), true, false),
        ("services", json!({"Bool": {people: "true"}}), false, false),
        ("the own account", json!({"StringEquals": {own: "111122223333"}}), false, false),
    ] {
        let mut statement = tls_statement(&["s3:*"]);
        let operators = condition.as_object().unwrap();
        for (operator, keys) in operators {
            let all = statement["Condition"].as_object_mut().unwrap();
            let of_operator = all.entry(operator.clone()).or_insert_with(|| json!({}));
            let keys = keys.as_object().unwrap().clone();
            of_operator.as_object_mut().unwrap().extend(keys);
        }
        let mut subject = clean();
        subject.users[0].served_by_bucket = true;
        set_policy(&mut subject, &[service_statement(), statement]);
        let found = findings(&subject);
        let has = |of: &str| found.iter().any(|(rule, ..)| *rule == of);
        assert_eq!(has("bucket.http-readable"), is_refused, "{name}: {found:?}");
        assert_eq!(!has("bucket.tls-only"), is_enforced, "{name}: {found:?}");
    }
}
