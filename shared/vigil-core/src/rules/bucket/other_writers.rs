//! Nobody but the service may write, delete or publish what lies where CRLs lie.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use super::BucketSubject;
use crate::{
    bucket_policy::{BucketPolicy, Context, Effect, Principal, Request, account_of},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.other-writers",
    holds: "The policy lets nobody but the service write, delete or change the ACL of CRLs.",
    cites: "AWS Private CA User Guide, Security best practices; Amazon S3 User Guide, Bucket policies",
    finds: &[
        ("may", Severity::Critical),
        ("may", Severity::High),
        ("may", Severity::Medium),
        ("may", Severity::Low),
        ("may-under-conditions", Severity::Medium),
        ("may-under-conditions", Severity::Low),
    ],
    remedy: "Take the statement that lets them write out of the bucket's policy.",
    check,
};

/// What changes an object, or who may read it.
const ACTIONS: [&str; 5] = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
];

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    May { principal: String, actions: Vec<&'static str> },
    MayUnderConditions { principal: String, actions: Vec<&'static str> },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::May { principal, .. } => write!(f, "{principal} may change CRLs"),
            Self::MayUnderConditions { principal, .. } => write!(
                f,
                "{principal} may change CRLs, under conditions that cannot be judged from here"
            ),
        }
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    let policy = match subject.policy() {
        Ok(Some(policy)) => policy,
        // Without a policy nobody outside of the owner's own IAM policies is let in.
        Ok(None) => return Verdict::Pass,
        Err(verdict) => return verdict,
    };
    let others: BTreeSet<Principal> = policy
        .statements()
        .iter()
        .filter(|statement| statement.allows())
        .flat_map(|statement| statement.named_principals())
        .filter(|principal| !is_service(principal))
        .collect();
    let seen = others.iter().filter_map(|principal| judge(subject, &policy, principal));
    Verdict::from_observations(seen.collect())
}

fn is_service(principal: &Principal) -> bool {
    matches!(principal, Principal::Service(name) if name.starts_with("acm-pca."))
}

fn judge(
    subject: &BucketSubject,
    policy: &BucketPolicy,
    principal: &Principal,
) -> Option<Observation> {
    // Somebody who means harm uses TLS like everybody else; all other conditions are unknown.
    let context = &Context::default().with("aws:SecureTransport", "true");
    let mut actions: BTreeMap<&'static str, bool> = BTreeMap::new();
    for user in &subject.users {
        for action in ACTIONS {
            let resource = &subject.object_arn(&user.key);
            let certain = match policy.evaluate(&Request { principal, action, resource, context }) {
                Effect::Allowed { .. } => true,
                Effect::Unclear { .. } => false,
                Effect::Denied { .. } | Effect::Silent => continue,
            };
            *actions.entry(action).or_default() |= certain;
        }
    }
    if actions.is_empty() {
        return None;
    }
    let certain = actions.values().any(|certain| *certain);
    let actions = actions.into_keys().collect();
    let name = name(principal);
    let detail = if certain {
        Detail::May { principal: name.clone(), actions }
    } else {
        Detail::MayUnderConditions { principal: name.clone(), actions }
    };
    let remedy = format!(
        "Take these actions from {name} in the bucket's policy: aws s3api get-bucket-policy \
         --bucket {bucket}; aws s3api put-bucket-policy --bucket {bucket} --policy file://policy.json",
        bucket = subject.facts.name
    );
    let severity = severity(subject, principal, certain);
    Some(Observation::new(severity, &detail).about(&name).remedy(remedy))
}

/// By who it is: the world, another account, another service, or somebody of our own.
fn severity(subject: &BucketSubject, principal: &Principal, certain: bool) -> Severity {
    let ours =
        |named: &str| subject.users.iter().any(|user| user.ca.account() == account_of(named));
    // RestrictPublicBuckets keeps strangers out of a public bucket, whatever its policy says.
    let restricted = matches!(subject.blocked(|block| block.restrict_public_buckets), Ok(Some(_)));
    match (principal, certain) {
        (Principal::Anyone, true) if !restricted => Severity::Critical,
        (Principal::Aws(named), _) if ours(named) => Severity::Low,
        (Principal::Anyone | Principal::Service(_), _) => Severity::Medium,
        (Principal::Aws(_) | Principal::CanonicalUser(_) | Principal::Federated(_), true) => {
            Severity::High
        }
        (Principal::Aws(_) | Principal::CanonicalUser(_) | Principal::Federated(_), false) => {
            Severity::Medium
        }
    }
}

fn name(principal: &Principal) -> String {
    match principal {
        Principal::Anyone => "anyone".to_owned(),
        Principal::Aws(name)
        | Principal::CanonicalUser(name)
        | Principal::Federated(name)
        | Principal::Service(name) => name.clone(),
    }
}
