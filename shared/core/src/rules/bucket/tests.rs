//! A clean bucket has no findings; each test spoils one thing and gets exactly that finding.

use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::{
    bucket::{Encryption, Fact, KeyFacts, LifecycleRule, PublicAccessBlock},
    finding::Severity,
    rules::{JudgementResult, assert_presentable, judge},
};

mod fixtures;

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

fn user(arn: &str) -> BucketUser {
    let ca: CaArn = arn.parse().unwrap();
    BucketUser {
        key: format!("crl/{}.crl", ca.id()),
        ca,
        object_acl: S3ObjectAcl::BucketOwnerFullControl,
        served_by_bucket: false,
        is_public_meant: false,
    }
}

fn kms(key: Option<&str>) -> Encryption {
    Encryption::Kms { key: key.map(str::to_owned), bucket_key: true }
}

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1";

/// Encrypted with a key whose policy is as the user guide has it, or spoilt.
fn with_key(subject: &mut BucketSubject, bucket_key: bool, spoil: impl FnOnce(&mut KeyFacts)) {
    let objects = ["arn:aws:s3:::crls/crl/*", "arn:aws:s3:::crls/acm-pca-permission-test-key"];
    let bucket = ["arn:aws:s3:::crls"];
    let context = if bucket_key { &bucket[..] } else { &objects };
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "acm-pca.amazonaws.com"},
         "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*",
         "Condition": {"StringLike": {"kms:EncryptionContext:aws:s3:arn": context}}},
    ]});
    let mut key = KeyFacts {
        arn: KEY.to_owned(),
        is_aws_managed: false,
        state: "Enabled".to_owned(),
        policy: policy.to_string(),
    };
    spoil(&mut key);
    subject.facts.encryption =
        Fact::Known(Encryption::Kms { key: Some(KEY.to_owned()), bucket_key });
    subject.facts.key = Fact::Known(Some(key));
}

/// The encryption context is the bucket's ARN or the object's, and the policy must know which.
#[test]
fn a_key_is_judged_by_what_s3_will_ask_of_it() {
    use Severity::High;
    for bucket_key in [true, false] {
        let mut subject = clean();
        with_key(&mut subject, bucket_key, |_| ());
        assert_eq!(findings(&subject), [], "{bucket_key}");
        let key = subject.facts.key.clone();
        with_key(&mut subject, !bucket_key, |_| ());
        subject.facts.key = key;
        assert_only(&subject, "the other", "bucket.encryption-key", "refused", High);
    }
    let mut subject = clean();
    with_key(&mut subject, true, |key| key.is_aws_managed = true);
    assert_only(&subject, "AWS's by its id", "bucket.encryption", "aws-managed-key", High);
    subject.facts.key = Fact::Unknown("denied".to_owned());
    assert_eq!(findings(&subject), [], "what is not known is not found");
}

