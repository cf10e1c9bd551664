//! The bucket policy must let ACM PCA do the four things it does with a CRL bucket.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{BucketSubject, BucketUser};
use crate::{
    bucket_policy::{BucketPolicy, Context, Effect, Principal, Request},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.service-access",
        holds: "The bucket policy grants ACM PCA s3:PutObject, s3:PutObjectAcl, s3:GetBucketAcl and \
                s3:GetBucketLocation.",
        cites: "AWS Private CA User Guide, Access policies for CRLs in Amazon S3",
        kinds: &[PROBE_REFUSED, REFUSED, UNCLEAR],
    },
    check,
};

const REFUSED: Kind = Kind {
    id: "refused",
    severity: Severity::High,
    title: "ACM PCA may not write the CRL of {ca} to bucket {bucket}",
    what_happened: "The policy of bucket {bucket} refuses ACM PCA, for {ca}: {calls}. Checked at {as_of}.",
    impact: super::NO_NEW_CRL,
    what_to_do: "Let ACM PCA write. Save the policy as policy.json; if the bucket has none, write one with the \
                 statement below alone:",
    first_command: super::SAVE_POLICY,
};

const PROBE_REFUSED: Kind = Kind {
    id: "probe-refused",
    severity: Severity::Medium,
    title: "ACM PCA may not write its test object to bucket {bucket}",
    what_happened: "The policy of bucket {bucket} lets ACM PCA write the CRL of {ca}, and not the object \
                    {probe} that it writes to the root of the bucket. Checked at {as_of}.",
    impact: "CreateCertificateAuthority and UpdateCertificateAuthority refuse a CRL configuration with \
             this bucket. The next change of the configuration of {ca} fails.",
    what_to_do: "Let ACM PCA write every object of the bucket. Save the policy as policy.json:",
    first_command: super::SAVE_POLICY,
};

const UNCLEAR: Kind = Kind {
    id: "unclear",
    severity: Severity::Low,
    title: "ACM PCA may be unable to write the CRL of {ca} to bucket {bucket}",
    what_happened: "Vigil cannot evaluate whether the policy of bucket {bucket} lets ACM PCA write for {ca}: \
                    {calls}. Checked at {as_of}.",
    impact: "If the policy refuses ACM PCA, it cannot write CRLs of {ca}. crl.generation then reports it.",
    ..REFUSED
};

/// A call that the policy does not clearly grant.
#[derive(Serialize)]
struct Call {
    action: &'static str,
    why: String,
}

fn check(subject: &BucketSubject) -> RuleAnswer {
    let policy = subject.policy()?;
    Ok(subject.users.iter().flat_map(|user| judge(subject, policy.as_ref(), user)).collect())
}

/// What GetBucketAcl and GetBucketLocation lack (Service Authorization Reference, Amazon S3), so that a Deny
/// of `s3:*` unless an object is written with a certain header denies them.
const OF_WRITES: [&str; 13] = [
    "s3:x-amz-acl",
    "s3:x-amz-copy-source",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-storage-class",
    "s3:x-amz-website-redirect-location",
];

