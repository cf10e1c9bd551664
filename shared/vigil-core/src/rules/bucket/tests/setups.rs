//! Set-ups of buckets as they are met, and those that only look alike: what is found of each, and
//! nothing else.

use serde_json::{Value, json};

use super::world::*;
use crate::{
    bucket::{Fact, PublicAccessBlock},
    finding::Severity::{self, Critical, High, Informational, Low, Medium},
};

const OBJECTS: &str = "arn:aws:s3:::crls/*";
const BOTH: [&str; 2] = [OBJECTS, "arn:aws:s3:::crls"];

/// Rule, without `bucket.`, and kind.
type Want = (&'static str, &'static str, Severity);

/// Without Block Public Access, in a bucket that is meant to be read by anyone.
fn found(version: &str, statements: &[Value]) -> Vec<(&'static str, String, Severity)> {
    let mut subject = clean();
    subject.users[0].is_public_meant = true;
    subject.facts.public_access_block = Fact::Known(PublicAccessBlock::default());
    let policy = json!({"Version": version, "Statement": statements}).to_string();
    subject.facts.policy = Fact::Known(Some(policy));
    findings(&subject)
}

fn assert_found(name: &str, version: &str, statements: &[Value], want: &[Want]) {
    let mut found = found(version, statements);
    // A star lets the service in, too, for any CA.
    let is_of_service = |rule: &str| rule == "bucket.confused-deputy";
    if want.iter().any(|(rule, ..)| *rule == "other-writers") {
        found.retain(|(rule, ..)| !is_of_service(rule));
    }
    let found: Vec<_> = found
        .iter()
        .map(|(rule, kind, severity)| {
            (rule.strip_prefix("bucket.").unwrap_or(rule), kind.as_str(), *severity)
        })
        .collect();
    assert_eq!(found, want, "{name}");
}

/// The policy of the user guide, and one statement more.
fn assert_beside(name: &str, statements: &[Value], want: &[Want]) {
    let all = [&[service_statement(), tls_statement(&["s3:*"])], statements].concat();
    assert_found(name, "2012-10-17", &all, want);
}

fn deny(condition: Value) -> Value {
    json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH,
           "Condition": condition})
}

fn allow(principal: Value, action: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": OBJECTS,
           "Condition": condition})
}

const REFUSED: &[Want] = &[("service-access", "refused", High)];
const UNCLEAR: &[Want] = &[("service-access", "unclear", Low)];

