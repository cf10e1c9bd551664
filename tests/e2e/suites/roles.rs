//! Least privilege. The stack refuses each call that a function's role in infra/template.yaml does not
//! allow, so every scenario shows that enough is granted. This one shows that no more is.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::collections::BTreeSet;

use e2e::world::{World, id};
use serde_json::json;
use time::Duration;
use vigil_local::Grant;

const REPORTS: &str = "arn:aws:s3:::vigil-audit-reports-";
const AFTER_REFUSAL: &str =
    "read to find why ACM PCA refuses a report; the suite `reports` shows it";

/// Granted and not called below: function (none: each), the beginning of the action, the beginning or end of the resource, and why.
const UNCALLED: &[(&str, &str, &str, &str)] = &[
    (
        "audit-report",
        "s3:ListBucket",
        "arn:aws:s3:::vigil-",
        "without it, S3 answers for a missing object as for a forbidden one",
    ),
    (
        "audit-report",
        "s3:PutObject",
        "/audit-report/*",
        "ACM PCA demands it of the principal that requests a report",
    ),
    ("audit-report", "s3:GetBucketLocation", REPORTS, AFTER_REFUSAL),
    ("audit-report", "s3:GetBucketObjectLockConfiguration", REPORTS, AFTER_REFUSAL),
    ("audit-report", "s3:GetBucketPolicy", REPORTS, AFTER_REFUSAL),
    ("audit-report", "s3:GetBucketPublicAccessBlock", REPORTS, AFTER_REFUSAL),
    ("audit-report", "s3:GetEncryptionConfiguration", REPORTS, AFTER_REFUSAL),
    (
        "crl-audit",
        "s3:GetObject",
        "/reports/crl-audit/*",
        "read when two runs end in one second, so that both reports are kept",
    ),
    (
        "last-resort",
        "s3:ListBucket",
        "arn:aws:s3:::vigil-",
        "without it, S3 answers for a missing object as for a forbidden one",
    ),
    (
        "restore-deadline",
        "cloudtrail:LookupEvents",
        "*",
        "asked when a policy lets a CA go because of its deleter",
    ),
    (
        "",
        "logs:",
        "*",
        "of the managed policy that SAM adds; Lambda's runtime writes the logs itself",
    ),
    ("", "sqs:SendMessage", "DeadLetters", "SAM adds it; used after an event failed three times"),
    (
        "auto-restore",
        "cloudtrail:LookupEvents",
        "*",
        "asked when an event was lost or a policy names the deleter",
    ),
    ("auto-restore", "s3:GetObject", "/acks/*", "read at the end of a window by the sweep"),
    ("auto-restore", "s3:GetObject", "/state/crl-audit/cas/*", "read when a CA signs no CRL"),
    ("auto-restore", "s3:GetObject", "/state/deadline/*", "read when a CA has vanished"),
];

/// Allowed on resources of this class, and not called below: function, the beginnings of action and
/// class, and why.
const WIDER: &[(&str, &str, &str, &str)] = &[
    (
        "audit-report",
        "s3:ListBucket",
        "bucket vigil-evidence",
        "without it, S3 answers for a missing object as for a forbidden one",
    ),
    (
        "audit-report",
        "s3:ListBucket",
        "bucket vigil-audit-reports",
        "without it, S3 answers for a missing object as for a forbidden one",
    ),
    (
        "audit-report",
        "s3:PutObject",
        "vigil-audit-reports-111122223333-us-east-1 audit-report",
        "ACM PCA demands it of the principal that requests a report",
    ),
    ("audit-report", "s3:Get", "bucket vigil-audit-reports", AFTER_REFUSAL),
    (
        "last-resort",
        "s3:ListBucket",
        "bucket vigil-evidence",
        "without it, S3 answers for a missing object as for a forbidden one",
    ),
    ("auto-restore", "s3:GetObject", "vigil-evidence-111122223333-us-east-1 acks", "the sweep"),
    (
        "auto-restore",
        "s3:GetObject",
        "vigil-evidence-111122223333-us-east-1 state/crl-audit",
        "read when a CA signs no CRL",
    ),
    (
        "auto-restore",
        "s3:GetObject",
        "vigil-evidence-111122223333-us-east-1 state/deadline",
        "read when a CA has vanished",
    ),
];

