//! Whether the bucket policy lets ACM PCA in, and only as it should.

use serde_json::{Value, json};

use super::world::*;
use crate::{bucket::Fact, finding::Severity};

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
fn accounts_by_pattern_are_more_than_an_account() {
    for condition in [
        json!({"StringLike": {"aws:SourceAccount": "11112222*"}}),
        json!({"StringLike": {"aws:SourceAccount": "*3333"}}),
        json!({"StringLike": {"aws:SourceAccount": "11112222333?"}}),
        json!({"NumericGreaterThan": {"aws:SourceAccount": "100000000000"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:acm-pca:*:1111*:certificate-authority/*"}}),
    ] {
        let mut subject = clean();
        let mut statement = service_statement();
        statement["Condition"] = condition.clone();
        set_policy(&mut subject, &[statement, tls_statement(&["s3:*"])]);
        let want = ("bucket.confused-deputy", "other-condition".to_owned(), Severity::Low);
        assert_eq!(findings(&subject), [want], "{condition}");
    }
    for condition in [
        json!({"StringLike": {"aws:SourceAccount": "111122223333"}}),
        json!({"NumericEquals": {"aws:SourceAccount": 111_122_223_333_u64}}),
        json!({"StringEquals": {"aws:SourceAccount": 111_122_223_333_u64}}),
    ] {
        let mut subject = clean();
        let mut statement = service_statement();
        statement["Condition"] = condition.clone();
        set_policy(&mut subject, &[statement, tls_statement(&["s3:*"])]);
        let want = ("bucket.confused-deputy", "account-only".to_owned(), Severity::Informational);
        assert_eq!(findings(&subject), [want], "{condition}");
    }
}

#[test]
fn time_and_tls_versions_are_judged_for_the_service() {
    use Severity::{High, Low};
    let deny = |condition: Value| {
        json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*",
               "Resource": [OBJECTS, "arn:aws:s3:::crls"], "Condition": condition})
    };
    for (condition, want) in [
        (json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}}), None),
        (json!({"NumericLessThan": {"s3:TlsVersion": 1.2}}), None),
        (json!({"NumericLessThan": {"s3:TlsVersion": "1.3"}}), Some(("unclear", Low))),
        (json!({"NumericLessThan": {"s3:TlsVersion": "1.4"}}), Some(("refused", High))),
        (json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}}), Some(("refused", High))),
        (json!({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}), None),
        (json!({"NumericGreaterThan": {"aws:EpochTime": "1"}}), Some(("refused", High))),
    ] {
        let mut subject = clean();
        let statements = [service_statement(), tls_statement(&["s3:*"]), deny(condition.clone())];
        set_policy(&mut subject, &statements);
        let want: Vec<_> = want
            .map(|(kind, severity)| ("bucket.service-access", kind.to_owned(), severity))
            .into_iter()
            .collect();
        assert_eq!(findings(&subject), want, "{condition}");
    }
    let mut subject = clean();
    let mut statement = service_statement();
    statement["Condition"]["DateLessThan"] = json!({"aws:CurrentTime": "2020-01-01T00:00:00Z"});
    set_policy(&mut subject, &[statement, tls_statement(&["s3:*"])]);
    assert_only(&subject, "expired", "bucket.service-access", "refused", High);
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
