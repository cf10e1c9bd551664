//! Only ACM PCA may write, delete or publish CRL objects.

use std::collections::BTreeSet;

use super::BucketSubject;
use crate::{
    bucket_policy::{BucketPolicy, Context, Effect, Principal, Request, account_of},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.other-writers",
        holds: "The bucket policy lets only ACM PCA write, replace, delete or hide CRLs, by objects or by \
                settings of the bucket.",
        cites: "AWS Private CA User Guide, Security best practices; Amazon S3 User Guide, Bucket policies; \
                Service Authorization Reference, Amazon S3",
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

/// What creates, changes, replaces, hides or deletes an object, or says who may read it.
const OBJECT_ACTIONS: [&str; 9] = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:RestoreObject",
];

/// What makes objects expire, be replaced, be unreadable or be written no more, by the bucket's
/// settings (Service Authorization Reference, Amazon S3: write and permissions management).
const BUCKET_ACTIONS: [&str; 14] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteBucketWebsite",
    "s3:PutBucketAcl",
    "s3:PutBucketNotification",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutBucketWebsite",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
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
    // An attacker uses TLS like any other client; most other conditions are unknown.
    let context = Context::default().with("aws:SecureTransport", "true");
    if *principal != Principal::Anyone {
        let allowed = Allowed::to(subject, policy, principal, &context)?;
        return Some(
            allowed.observe(kind(subject, principal, allowed.is_certain), name(principal)),
        );
    }
    let of_account = |account| context.clone().with("aws:PrincipalAccount", account);
    if let Some(allowed) = Allowed::to(subject, policy, principal, &of_account(STRANGER)) {
        return Some(
            allowed.observe(kind(subject, principal, allowed.is_certain), name(principal)),
        );
    }
    // "Anyone", under a condition that only principals of the CA's own account meet.
    let accounts: BTreeSet<&str> = subject.users.iter().map(|user| user.ca.account()).collect();
    accounts.into_iter().find_map(|account| {
        let allowed = Allowed::to(subject, policy, principal, &of_account(account))?;
        Some(allowed.observe(OWN_ACCOUNT, format!("every principal of account {account}")))
    })
}

/// An account that AWS gives to no customer.
const STRANGER: &str = "000000000000";

/// What a principal may do, and whether that is certain of any of it.
struct Allowed {
    actions: BTreeSet<&'static str>,
    is_certain: bool,
}

impl Allowed {
    /// `None`: nothing.
    fn to(
        subject: &BucketSubject,
        policy: &BucketPolicy,
        principal: &Principal,
        context: &Context,
    ) -> Option<Self> {
        let mut allowed = Self { actions: BTreeSet::new(), is_certain: false };
        let mut ask = |action, resource: &str| {
            match policy.evaluate(&Request { principal, action, resource, context }) {
                Effect::Allowed { .. } => allowed.is_certain = true,
                Effect::Unclear { .. } => {}
                Effect::Denied { .. } | Effect::Silent => return,
            }
            allowed.actions.insert(action);
        };
        for action in BUCKET_ACTIONS {
            ask(action, &subject.arn());
        }
        for user in &subject.users {
            for action in OBJECT_ACTIONS {
                ask(action, &subject.object_arn(&user.key));
            }
        }
        (!allowed.actions.is_empty()).then_some(allowed)
    }

    fn observe(&self, kind: Kind, name: String) -> Observation {
        let actions: Vec<_> = self.actions.iter().copied().collect();
        Observation::new(kind).about(&name).with("principal", name).with("actions", actions)
    }
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