fn service_statement() -> Value {
    json!({
        "Sid": "service",
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": ["arn:aws:s3:::crls/*", "arn:aws:s3:::crls"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": CA}},
    })
}

fn tls_statement(actions: &[&str]) -> Value {
    json!({
        "Sid": "tls", "Effect": "Deny", "Principal": "*", "Action": actions,
        "Resource": ["arn:aws:s3:::crls/*", "arn:aws:s3:::crls"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    })
}

pub(super) fn clean() -> BucketSubject {
    let mut subject = BucketSubject {
        facts: BucketFacts {
            name: "crls".to_owned(),
            region: Fact::Known(Some("us-east-1".to_owned())),
            policy: Fact::Known(None),
            public_access_block: Fact::Known(PublicAccessBlock {
                block_public_acls: true,
                ignore_public_acls: true,
                block_public_policy: true,
                restrict_public_buckets: true,
            }),
            ownership: Fact::Known(Some("BucketOwnerPreferred".to_owned())),
            encryption: Fact::Known(Encryption::SseS3),
            key: Fact::Known(None),
            versioning: Fact::Known(true),
            owned: Fact::Known(true),
            event_notifications: Fact::Known(true),
            lifecycle: Fact::Known(Vec::new()),
            access_logs: Fact::Known(Some("logs".to_owned())),
            object_lock: Fact::Known(false),
        },
        account_block: Fact::Known(PublicAccessBlock::default()),
        users: vec![user(CA)],
        orphans: Ok(Orphans::default()),
    };
    set_policy(&mut subject, &[service_statement(), tls_statement(&["s3:*"])]);
    subject
}

fn set_policy(subject: &mut BucketSubject, statements: &[Value]) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    subject.facts.policy = Fact::Known(Some(policy));
}

fn findings(subject: &BucketSubject) -> Vec<(&'static str, String, Severity)> {
    let mut found = Vec::new();
    for judgement in judge(RULES, subject, &subject.arn(), datetime!(2026-03-01 0:00 UTC)) {
        if let JudgementResult::Findings { findings } = judgement.result {
            for finding in findings {
                assert_presentable(RULES, &finding);
                let kind = finding.evidence["kind"].as_str().unwrap().to_owned();
                found.push((judgement.rule, kind, finding.severity));
            }
        }
    }
    found
}

fn assert_only(
    subject: &BucketSubject,
    name: &str,
    rule: &'static str,
    kind: &str,
    severity: Severity,
) {
    assert_eq!(findings(subject), [(rule, kind.to_owned(), severity)], "{name}");
}

#[test]
fn a_clean_bucket_has_no_findings() {
    assert_eq!(findings(&clean()), []);
}

#[test]
fn a_bucket_that_is_gone_is_one_critical_finding() {
    let mut subject = clean();
    subject.facts.region = Fact::Known(None);
    assert_only(&subject, "gone", "bucket.exists", "missing", Severity::Critical);
}

#[test]
fn settings_that_the_service_cannot_work_with_are_found() {
    use Severity::{High, Low};
    for (name, encryption, kind, severity) in [
        ("aws/s3 by default", kms(None), "aws-managed-key", High),
        (
            "aws/s3 by name",
            kms(Some("arn:aws:kms:us-east-1:1:alias/aws/s3")),
            "aws-managed-key",
            High,
        ),
        ("none", Encryption::None, "none", Low),
        ("DSSE", Encryption::Other("aws:kms:dsse".to_owned()), "unsupported", High),
    ] {
        let mut subject = clean();
        subject.facts.encryption = Fact::Known(encryption);
        assert_only(&subject, name, "bucket.encryption", kind, severity);
    }
    let mut subject = clean();
    with_key(&mut subject, true, |_| ());
    assert_eq!(findings(&subject), []);
    subject.facts.versioning = Fact::Known(false);
    assert_only(&subject, "no versions", "bucket.versioning", "off", Low);
}

#[test]
fn a_public_acl_needs_a_bucket_that_takes_and_honours_it() {
    let open = PublicAccessBlock::default();
    let public = |block, ownership: Option<&str>| {
        let mut subject = clean();
        subject.users[0].object_acl = S3ObjectAcl::PublicRead;
        subject.facts.public_access_block = Fact::Known(block);
        subject.facts.ownership = Fact::Known(ownership.map(str::to_owned));
        findings(&subject).into_iter().map(|(_, kind, _)| kind).collect::<Vec<_>>()
    };
    assert!(public(open, Some("BucketOwnerPreferred")).is_empty());
    assert!(public(open, None).is_empty());
    assert_eq!(public(open, Some("BucketOwnerEnforced")), ["acls-disabled"]);
    let blocking = PublicAccessBlock { block_public_acls: true, ..open };
    assert_eq!(public(blocking, None), ["blocks-public-acls"]);
    let ignoring = PublicAccessBlock { ignore_public_acls: true, ..open };
    assert_eq!(public(ignoring, None), ["ignores-public-acls"]);

    let mut private = clean();
    (private.account_block, private.facts.public_access_block) =
        (private.facts.public_access_block, Fact::Known(open));
    assert_eq!(findings(&private), [], "the account's block is as good");
    private.account_block = Fact::Known(open);
    assert_only(&private, "private, open", "bucket.object-acl", "not-blocked", Severity::Low);
}

#[test]
fn who_blocks_public_acls_is_named_with_the_command_that_stops_it() {
    let blocking = PublicAccessBlock {
        block_public_acls: true,
        restrict_public_buckets: true,
        ..PublicAccessBlock::default()
    };
    let account = "aws s3control put-public-access-block --account-id 111122223333 \
                   --public-access-block-configuration BlockPublicAcls=false,\
                   IgnorePublicAcls=false,BlockPublicPolicy=false,RestrictPublicBuckets=true";
    let bucket = "aws s3api put-public-access-block --bucket crls";
    for (by_account, by_bucket, level, who) in [
        (true, false, "account", "of the account refuses"),
        (false, true, "bucket", "of the bucket refuses"),
        (true, true, "both", "of the account and of the bucket refuses"),
    ] {
        let block =
            |on: bool| Fact::Known(if on { blocking } else { PublicAccessBlock::default() });
        let mut subject = clean();
        subject.users[0].object_acl = S3ObjectAcl::PublicRead;
        subject.account_block = block(by_account);
        subject.facts.public_access_block = block(by_bucket);
        let at = datetime!(2026-03-01 0:00 UTC);
        let judgements = judge(&[object_acl::RULE], &subject, &subject.arn(), at);
        let JudgementResult::Findings { findings } = &judgements[0].result else {
            panic!("{judgements:?}")
        };
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!(finding.evidence["level"], level);
        assert!(finding.title.contains(who), "{}", finding.title);
        assert_eq!(finding.remediation.contains(account), by_account, "{}", finding.remediation);
        assert_eq!(finding.remediation.contains(bucket), by_bucket, "{}", finding.remediation);
    }
}

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
        ("another account", allow(stranger.clone(), "s3:Put*", "crl/*", none.clone()), "may", High),
        ("by wildcard", allow(stranger.clone(), "*", "*", none.clone()), "may", High),
        (
            "on conditions",
            allow(
                stranger.clone(),
                "s3:*",
                "*",
                json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            ),
            "may-under-conditions",
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
            "may",
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
            "may",
            Medium,
        ),
        ("anyone, behind BPA", allow(json!("*"), "s3:PutObject", "*", none.clone()), "may", Medium),
        (
            "all but one",
            json!({"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"},
                   "NotAction": "s3:Get*", "Resource": "arn:aws:s3:::crls/*"}),
            "may",
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
    assert!(findings(&open).contains(&("bucket.other-writers", "may".to_owned(), Critical)));
}

#[test]
fn tls_is_wanted_for_writing_and_unwanted_for_reading_where_cdps_say_http() {
    let mut subject = clean();
    set_policy(&mut subject, &[service_statement()]);
    assert_only(&subject, "no TLS", "bucket.tls-only", "not-enforced", Severity::Low);

    let mut served = clean();
    served.users[0].served_by_bucket = true;
    assert_only(&served, "TLS for all", "bucket.http-readable", "refused", Severity::High);
    set_policy(&mut served, &[service_statement(), tls_statement(&["s3:Put*", "s3:Delete*"])]);
    assert_eq!(findings(&served), []);
}

#[test]
fn what_takes_crls_away_or_hides_who_did_is_found() {
    use Severity::{High, Low, Medium};
    let rule = |prefix: &str| LifecycleRule {
        id: "tidy".to_owned(),
        prefix: prefix.to_owned(),
        narrowed: false,
        expires: true,
        moves_to: Vec::new(),
    };
    let to = |class: &str| vec!["STANDARD_IA".to_owned(), class.to_owned()];
    let archives =
        |class: &str| LifecycleRule { expires: false, moves_to: to(class), ..rule("crl/") };
    for (rule, want) in [
        (rule(""), Some(("expires", High))),
        (rule("crl/"), Some(("expires", High))),
        (rule("crl/1122"), Some(("expires", High))),
        (rule("crl/9"), None),
        (rule("audit-report/"), None),
        (LifecycleRule { narrowed: true, ..rule("crl/") }, Some(("expires", Low))),
        (archives("GLACIER"), Some(("archives", High))),
        (archives("GLACIER_IR"), None),
    ] {
        let mut subject = clean();
        subject.facts.lifecycle = Fact::Known(vec![rule.clone()]);
        let want = want.map(|(kind, severity)| ("bucket.lifecycle", kind.to_owned(), severity));
        assert_eq!(findings(&subject), Vec::from_iter(want), "{rule:?}");
    }
    let mut subject = clean();
    subject.facts.access_logs = Fact::Known(None);
    assert_only(&subject, "no logs", "bucket.access-logging", "off", Low);
    subject.facts.access_logs = Fact::Known(Some("crls".to_owned()));
    assert_only(&subject, "logs to itself", "bucket.access-logging", "to-itself", Medium);
    let mut subject = clean();
    subject.facts.event_notifications = Fact::Known(false);
    assert_only(&subject, "no events", "bucket.event-notifications", "off", Low);
    let mut subject = clean();
    subject.facts.object_lock = Fact::Known(true);
    assert_only(&subject, "locked", "bucket.object-lock", "enabled", High);
}

#[test]
fn a_bucket_of_another_account_or_in_a_region_out_of_reach_is_found() {
    let mut subject = clean();
    subject.facts.owned = Fact::Known(false);
    assert_only(&subject, "theirs", "bucket.owner", "another-account", Severity::High);
    let mut subject = clean();
    subject.facts.region = Fact::Known(Some("eu-west-1".to_owned()));
    assert_eq!(findings(&subject), []);
    subject.facts.region = Fact::Known(Some("af-south-1".to_owned()));
    assert_only(&subject, "opt-in", "bucket.region", "unsupported", Severity::High);
    subject.users = vec![user(&CA.replace("us-east-1", "af-south-1"))];
    subject.facts.policy = Fact::Unknown("not asked".to_owned());
    assert_eq!(findings(&subject), [], "the CA's own Region");
}

#[test]
fn what_is_not_known_is_not_judged_and_says_so() {
    let mut subject = clean();
    let denied = || "GetBucketPolicy was refused".to_owned();
    subject.facts.policy = Fact::Unknown(denied());
    subject.facts.encryption = Fact::Unknown(denied());
    subject.facts.versioning = Fact::Unknown(denied());
    subject.facts.public_access_block = Fact::Unknown(denied());
    subject.account_block = Fact::Unknown(denied());
    subject.facts.region = Fact::Unknown(denied());
    subject.facts.owned = Fact::Unknown(denied());
    subject.facts.event_notifications = Fact::Unknown(denied());
    subject.facts.lifecycle = Fact::Unknown(denied());
    subject.facts.access_logs = Fact::Unknown(denied());
    subject.facts.object_lock = Fact::Unknown(denied());
    subject.orphans = Err(denied());
    let judgements = judge(RULES, &subject, "arn", datetime!(2026-03-01 0:00 UTC));
    assert_eq!(judgements.len(), RULES.len());
    for judgement in judgements {
        match judgement.result {
            JudgementResult::Unknown { reason } => assert!(!reason.is_empty()),
            other => panic!("{}: {other:?}", judgement.rule),
        }
    }
    assert_eq!(subject.facts.unknown().len(), 10);
}
