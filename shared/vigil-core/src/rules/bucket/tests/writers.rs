//! Who but ACM PCA may change CRLs and their bucket, by the bucket policy.

use serde_json::{Value, json};

use super::world::*;
use crate::{
    bucket::{Fact, PublicAccessBlock},
    finding::Severity,
};

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

/// The policy of the user guide and one more statement: what is found beside that TLS is not enforced.
fn found_beside(
    statement: Value,
    block: PublicAccessBlock,
) -> Vec<(&'static str, String, Severity)> {
    let mut subject = clean();
    subject.users[0].is_public_meant = true;
    subject.facts.public_access_block = Fact::Known(block);
    set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"]), statement]);
    findings(&subject)
}

#[test]
fn every_action_that_changes_a_crl_or_its_bucket_is_found() {
    let open = PublicAccessBlock::default();
    for (action, resource) in [
        ("s3:PutObject", OBJECTS),
        ("s3:DeleteObject", OBJECTS),
        ("s3:DeleteObjectVersion", OBJECTS),
        ("s3:PutObjectAcl", OBJECTS),
        ("s3:ReplicateObject", OBJECTS),
        ("s3:ReplicateDelete", OBJECTS),
        ("s3:Replicate*", OBJECTS),
        ("s3:RestoreObject", OBJECTS),
        ("s3:PutLifecycleConfiguration", "arn:aws:s3:::crls"),
        ("s3:PutReplicationConfiguration", "arn:aws:s3:::crls"),
        ("s3:PutEncryptionConfiguration", "arn:aws:s3:::crls"),
        ("s3:PutBucketVersioning", "arn:aws:s3:::crls"),
        ("s3:PutBucketAcl", "arn:aws:s3:::crls"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::crls"),
        ("s3:PutBucketPublicAccessBlock", "arn:aws:s3:::crls"),
        ("s3:PutBucketOwnershipControls", "arn:aws:s3:::crls"),
        ("s3:DeleteBucket", "arn:aws:s3:::crls"),
        ("s3:*", "arn:aws:s3:::crls"),
        ("*", "*"),
    ] {
        for (principal, kind, severity) in [
            (json!({"AWS": "444455556666"}), "other-account", Severity::High),
            (json!({"AWS": "arn:aws:iam::444455556666:root"}), "other-account", Severity::High),
            (json!("*"), "anyone", Severity::Critical),
        ] {
            let statement = json!({"Effect": "Allow", "Principal": principal, "Action": action,
                                   "Resource": resource});
            let mut found = found_beside(statement, open);
            // Some of the actions let everyone read, too, or any CA of ACM PCA write.
            found.retain(|(rule, ..)| *rule == "bucket.other-writers");
            assert_eq!(found, [("bucket.other-writers", kind.to_owned(), severity)], "{action}");
        }
    }
}

#[test]
fn conditions_say_who_stands_behind_a_star() {
    use Severity::{Critical, High, Low, Medium};
    let open = PublicAccessBlock::default();
    for (condition, kind, severity) in [
        (json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), "own-account", Low),
        (json!({"StringLike": {"aws:PrincipalAccount": "444455556666"}}), "other-account", High),
        (
            json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
            "own-account",
            Low,
        ),
        (
            json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/a"}}),
            "other-account",
            High,
        ),
        (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}}), "anyone", Critical),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), "organisation", Medium),
        (json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}), "aws-service", Medium),
        (
            json!({"StringEquals": {"s3:DataAccessPointAccount": "444455556666"}}),
            "other-account",
            High,
        ),
        (json!({"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}), "anyone", Critical),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), "anyone", Critical),
        (json!({"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}}), "anyone", Critical),
        (
            json!({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}),
            "anyone",
            Critical,
        ),
        (json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), "anyone-limited", Medium),
    ] {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:PutObject",
                               "Resource": OBJECTS, "Condition": condition});
        let found = found_beside(statement, open);
        let want = ("bucket.other-writers", kind.to_owned(), severity);
        assert!(found.contains(&want), "{condition}: {found:?}");
        let others = found.iter().filter(|(rule, ..)| *rule == "bucket.other-writers").count();
        // An account that is named in a negation may be let in by another statement: it is asked for.
        assert_eq!(others, 1, "{condition}: {found:?}");
    }
    // Once it is over, neither a stranger nor ACM PCA is let in by it.
    let expired = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject",
        "Resource": OBJECTS, "Condition": {"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}});
    assert_eq!(found_beside(expired, open), []);
}

#[test]
fn a_named_administrator_is_not_reported() {
    for (named, administrators, reported) in [
        ("arn:aws:iam::111122223333:role/pki-admin", "arn:aws:iam::111122223333:role/pki-*", false),
        ("arn:aws:iam::111122223333:role/other", "arn:aws:iam::111122223333:role/pki-*", true),
        ("444455556666", "444455556666", false),
        ("arn:aws:iam::444455556666:root", "444455556666", false),
        ("arn:aws:iam::444455556666:role/a", "444455556666", false),
        ("444455556666", "arn:aws:iam::444455556666:role/a", true),
    ] {
        let mut subject = clean();
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": named}, "Action": "s3:*",
                               "Resource": OBJECTS});
        set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"]), statement]);
        subject.administrators = vec![administrators.to_owned()];
        assert_eq!(findings(&subject).len(), usize::from(reported), "{named} {administrators}");
    }
}
