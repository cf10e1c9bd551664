//! Only ACM PCA may write, delete or publish CRL objects.

use std::collections::BTreeMap;

use super::{
    BucketSubject,
    callers::{Caller, STRANGER},
};
use crate::{
    bucket_policy::{BucketPolicy, Effect, Principal, Request, Wildcard, account_of},
    finding::{Kind, Observation, RuleInfo, Severity, quoted},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.other-writers",
        holds: "The bucket policy lets only ACM PCA write, replace, delete or hide CRLs, by objects or by \
                settings of the bucket.",
        cites: "AWS Private CA User Guide, Security best practices; Amazon S3 User Guide, Bucket policies; \
                Service Authorization Reference, Amazon S3",
        kinds: &[
            ACCESS_POINTS,
            ANYONE,
            ANYONE_LIMITED,
            AWS_SERVICE,
            ORGANISATION,
            OTHER_ACCOUNT,
            OTHER_ACCOUNT_CONDITIONALLY,
            OWN_ACCOUNT,
        ],
    },
    check,
};

const ACCESS_POINTS: Kind = Kind {
    id: "access-points",
    severity: Severity::Low,
    title: "Access points decide who can change CRLs of {ca} in {bucket}",
    what_happened: "The policy of bucket {bucket} leaves {actions} on CRLs to the policies of access points of \
                    account {account}. Vigil does not read these. Checked at {as_of}.",
    impact: "If the policy of an access point, or of a multi-Region access point, lets others in, they can \
             delete or replace the CRLs of {ca}.",
    what_to_do: "Check the policy of each access point of the bucket (get-access-point-policy), or let the \
                 statement allow s3:GetObject only. List the access points:",
    first_command: "aws s3control list-access-points --account-id {account} --bucket {bucket}",
};

const ANYONE: Kind = Kind {
    id: "anyone",
    severity: Severity::Critical,
    title: "Anyone can change the CRLs of {ca} in bucket {bucket}",
    what_happened: "The policy of bucket {bucket} allows anyone {actions} on CRLs. Checked at {as_of}.",
    impact: "Anyone on the internet can delete the CRLs of {ca} or replace them, so that revoked certificates \
             are accepted or all are refused.",
    what_to_do: "Remove these actions from the statement that allows them. Save the policy:",
    first_command: super::EDIT_POLICY,
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
    title: "{who} can change CRLs of {ca} in bucket {bucket}",
    what_happened: "The policy of bucket {bucket} allows the AWS service {principal} {actions} on CRLs. Checked \
                    at {as_of}.",
    impact: "The service, and each principal that it acts for, can delete or replace the CRLs of {ca}.",
    ..ANYONE
};

const ORGANISATION: Kind = Kind {
    id: "organisation",
    severity: Severity::Medium,
    title: "{who} can change CRLs of {ca}",
    what_happened: "The policy of bucket {bucket} allows {principal} {actions} on CRLs. Checked at {as_of}.",
    impact: "Each account of the organisation can delete or replace the CRLs of {ca}, by mistake or with \
             stolen credentials.",
    ..ANYONE
};

const OTHER_ACCOUNT: Kind = Kind {
    id: "other-account",
    severity: Severity::High,
    title: "{who} can change CRLs of {ca}",
    what_happened: "The policy of bucket {bucket} allows {principal}, which is not of the CA's account, \
                    {actions} on CRLs. Checked at {as_of}.",
    impact: "Another account can delete the CRLs of {ca} or replace them, so that revoked certificates are \
             accepted or all are refused.",
    ..ANYONE
};

const OTHER_ACCOUNT_CONDITIONALLY: Kind = Kind {
    id: "other-account-conditionally",
    severity: Severity::Medium,
    title: "{who} may be able to change CRLs of {ca}",
    what_happened: "The policy of bucket {bucket} allows {principal}, which is not of the CA's account, \
                    {actions} on CRLs, under conditions that Vigil cannot evaluate. Checked at {as_of}.",
    impact: "If the conditions are met, another account can delete or replace the CRLs of {ca}.",
    ..ANYONE
};

const OWN_ACCOUNT: Kind = Kind {
    id: "own-account",
    severity: Severity::Low,
    title: "{who} can change CRLs of {ca}",
    what_happened: "The policy of bucket {bucket} allows {principal}, of the CA's own account, {actions} on \
                    CRLs. Checked at {as_of}.",
    impact: "This principal can delete or replace the CRLs of {ca}, by mistake or with stolen credentials.",
    ..ANYONE
};

/// What creates, changes, replaces, hides or deletes an object, or says who may read it. A lifecycle may
/// let objects with a tag expire.
const OBJECT_ACTIONS: [&str; 13] = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
    "s3:RestoreObject",
    "s3:UpdateObjectEncryption",
];

/// What makes objects expire, be replaced, be unreadable or be written no more, by the bucket's
/// settings (Service Authorization Reference, Amazon S3: write and permissions management).
const BUCKET_ACTIONS: [&str; 16] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteBucketWebsite",
    "s3:PutBucketAcl",
    "s3:PutBucketNotification",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketRequestPayment",
    "s3:PutBucketVersioning",
    "s3:PutBucketWebsite",
    "s3:PutEncryptionConfiguration",
    "s3:PutIntelligentTieringConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
];