/// Denies with exceptions: most of them name people, and forget the service.
#[test]
fn a_deny_with_exceptions_lets_the_service_in_or_not() {
    let session = json!(["AROAEXAMPLEID1234567:*", "111122223333"]);
    for (condition, want) in [
        (json!({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}), REFUSED),
        (
            json!({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"},
                   "Bool": {"aws:PrincipalIsAWSService": "false"}}),
            &[],
        ),
        (json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), REFUSED),
        (
            json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
                   "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
            &[],
        ),
        (json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/pki"}}), REFUSED),
        (json!({"StringNotLike": {"aws:userid": session}}), REFUSED),
        (json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), REFUSED),
        (json!({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}), REFUSED),
        (json!({"StringNotEquals": {"aws:VpceAccount": "111122223333"}}), REFUSED),
        (json!({"Null": {"aws:SourceVpce": "true"}}), REFUSED),
        (json!({"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}}), REFUSED),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                   "Bool": {"aws:ViaAWSService": "false"}}),
            REFUSED,
        ),
        (
            json!({"NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"},
                   "Bool": {"aws:PrincipalIsAWSService": "false"}}),
            &[],
        ),
        (json!({"NotIpAddress": {"aws:SourceIp": "52.95.0.0/16"}}), UNCLEAR),
        (json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}), &[]),
        (json!({"Null": {"aws:MultiFactorAuthAge": "true"}}), REFUSED),
        (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), REFUSED),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}), &[]),
        (json!({"StringEquals": {"s3:signatureversion": "AWS"}}), &[]),
        (json!({"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}), REFUSED),
        (json!({"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}), &[]),
        (json!({"StringNotEquals": {"aws:ResourceAccount": "111122223333"}}), &[]),
        (json!({"StringNotEquals": {"s3:ResourceAccount": "444455556666"}}), REFUSED),
        (
            json!({"StringNotEqualsIfExists": {"aws:SourceOrgID": "${aws:ResourceOrgID}"},
                   "Null": {"aws:SourceAccount": "false"},
                   "Bool": {"aws:PrincipalIsAWSService": "true"}}),
            &[],
        ),
        (json!({"StringNotEqualsIfExists": {"aws:SourceAccount": "${aws:ResourceAccount}"}}), &[]),
        (json!({"StringNotEqualsIfExists": {"aws:SourceAccount": "444455556666"}}), REFUSED),
    ] {
        assert_beside(&condition.to_string(), &[deny(condition.clone())], want);
    }
}

#[test]
fn not_principal_excepts_those_whom_it_names() {
    let role = "arn:aws:iam::111122223333:role/a";
    let deny = |except: Value, action: &str| json!({"Effect": "Deny", "NotPrincipal": except, "Action": action, "Resource": BOTH});
    let service = json!({"Service": "acm-pca.amazonaws.com", "AWS": [role]});
    assert_beside("excepted", &[deny(service.clone(), "s3:*")], &[]);
    assert_beside("people alone", &[deny(json!({"AWS": role}), "s3:*")], REFUSED);
    assert_beside("nothing that it needs", &[deny(json!({"AWS": role}), "s3:Delete*")], &[]);
    let theirs = json!({"AWS": "arn:aws:iam::444455556666:root"});
    let put = |principal| allow(principal, json!("s3:PutObject"), json!({}));
    assert_beside("denied again", &[put(theirs), deny(service, "s3:PutObject")], &[]);
    let all = json!({"Effect": "Allow", "NotPrincipal": {"AWS": role}, "Action": "s3:PutObject",
                     "Resource": OBJECTS});
    assert_beside("all but one", &[all], &[("other-writers", "anyone", Critical)]);
}

#[test]
fn what_binds_the_service_is_graded_by_whom_it_lets_in() {
    let bound = |principal: &str, condition: Value| {
        let mut statement = service_statement();
        statement["Principal"]["Service"] = json!(principal);
        statement["Condition"] = condition;
        statement
    };
    let ours = |condition: Value| bound("acm-pca.amazonaws.com", condition);
    let graded = |kind, severity| vec![("confused-deputy", kind, severity)];
    let other = || graded("other-condition", Low);
    for (condition, want) in [
        (
            json!({"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}),
            graded("account-only", Informational),
        ),
        (
            json!({"ArnLike": {"aws:SourceArn":
                               "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/*"}}),
            graded("account-only", Informational),
        ),
        (
            json!({"StringEquals": {"aws:SourceOrgID": "${aws:ResourceOrgID}"}}),
            graded("organisation", Low),
        ),
        (
            json!({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-1/r-1/ou-1/*"}}),
            graded("organisation", Low),
        ),
        (json!({"StringEquals": {"aws:SourceAccount": ["111122223333", "444455556666"]}}), other()),
        (json!({"StringLike": {"aws:SourceAccount": "1111*"}}), other()),
        (json!({"StringLike": {"aws:SourceArn": "*"}}), graded("unbound", Medium)),
        (json!({"Null": {"aws:SourceAccount": "false"}}), graded("unbound", Medium)),
        (json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), graded("unbound", Medium)),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": "444455556666"}}),
            graded("unbound", Medium),
        ),
        (
            json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}),
            graded("account-only", Informational),
        ),
        (
            json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
            graded("unbound", Medium),
        ),
    ] {
        let statements = [ours(condition.clone()), tls_statement(&["s3:*"])];
        assert_found(&condition.to_string(), "2012-10-17", &statements, &want);
    }
    // A policy of 2008 has no variables: this is the text itself.
    let statements = [
        ours(json!({"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}})),
        tls_statement(&["s3:*"]),
    ];
    assert_found("2008", "2008-10-17", &statements, REFUSED);
    let elsewhere = bound("acm-pca.af-south-1.amazonaws.com", json!({}));
    assert_beside("an opt-in Region", &[elsewhere], &graded("unbound", Medium));
}

/// Who is let in by these, beside the service.
#[test]
fn principals_of_every_kind_are_judged_for_what_they_are() {
    let put = json!("s3:PutObject");
    let other = |kind, severity| vec![("other-writers", kind, severity)];
    for (name, principal, want) in [
        ("an account", json!({"AWS": "444455556666"}), other("other-account", High)),
        (
            "a session of a role",
            json!({"AWS": "arn:aws:sts::444455556666:assumed-role/a/b"}),
            other("other-account", High),
        ),
        (
            "the own root",
            json!({"AWS": "arn:aws:iam::111122223333:root"}),
            other("own-account", Low),
        ),
        ("a user that was deleted", json!({"AWS": "AIDACKCEVSQ6C2EXAMPLE"}), vec![]),
        ("a role that was deleted", json!({"AWS": "AROADBQP57FF2AEXAMPLE"}), vec![]),
        (
            "a canonical id",
            json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
            other("other-account", High),
        ),
        (
            "the own identity provider",
            json!({"Federated": "arn:aws:iam::111122223333:saml-provider/a"}),
            other("own-account", Low),
        ),
        (
            "another's identity provider",
            json!({"Federated": "arn:aws:iam::444455556666:saml-provider/a"}),
            other("other-account", High),
        ),
        (
            "a service",
            json!({"Service": "delivery.logs.amazonaws.com"}),
            other("aws-service", Medium),
        ),
    ] {
        assert_beside(name, &[allow(principal, put.clone(), json!({}))], &want);
    }
}

/// Who stands behind a star, by what the statement, or a Deny beside it, asks of the caller.
#[test]
fn conditions_on_a_star_narrow_it_or_only_seem_to() {
    let other = |kind, severity| vec![("other-writers", kind, severity)];
    let anyone = || other("anyone", Critical);
    let organisation = || other("organisation", Medium);
    for (condition, want) in [
        (json!({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}), organisation()),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}),
            other("own-account", Low),
        ),
        (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}), organisation()),
        (json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}}), anyone()),
        (json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}), anyone()),
        (json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}), anyone()),
        (json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), anyone()),
        (json!({"Null": {"aws:PrincipalArn": "false"}}), anyone()),
        (json!({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/a"}}), anyone()),
        (json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), anyone()),
        (json!({"StringLike": {"aws:Referer": "https://example.com/*"}}), anyone()),
        (json!({"StringEquals": {"aws:PrincipalTag/team": "pki"}}), anyone()),
        (json!({"StringEquals": {"aws:PrincipalType": "AssumedRole"}}), anyone()),
        (json!({"StringLike": {"aws:userid": "*:deploy"}}), anyone()),
        (json!({"Bool": {"aws:ViaAWSService": "true"}}), anyone()),
        (json!({"StringEquals": {"aws:ResourceAccount": "111122223333"}}), anyone()),
        (
            json!({"StringLike": {"aws:userid": "AROAEXAMPLEID1234567:*"}}),
            other("anyone-limited", Medium),
        ),
        (json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), other("anyone-limited", Medium)),
        (json!({"StringLike": {"s3:prefix": "public/*"}}), vec![]),
        (json!({"DateGreaterThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}), vec![]),
        (json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}}), vec![]),
        (json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), vec![]),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}),
            vec![("other-writers", "own-account", Low), ("other-writers", "other-account", High)],
        ),
        (
            json!({"StringLike": {"s3:DataAccessPointArn":
                                  "arn:aws:s3::111122223333:accesspoint/*.mrap"}}),
            other("access-points", Low),
        ),
        (
            json!({"ArnLike": {"s3:DataAccessPointArn":
                               "arn:aws:s3:us-east-1:444455556666:accesspoint/*"}}),
            other("other-account", High),
        ),
    ] {
        let statement = allow(json!({"AWS": "*"}), json!("s3:PutObject"), condition.clone());
        assert_beside(&condition.to_string(), &[statement], &want);
    }
}

#[test]
fn a_deny_beside_a_star_says_who_is_left() {
    let star = || allow(json!("*"), json!("s3:PutObject"), json!({}));
    let other = |kind, severity| vec![("other-writers", kind, severity)];
    let deny = |condition: Value| {
        json!({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": OBJECTS,
               "Condition": condition})
    };
    let service = || json!({"aws:PrincipalIsAWSService": "false"});
    let no_service = |operator: &str, key: &str, value: Value| {
        let mut condition = json!({"Bool": service()});
        condition[operator] = json!({key: value});
        condition
    };
    for (condition, want) in [
        (
            no_service("StringNotEquals", "aws:PrincipalAccount", json!("111122223333")),
            // The exception is for services of every kind, too.
            vec![("other-writers", "own-account", Low), ("other-writers", "aws-service", Medium)],
        ),
        (
            no_service("StringNotEqualsIfExists", "aws:PrincipalOrgID", json!("o-1")),
            vec![
                ("other-writers", "organisation", Medium),
                ("other-writers", "aws-service", Medium),
            ],
        ),
        (
            no_service("StringNotLike", "aws:PrincipalTag/team", json!("pki")),
            other("anyone", Critical),
        ),
        (
            no_service("StringEquals", "aws:PrincipalAccount", json!("444455556666")),
            other("anyone", Critical),
        ),
    ] {
        assert_beside(&condition.to_string(), &[star(), deny(condition.clone())], &want);
    }
}

#[test]
fn resources_and_actions_are_judged_by_what_they_cover() {
    let theirs = json!({"AWS": "444455556666"});
    let other = vec![("other-writers", "other-account", High)];
    let statement = |actions: Value, resources: Value| {
        let mut statement = json!({"Effect": "Allow", "Principal": theirs});
        let [actions, resources] = [actions, resources];
        for (key, value) in
            actions.as_object().unwrap().iter().chain(resources.as_object().unwrap())
        {
            statement[key] = value.clone();
        }
        statement
    };
    let put = || json!({"Action": "s3:PutObject"});
    for (actions, resources, want) in [
        (
            json!({"NotAction": "s3:Get*"}),
            json!({"NotResource": "arn:aws:s3:::crls/logs/*"}),
            other.clone(),
        ),
        (put(), json!({"NotResource": "arn:aws:s3:::crls/crl/*"}), vec![]),
        (put(), json!({"Resource": "arn:aws:s3:::crls/logs/*"}), vec![]),
        (put(), json!({"Resource": "arn:aws:s3:::crls/home/${aws:username}/*"}), vec![]),
        (put(), json!({"Resource": "arn:aws:s3:::crls/${aws:PrincipalAccount}/*"}), vec![]),
        (
            put(),
            json!({"Resource": "arn:aws:s3:::crls/crl/${aws:username}.crl"}),
            vec![("other-writers", "other-account-conditionally", Medium)],
        ),
        (
            json!({"Action": "s3:UpdateObjectEncryption"}),
            json!({"Resource": OBJECTS}),
            other.clone(),
        ),
        (json!({"Action": "s3:ReplicateTags"}), json!({"Resource": OBJECTS}), other.clone()),
        (json!({"Action": ["s3:PutBucketPolicy"]}), json!({"Resource": OBJECTS}), vec![]),
        (json!({"Action": ["s3:List*", "s3:Get*"]}), json!({"Resource": BOTH}), vec![]),
        (json!({"NotAction": ["s3:*"]}), json!({"Resource": "*"}), vec![]),
        (json!({"Action": "S3:PUTOBJECT"}), json!({"Resource": "*"}), other.clone()),
        (
            json!({"Action": "s3:?utObject"}),
            json!({"Resource": "arn:aws:s3:::cr*/crl/????????-*"}),
            other,
        ),
    ] {
        let name = format!("{actions} {resources}");
        assert_beside(&name, &[statement(actions, resources)], &want);
    }
}
