//! Whom the bucket policy lets in, and whom it locks out.

use serde_json::{Value, json};

use super::world::*;
use crate::{
    bucket::{Fact, PublicAccessBlock},
    finding::Severity,
};

#[test]
fn every_way_to_lock_the_service_out_is_found() {
    let without = |action: &str| {
        let mut statement = service_statement();
        statement["Action"].as_array_mut().unwrap().retain(|have| have != action);
        statement
    };
    let with = |path: &str, value: Value| {
        let mut statement = service_statement();
        *statement.pointer_mut(path).unwrap() = value;
        statement
    };
    let deny = json!({"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/a"},
                      "Action": "s3:PutObject", "Resource": "arn:aws:s3:::crls/*"});
    for (name, statements) in [
        ("no PutObjectAcl", vec![without("s3:PutObjectAcl")]),
        ("no GetBucketAcl", vec![without("s3:GetBucketAcl")]),
        ("objects only", vec![with("/Resource", json!(["arn:aws:s3:::crls/*"]))]),
        (
            "another prefix",
            vec![with("/Resource", json!(["arn:aws:s3:::crls", "arn:aws:s3:::crls/crls/*"]))],
        ),
        ("another account", vec![with("/Condition/StringEquals/aws:SourceAccount", json!("9"))]),
        ("a deny for all but one", vec![service_statement(), deny]),
    ] {
        let mut subject = clean();
        set_policy(&mut subject, &[statements, vec![tls_statement(&["s3:*"])]].concat());
        assert_only(&subject, name, "bucket.service-access", "refused", Severity::High);
    }
    let mut other = clean();
    let other_service = with("/Principal/Service", json!("acm.amazonaws.com"));
    set_policy(&mut other, &[other_service, tls_statement(&["s3:*"])]);
    let rules: Vec<_> = findings(&other).into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(rules, ["bucket.service-access", "bucket.other-writers"], "another service");

    let mut bare = clean();
    bare.facts.policy = Fact::Known(None);
    let kinds: Vec<_> = findings(&bare).into_iter().map(|(rule, kind, _)| (rule, kind)).collect();
    let want = [("bucket.service-access", "refused"), ("bucket.tls-only", "not-enforced")];
    assert_eq!(kinds, want.map(|(rule, kind)| (rule, kind.to_owned())));
}