fn check(subject: &BucketSubject) -> RuleAnswer {
    // Without a policy, only IAM policies of the bucket's own account let principals in.
    let Some(policy) = subject.policy()? else { return Ok(Vec::new()) };
    let mut seen = Vec::new();
    let mut of_star: Vec<(Caller, Allowed)> = Vec::new();
    for caller in Caller::all(subject, &policy) {
        if is_administrator(subject, &caller) {
            continue;
        }
        let mut allowed = allowed(subject, &policy, &caller);
        if caller.principal() == Principal::Anyone {
            // A stranger comes first, and what a stranger may do is said of the stranger alone.
            allowed.retain(|action, certain| {
                let covers = |(wider, before): &(Caller, Allowed)| {
                    wider.stands_for(&caller, *certain) && is_covered(before, action, *certain)
                };
                !of_star.iter().any(covers)
            });
            of_star.push((caller.clone(), allowed.clone()));
        }
        if !allowed.is_empty() {
            seen.push(observe(subject, &caller, &allowed));
        }
    }
    Ok(seen)
}

/// Each action, and whether it is certain that the policy allows it.
type Allowed = BTreeMap<&'static str, bool>;

fn is_covered(before: &Allowed, action: &str, certain: bool) -> bool {
    before.get(action).is_some_and(|was_certain| *was_certain || !certain)
}

fn allowed(subject: &BucketSubject, policy: &BucketPolicy, caller: &Caller) -> Allowed {
    let (principal, contexts) = (&caller.principal(), caller.contexts(subject, policy));
    let mut allowed = Allowed::new();
    let mut ask = |action: &'static str, resource: &str| {
        for context in &contexts {
            // One request that is let in is enough, for one of many CAs.
            if allowed.get(action) == Some(&true) {
                return;
            }
            let request = Request { principal, action, resource, context };
            let is_certain = match policy.evaluate(&request) {
                Effect::Allowed { .. } => true,
                Effect::Unclear { .. } => false,
                Effect::Denied { .. } | Effect::Silent => continue,
            };
            *allowed.entry(action).or_insert(false) |= is_certain;
        }
    };
    for action in BUCKET_ACTIONS {
        ask(action, &subject.arn());
    }
    for user in &subject.users {
        for action in OBJECT_ACTIONS {
            ask(action, &subject.object_arn(&user.key));
        }
    }
    allowed
}

/// An account stands for all its principals.
fn is_administrator(subject: &BucketSubject, caller: &Caller) -> bool {
    let (name, account) = match caller {
        Caller::Named(Principal::Aws(name)) | Caller::Arn(name) => {
            (name.as_str(), account_of(name))
        }
        Caller::Account(account) => (account.as_str(), account.as_str()),
        Caller::Named(principal) => {
            (principal.name(), caller.account_in(subject).unwrap_or_default())
        }
        _ => return false,
    };
    let fits = |pattern: &String| Wildcard::iam(pattern).fits(name) || pattern == account;
    subject.administrators.iter().any(fits)
}

fn observe(subject: &BucketSubject, caller: &Caller, allowed: &Allowed) -> Observation {
    let certain = allowed.values().any(|certain| *certain);
    let (kind, name) = (kind(subject, caller, certain), caller.name());
    let actions: Vec<_> = allowed.keys().copied().collect();
    let seen = Observation::new(kind).about(&name).name("who", as_subject(&name));
    let seen = seen.with("principal", name).with("actions", actions);
    match not_compared(subject, caller) {
        None => seen,
        Some(why) => seen.with("owner_unknown", why).also(format!(
            "Whether this canonical user id is the bucket owner's own is not known: {why}. Show the \
             owner's:\n  aws s3api get-bucket-acl --bucket {} --query Owner.ID --output text",
            quoted(&subject.facts.name)
        )),
    }
}

/// Why a canonical user id could not be compared with the owner's.
fn not_compared<'s>(subject: &'s BucketSubject, caller: &Caller) -> Option<&'s str> {
    let Caller::Named(Principal::CanonicalUser(id)) = caller else { return None };
    subject.account_of_user(id).err()
}

/// As a title begins with it.
fn as_subject(name: &str) -> String {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
        return format!("Account {name}");
    }
    match name.strip_prefix("every ") {
        Some(rest) => format!("Every {rest}"),
        None => name.to_owned(),
    }
}

/// By the caller: anyone, another account, another service, or a principal of the CA's account.
fn kind(subject: &BucketSubject, caller: &Caller, certain: bool) -> Kind {
    let account = caller.account_in(subject);
    let is_ours = subject.users.iter().any(|user| Some(user.ca.account()) == account);
    // RestrictPublicBuckets keeps strangers out of a public bucket, whatever its policy says.
    let restricted = matches!(subject.blocked(|block| block.restrict_public_buckets), Ok(Some(_)));
    // A pattern that any account fits has a stranger's as its example.
    let is_stranger = *caller == Caller::Stranger || account == Some(STRANGER);
    match caller {
        Caller::Named(Principal::Service(_)) | Caller::ServiceFor(_) => AWS_SERVICE,
        _ if is_stranger && certain && !restricted => ANYONE,
        _ if is_stranger => ANYONE_LIMITED,
        Caller::Organisation(_) => ORGANISATION,
        Caller::AccessPoint(_) | Caller::AccessPointsOf(_) if is_ours => ACCESS_POINTS,
        _ if is_ours => OWN_ACCOUNT,
        _ if certain => OTHER_ACCOUNT,
        _ => OTHER_ACCOUNT_CONDITIONALLY,
    }
}