/// The bucket of CRLs, which the parameter CrlBuckets names.
const CRL_BUCKET: &str = "crl-bucket";

/// Resources that no function has to touch, and those of the stack, whether or not a scenario does.
const STRANGERS: &[&str] = &[
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/acks/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/alerts/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/approvals/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/cases/1/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/findings/crl-audit/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/holds/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/policies/1.cedar",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/rejected-events/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/reports/crl-audit/1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/state/inventory/us-east-1.json",
    "arn:aws:s3:::vigil-evidence-111122223333-us-east-1/summaries/1/1.json",
    "arn:aws:s3:::vigil-audit-reports-111122223333-us-east-1",
    "arn:aws:s3:::vigil-audit-reports-111122223333-us-east-1/audit-report/1.json",
    "arn:aws:s3:::vigil-audit-reports-111122223333-us-east-1/other.json",
    "arn:aws:s3:::crl-bucket/other.txt",
    "arn:aws:events:us-east-1:111122223333:event-bus/vigil",
    "arn:aws:events:us-east-1:444455556666:event-bus/vigil",
    "arn:aws:sns:us-east-1:111122223333:vigil-local-Alerts",
    "arn:aws:acm-pca:us-east-1:444455556666:certificate-authority/1",
    "arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1",
    "arn:aws:events:us-east-1:111122223333:event-bus/default",
    "arn:aws:kms:us-east-1:444455556666:key/1",
    "arn:aws:s3:::other-bucket",
    "arn:aws:s3:::other-bucket/secret.txt",
    "arn:aws:sns:us-east-1:111122223333:other-topic",
    "arn:aws:securityhub:us-east-1:111122223333:product/other/product",
    "arn:aws:securityhub:us-east-1:444455556666:product/444455556666/default",
    "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default",
];

/// What a resource is to a role: the CA of an account, the prefix of an evidence object, a bucket.
fn class(resource: &str) -> String {
    let Some(path) = resource.strip_prefix("arn:aws:s3:::") else {
        // A CA or a key stands for all of its account and Region.
        return match resource.rsplit_once('/') {
            Some((all, _))
                if resource.contains(":key/") || resource.contains(":certificate-authority/") =>
            {
                all.to_owned()
            }
            _ => resource.to_owned(),
        };
    };
    let mut parts = path.split('/');
    let (bucket, first) = (parts.next().unwrap_or_default(), parts.next());
    match (bucket == e2e::world::EVIDENCE, first) {
        (_, None) => format!("bucket {bucket}"),
        (true, Some("state")) => format!("{bucket} state/{}", parts.next().unwrap_or_default()),
        (_, Some(first)) if bucket.starts_with("vigil-") => format!("{bucket} {first}"),
        (_, Some(_)) => format!("{bucket} objects"),
    }
}

/// Every permission, by action and resource, is needed by a call.
fn assert_all_is_needed(world: &World) {
    let calls = world.stack.calls();
    let listed = |grant: &Grant| {
        UNCALLED.iter().any(|(function, action, resource, _)| {
            (function.is_empty() || grant.function == format!("vigil-{function}"))
                && grant.action.starts_with(action)
                && (grant.resource.starts_with(resource) || grant.resource.ends_with(resource))
        })
    };
    let unused: Vec<&Grant> = world
        .stack
        .granted()
        .filter(|grant| !calls.iter().any(|call| grant.covers(call)) && !listed(grant))
        .collect();
    assert!(unused.is_empty(), "granted, and never used: {unused:#?}");
}