/// `(action, resource)` of the four calls.
pub(super) fn needs(subject: &BucketSubject, user: &BucketUser) -> [(&'static str, String); 4] {
    [
        ("s3:PutObject", subject.object_arn(&user.key)),
        ("s3:PutObjectAcl", subject.object_arn(&user.key)),
        ("s3:GetBucketAcl", subject.arn()),
        ("s3:GetBucketLocation", subject.arn()),
    ]
}

fn judge(
    subject: &BucketSubject,
    policy: Option<&BucketPolicy>,
    user: &BucketUser,
) -> Vec<Observation> {
    let (principal, of_writes) = (&subject.service(user), &user.context(subject, policy));
    let of_reads = &OF_WRITES.into_iter().fold(of_writes.clone(), Context::without);
    let (mut refusals, mut doubts) = (Vec::new(), Vec::new());
    for (action, resource) in &needs(subject, user) {
        let context = if action.starts_with("s3:Get") { of_reads } else { of_writes };
        let effect =
            policy.map(|policy| policy.evaluate(&Request { principal, action, resource, context }));
        let call = |why| Call { action, why };
        match effect {
            None => refusals.push(call("there is no bucket policy".to_owned())),
            Some(Effect::Allowed { .. }) => {}
            Some(Effect::Denied { by }) => refusals.push(call(format!("denied by {by}"))),
            Some(Effect::Silent) => refusals.push(call(format!("not granted on {resource}"))),
            Some(Effect::Unclear { why }) => doubts.push(call(why)),
        }
    }
    if refusals.is_empty() && doubts.is_empty() {
        return probe(subject, policy, user).into_iter().collect();
    }
    let kinds = [(REFUSED, "refusals", refusals), (UNCLEAR, "doubts", doubts)];
    let seen = kinds.into_iter().filter(|(_, _, calls)| !calls.is_empty());
    let seen = seen.map(|(kind, name, calls)| {
        let texts: Vec<_> =
            calls.iter().map(|call| format!("{} ({})", call.action, call.why)).collect();
        Observation::new(kind)
            .about(user.ca.id())
            .with("certificate_authority", user.ca.as_str())
            .with(name, serde_json::to_value(calls).unwrap_or_default())
            .name("calls", texts.join(", "))
            .name("ca", user.display_name())
            .also(super::set_policy(subject, ADD, &[statement(subject, user, &[user])]))
    });
    seen.collect()
}

/// What ACM PCA writes to the root of the bucket when a CA is configured with it.
const PROBE: &str = "acm-pca-permission-test-key";

fn probe(
    subject: &BucketSubject,
    policy: Option<&BucketPolicy>,
    user: &BucketUser,
) -> Option<Observation> {
    let (principal, context) = (&subject.service(user), &user.context(subject, policy));
    let resource = &subject.object_arn(PROBE);
    let request = Request { principal, action: "s3:PutObject", resource, context };
    let (Effect::Denied { .. } | Effect::Silent) = policy?.evaluate(&request) else { return None };
    let seen = Observation::new(PROBE_REFUSED)
        .about(user.ca.id())
        .with("certificate_authority", user.ca.as_str())
        .with("probe", PROBE)
        .name("ca", user.display_name())
        .also(super::set_policy(subject, REPLACE, &statements(subject)));
    Some(seen)
}

pub(super) fn name(subject: &BucketSubject, user: &BucketUser) -> String {
    match subject.service(user) {
        Principal::Service(service) => service,
        other => format!("{other:?}"),
    }
}

const ADD: &str = "In policy.json, add this statement, and remove what denies it:";

/// Restricts ACM PCA to what the statements say, which name every CA that writes here.
pub(super) const REPLACE: &str =
    "In policy.json, put this in place of every statement that lets ACM PCA in:";

/// The statements that let in every CA of the bucket, and no other.
pub(super) fn statements(subject: &BucketSubject) -> Vec<Value> {
    let mut groups: BTreeMap<_, Vec<&BucketUser>> = BTreeMap::new();
    for user in &subject.users {
        groups.entry((name(subject, user), user.ca.account())).or_default().push(user);
    }
    groups.into_values().map(|users| statement(subject, users[0], &users)).collect()
}

/// The statement that the user guide recommends, for CAs of one account and Region.
fn statement(subject: &BucketSubject, user: &BucketUser, all: &[&BucketUser]) -> Value {
    let bucket = subject.arn();
    let arns: Vec<&str> = all.iter().map(|user| user.ca.as_str()).collect();
    json!({
        "Effect": "Allow",
        "Principal": {"Service": name(subject, user)},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": [format!("{bucket}/*"), bucket],
        "Condition": {"StringEquals": {
            "aws:SourceAccount": user.ca.account(),
            "aws:SourceArn": if let [one] = arns[..] { json!(one) } else { json!(arns) },
        }},
    })
}
