//! Only ACM PCA may write, delete or publish CRL objects.

use std::collections::{BTreeMap, BTreeSet};

use super::BucketSubject;
use crate::{
    bucket_policy::{BucketPolicy, Context, Effect, Principal, Request, account_of},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.other-writers",
        holds: "The bucket policy lets only ACM PCA write, delete or change the ACL of CRLs.",
        cites: "AWS Private CA User Guide, Security best practices; Amazon S3 User Guide, Bucket policies",
        kinds: &[
            ANYONE,
            ANYONE_LIMITED,
            AWS_SERVICE,
            OTHER_ACCOUNT,
            OTHER_ACCOUNT_CONDITIONALLY,
            OWN_ACCOUNT,
        ],
    },
    check,
};

const ANYONE: Kind = Kind {
    id: "anyone",
    severity: Severity::Critical,
    title: "Anyone can change the CRLs of {ca} in bucket {bucket}",
    what_happened: "The policy of bucket {bucket} allows anyone {actions} on CRLs. Checked at {as_of}.",
    impact: "Anyone on the internet can delete the CRLs of {ca} or replace them, so that revoked certificates \
             are accepted or all are refused.",
    what_to_do: "Remove these actions from the statement that allows them, and set the policy. Show it:",
    first_command: super::SHOW_POLICY,
};

/// Block Public Access keeps strangers out, or conditions that Vigil cannot evaluate may.
const ANYONE_LIMITED: Kind = Kind {
    id: "anyone-limited",
    severity: Severity::Medium,
    title: "The policy of bucket {bucket} allows anyone to change CRLs of {ca}, with limits",
    what_happened: "The policy of bucket {bucket} allows anyone {actions} on CRLs. Block Public Access, or \
                    conditions that Vigil cannot evaluate, limit it. Checked at {as_of}.",
    impact: "If the limit is removed or does not hold, anyone can replace the CRLs of {ca}.",
    ..ANYONE
};

const AWS_SERVICE: Kind = Kind {
    id: "aws-service",
    severity: Severity::Medium,
    title: "{principal} can change CRLs of {ca} in bucket {bucket}",
    what_happened: "The policy of bucket {bucket} allows the AWS service {principal} {actions} on CRLs. Checked \
                    at {as_of}.",
    impact: "The service, and each principal that it acts for, can delete or replace the CRLs of {ca}.",
    ..ANYONE
};

const OTHER_ACCOUNT: Kind = Kind {
    id: "other-account",
    severity: Severity::High,
    title: "{principal} can change CRLs of {ca}",
    what_happened: "The policy of bucket {bucket} allows {principal}, which is not of the CA's account, \
                    {actions} on CRLs. Checked at {as_of}.",
    impact: "Another account can delete the CRLs of {ca} or replace them, so that revoked certificates are \
             accepted or all are refused.",
    ..ANYONE
};

const OTHER_ACCOUNT_CONDITIONALLY: Kind = Kind {
    id: "other-account-conditionally",
    severity: Severity::Medium,
    title: "{principal} may be able to change CRLs of {ca}",
    what_happened: "The policy of bucket {bucket} allows {principal}, which is not of the CA's account, \
                    {actions} on CRLs, under conditions that Vigil cannot evaluate. Checked at {as_of}.",
    impact: "If the conditions are met, another account can delete or replace the CRLs of {ca}.",
    ..ANYONE
};

const OWN_ACCOUNT: Kind = Kind {
    id: "own-account",
    severity: Severity::Low,
    title: "{principal} can change CRLs of {ca}",
    what_happened: "The policy of bucket {bucket} allows {principal}, of the CA's own account, {actions} on \
                    CRLs. Checked at {as_of}.",
    impact: "This principal can delete or replace the CRLs of {ca}, by mistake or with stolen credentials.",
    ..ANYONE
};

/// What changes an object, or who may read it.
const ACTIONS: [&str; 5] = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
];

fn check(subject: &BucketSubject) -> Verdict {
    // Without a policy, only IAM policies of the bucket's own account let principals in.
    let Some(policy) = subject.policy()? else { return Ok(Vec::new()) };
    let others: BTreeSet<Principal> = policy
        .statements()
        .iter()
        .filter(|statement| statement.allows())
        .flat_map(|statement| statement.named_principals())
        .filter(|principal| !is_service(principal))
        .collect();
    let seen = others.iter().filter_map(|principal| judge(subject, &policy, principal));
    Ok(seen.collect())
}

fn is_service(principal: &Principal) -> bool {
    matches!(principal, Principal::Service(name) if name.starts_with("acm-pca."))
}

fn judge(
    subject: &BucketSubject,
    policy: &BucketPolicy,
    principal: &Principal,
) -> Option<Observation> {
    // An attacker uses TLS like any other client; all other conditions are unknown.
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
    let actions: Vec<_> = actions.into_keys().collect();
    let name = name(principal);
    let seen = Observation::new(kind(subject, principal, certain)).about(&name);
    Some(seen.with("principal", name).with("actions", actions))
}

/// By the principal: anyone, another account, another service, or a principal of the CA's account.
fn kind(subject: &BucketSubject, principal: &Principal, certain: bool) -> Kind {
    let ours =
        |named: &str| subject.users.iter().any(|user| user.ca.account() == account_of(named));
    // RestrictPublicBuckets keeps strangers out of a public bucket, whatever its policy says.
    let restricted = matches!(subject.blocked(|block| block.restrict_public_buckets), Ok(Some(_)));
    match (principal, certain) {
        (Principal::Anyone, true) if !restricted => ANYONE,
        (Principal::Anyone, _) => ANYONE_LIMITED,
        (Principal::Aws(named), _) if ours(named) => OWN_ACCOUNT,
        (Principal::Service(_), _) => AWS_SERVICE,
        (Principal::Aws(_) | Principal::CanonicalUser(_) | Principal::Federated(_), true) => {
            OTHER_ACCOUNT
        }
        (Principal::Aws(_) | Principal::CanonicalUser(_) | Principal::Federated(_), false) => {
            OTHER_ACCOUNT_CONDITIONALLY
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