/// A role allows an action on no class of resources on which its function never used it.
fn assert_no_role_reaches_further(world: &World) {
    let calls = world.stack.calls();
    let strangers = STRANGERS.iter().map(|it| (*it).to_owned());
    let resources: BTreeSet<String> =
        calls.iter().map(|call| call.resource.clone()).chain(strangers).collect();
    let mut wider = BTreeSet::new();
    let actions: BTreeSet<(&str, &str)> =
        world.stack.granted().map(|it| (it.function.as_str(), it.action.as_str())).collect();
    for (function, action) in actions {
        let service = action.split(':').next().unwrap_or_default();
        let used: BTreeSet<String> = calls
            .iter()
            .filter(|call| call.function == function && call.action == action)
            .map(|call| class(&call.resource))
            .collect();
        // An action that knows no resource is allowed on all.
        if used.contains("*") {
            continue;
        }
        // Actions on objects know no bucket, and those on buckets no object.
        let on_objects = resource_is_object(&used);
        let fits = |resource: &&String| {
            resource.starts_with(&format!("arn:aws:{service}:"))
                && (service != "s3" || resource.contains('/') == on_objects)
        };
        for resource in resources.iter().filter(fits) {
            if !used.contains(&class(resource))
                && world.stack.would_allow(function, action, resource)
            {
                let name = function.trim_start_matches("vigil-").to_owned();
                wider.insert((name, action.to_owned(), class(resource)));
            }
        }
    }
    let listed = |(function, action, class): &(String, String, String)| {
        WIDER
            .iter()
            .any(|(f, a, c, _)| f == function && action.starts_with(a) && class.starts_with(c))
    };
    let unlisted: Vec<_> = wider.iter().filter(|one| !listed(one)).collect();
    assert!(unlisted.is_empty(), "allowed beyond what is used: {unlisted:#?}");
}