#[test]
fn the_binding_of_the_services_access_is_graded() {
    use Severity::{Informational, Low, Medium};
    for (name, condition, kind, severity) in [
        ("none", json!({}), "unbound", Medium),
        (
            "account",
            json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
            "account-only",
            Informational,
        ),
        (
            "ARN of any account",
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:acm-pca:*:*:certificate-authority/*"}}),
            "unbound",
            Medium,
        ),
    ] {
        let mut subject = clean();
        let mut statement = service_statement();
        statement["Condition"] = condition;
        set_policy(&mut subject, &[statement, tls_statement(&["s3:*"])]);
        assert_only(&subject, name, "bucket.confused-deputy", kind, severity);
    }
    let mut organisation = clean();
    let mut statement = service_statement();
    statement["Condition"] = json!({"StringEquals": {"aws:SourceOrgID": "o-1"}});
    set_policy(&mut organisation, &[statement, tls_statement(&["s3:*"])]);
    let found = findings(&organisation);
    assert_eq!(found, [("bucket.confused-deputy", "organisation".to_owned(), Low)]);
}

#[test]
fn others_who_may_change_crls_are_found_by_evaluation() {
    use Severity::{Critical, High, Low, Medium};
    let allow = |principal: Value, action: &str, resource: &str, condition: Value| {
        json!({"Effect": "Allow", "Principal": principal, "Action": action,
               "Resource": format!("arn:aws:s3:::crls/{resource}"), "Condition": condition})
    };
    let none = json!({});
    let stranger = json!({"AWS": "arn:aws:iam::999999999999:root"});
    for (name, statement, kind, severity) in [
        (
            "another account",
            allow(stranger.clone(), "s3:Put*", "crl/*", none.clone()),
            "other-account",
            High,
        ),
        ("by wildcard", allow(stranger.clone(), "*", "*", none.clone()), "other-account", High),
        (
            "on conditions",
            allow(
                stranger.clone(),
                "s3:*",
                "*",
                json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            ),
            "other-account-conditionally",
            Medium,
        ),
        (
            "our own",
            allow(
                json!({"AWS": "arn:aws:iam::111122223333:role/a"}),
                "s3:DeleteObject",
                "*",
                none.clone(),
            ),
            "own-account",
            Low,
        ),
        (
            "another service",
            allow(
                json!({"Service": "logging.s3.amazonaws.com"}),
                "s3:PutObject",
                "*",
                none.clone(),
            ),
            "aws-service",
            Medium,
        ),
        (
            "replication by another account",
            allow(stranger.clone(), "s3:Replicate*", "*", none.clone()),
            "other-account",
            High,
        ),
        (
            "the bucket's settings by another account",
            json!({"Effect": "Allow", "Principal": stranger, "Action": "s3:PutLifecycle*",
                   "Resource": "arn:aws:s3:::crls"}),
            "other-account",
            High,
        ),
        (
            "everything on the bucket's ARN",
            json!({"Effect": "Allow", "Principal": stranger, "Action": "s3:*",
                   "Resource": "arn:aws:s3:::crls"}),
            "other-account",
            High,
        ),
        (
            "anyone of the own account",
            allow(
                json!({"AWS": "*"}),
                "s3:PutObject",
                "*",
                json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
            ),
            "own-account",
            Low,
        ),
        (
            "anyone, behind BPA",
            allow(json!("*"), "s3:PutObject", "*", none.clone()),
            "anyone-limited",
            Medium,
        ),
        (
            "all but one",
            json!({"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"},
                   "NotAction": "s3:Get*", "Resource": "arn:aws:s3:::crls/*"}),
            "anyone-limited",
            Medium,
        ),
    ] {
        let mut subject = clean();
        set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"]), statement]);
        let found: Vec<_> = findings(&subject)
            .into_iter()
            .filter(|(rule, ..)| *rule != "bucket.confused-deputy")
            .collect();
        assert_eq!(found, [("bucket.other-writers", kind.to_owned(), severity)], "{name}");
    }
    let harmless = [
        allow(stranger.clone(), "s3:Get*", "*", none.clone()),
        allow(stranger.clone(), "s3:PutObject", "uploads/*", none.clone()),
        allow(stranger, "s3:PutObject", "*", json!({"Bool": {"aws:SecureTransport": "false"}})),
    ];
    for statement in harmless {
        let mut subject = clean();
        set_policy(
            &mut subject,
            &[service_statement(), tls_statement(&["s3:*"]), statement.clone()],
        );
        assert_eq!(findings(&subject), [], "{statement}");
    }

    let mut open = clean();
    open.facts.public_access_block = Fact::Known(PublicAccessBlock {
        restrict_public_buckets: false,
        ..PublicAccessBlock::default()
    });
    let anyone = allow(json!("*"), "s3:PutObject", "crl/*", none);
    set_policy(&mut open, &[service_statement(), tls_statement(&["s3:*"]), anyone]);
    assert!(findings(&open).contains(&("bucket.other-writers", "anyone".to_owned(), Critical)));
}

#[test]
fn tls_is_required_for_writes_but_not_for_reads_of_http_cdps() {
    let mut subject = clean();
    set_policy(&mut subject, &[service_statement()]);
    assert_only(&subject, "no TLS", "bucket.tls-only", "not-enforced", Severity::Low);

    let mut served = clean();
    served.users[0].served_by_bucket = true;
    assert_only(&served, "TLS for all", "bucket.http-readable", "refused", Severity::High);
    set_policy(&mut served, &[service_statement(), tls_statement(&["s3:Put*", "s3:Delete*"])]);
    assert_eq!(findings(&served), []);
}