fn resource_is_object(classes: &BTreeSet<String>) -> bool {
    classes.iter().any(|class| !class.starts_with("bucket "))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_allows_nothing_that_its_function_never_does() {
    // The only threshold is also the last, and passes with the deletion. A sweep runs only on the
    // first day, so that restore-deadline makes the restoration at the end of the window.
    let crl_bucket = format!("arn:aws:s3:::{CRL_BUCKET}");
    let parameters = [
        ("CrlBuckets", crl_bucket.as_str()),
        ("DeadlineThresholds", "7d"),
        ("SweepSchedule", "rate(1 day)"),
        ("PutBack", "true"),
        ("SecurityHub", "true"),
    ];
    let world = World::start_with(&parameters).await;
    let bucket = CRL_BUCKET;
    world.crl_bucket(bucket).await;
    world.keep_versions(bucket).await;
    let key = world.key_for(bucket);
    world.encrypt_with(bucket, &key).await;
    // The default policies, and one that permits the reactivation of a root.
    let policy = concat!(
        include_str!("../../../infra/policies/default.cedar"),
        r#"permit (principal, action == Vigil::Action::"ReactivateCertificateAuthority", resource);"#,
    );
    world.publish(policy).await;

    // A CA with a CRL and a daily report; a deletion that is undone, and one that is permitted.
    let ca = world.active_root(Some(bucket)).await;
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(["www.example.com".to_owned()]).unwrap();
    let csr = parameters.serialize_request(&key).unwrap().pem().unwrap();
    world.issue(&ca, csr.as_bytes(), "EndEntityCertificate", 30).await;
    world.issue(&ca, csr.as_bytes(), "CodeSigningCertificate", 30).await;
    world.advance(Duration::hours(25)).await;
    // A finding that reports never forget is acknowledged.
    let of_template = world.findings("audit-report.template")[0]["id"].clone();
    world.acknowledge(of_template.as_str().unwrap()).await;
    world.disable(&ca).await;
    world.stack.settled().await;
    world.store_attachments(&ca).await;
    world.delete_disabled(&ca, 7).await;
    world.stack.settled().await;
    world.assert_nothing_failed();
    let mut gone = world.event("DeleteCertificateAuthority");
    world.approve(&ca).await;
    world.delete(&ca, 7).await;
    world.advance(Duration::hours(2)).await;
    // A deletion that is permitted, and undone at the end of its window.
    let root = world.active_root(None).await;
    let below = world.active_subordinate(&root).await;
    let anybody =
        r#"permit(principal, action == Vigil::Action::"DeleteCertificateAuthority", resource);"#;
    world.publish(&format!("{policy}\n{anybody}")).await;
    world.disable(&below).await;
    world.stack.settled().await;
    world.store_attachments(&below).await;
    world.delete_disabled(&below, 7).await;
    world.stack.settled().await;
    world.advance(Duration::hours(2)).await;
    world.assert_nothing_failed();
    // The approved deletion nears its end, and then its approval is no longer there.
    world.advance(Duration::days(7) - Duration::minutes(330)).await;
    let approval = format!("approvals/{}.json", id(&ca));
    let remove = world.s3.delete_object().bucket(e2e::world::EVIDENCE).key(approval);
    remove.send().await.unwrap();
    world.advance(Duration::minutes(20)).await;
    assert_eq!(world.findings("last-resort.restored").len(), 1);
    world.advance(Duration::minutes(70)).await;
    // An event of another Region, which fails with a named error.
    let elsewhere = gone.to_string().replace("us-east-1", "eu-west-1");
    let elsewhere: serde_json::Value = serde_json::from_str(&elsewhere).unwrap();
    // A report that failed, and a deletion that comes after the end.
    let failed = include_str!("../../../infra/events/audit-report-generation.json");
    let mut failed: serde_json::Value = serde_json::from_str(failed).unwrap();
    failed["detail"]["result"] = json!("failure");
    failed["resources"][0] = json!(ca);
    world.stack.deliver(failed);
    gone["detail"]["eventID"] = json!("00000000-0000-4000-8000-000000000000");
    gone["detail"]["requestParameters"]["certificateAuthorityArn"] =
        json!(ca.replace(id(&ca), "00000000-0000-4000-8000-000000000001"));
    world.stack.deliver(gone);
    world.stack.settled().await;

    world.assert_nothing_failed();
    world.stack.deliver(elsewhere);
    world.stack.settled().await;
    assert_all_is_needed(&world);
    assert_no_role_reaches_further(&world);
}

/// `tests/infra/test_template.py` lists the conditions of all roles.
#[tokio::test(flavor = "multi_thread")]
async fn every_condition_of_a_role_matters() {
    let world = World::start().await;
    let allows = |action: &str, resource: &str, keys: &[(&str, &str)]| {
        world.stack.would_allow_with("vigil-crl-audit", action, resource, keys)
    };
    let (own, other) = ("111122223333", "444455556666");
    for (action, resource) in [
        ("s3:GetBucketPolicy", "arn:aws:s3:::crls"),
        ("s3:ListBucket", "arn:aws:s3:::crls"),
        ("s3:GetObject", "arn:aws:s3:::crls/crl/1.crl"),
        ("s3:GetObjectVersion", "arn:aws:s3:::crls/pki/1.crl"),
    ] {
        assert!(allows(action, resource, &[("aws:ResourceAccount", own)]), "{action}");
        assert!(!allows(action, resource, &[("aws:ResourceAccount", other)]), "{action}");
    }
    let key = "arn:aws:kms:us-east-1:111122223333:key/1";
    for (service, want) in
        [("s3.us-east-1.amazonaws.com", true), ("sqs.us-east-1.amazonaws.com", false)]
    {
        assert_eq!(allows("kms:Decrypt", key, &[("kms:ViaService", service)]), want, "{service}");
    }
    assert!(!allows("kms:Decrypt", key, &[]), "a call of the function itself");
    let bus = "arn:aws:events:us-east-1:111122223333:event-bus/vigil";
    for name in ["audit-report", "auto-restore", "crl-audit", "last-resort", "restore-deadline"] {
        for (source, want) in [("vigil", true), ("aws.acm-pca", false), ("mine", false)] {
            let keys = [("events:source", source)];
            let function = format!("vigil-{name}");
            let allowed = world.stack.would_allow_with(&function, "events:PutEvents", bus, &keys);
            assert_eq!(allowed, want, "{name}: {source}");
        }
    }
}

const FUNCTIONS: [&str; 6] =
    ["audit-report", "auto-restore", "crl-audit", "last-resort", "notify", "restore-deadline"];

/// SAM gives each role every log group, and the queue of its own failures.
#[tokio::test(flavor = "multi_thread")]
async fn what_sam_grants_reaches_the_own_log_and_queue_only() {
    let world = World::start().await;
    let queue = |function: &str| {
        let words = function.split('-').map(|word| word[..1].to_uppercase() + &word[1..]);
        let name: String = words.collect();
        format!("arn:aws:sqs:us-east-1:111122223333:vigil-local-{name}DeadLetters")
    };
    for function in FUNCTIONS {
        for other in FUNCTIONS {
            let allows = |action: &str, resource: &str| {
                world.stack.would_allow(&format!("vigil-{function}"), action, resource)
            };
            let group = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/vigil-";
            let stream = format!("{group}{other}:log-stream:1");
            assert_eq!(
                allows("logs:PutLogEvents", &stream),
                function == other,
                "{function} {other}"
            );
            let may_send = allows("sqs:SendMessage", &queue(other));
            assert_eq!(may_send, function == other, "{function} {other}");
        }
    }
}
