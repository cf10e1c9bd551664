//! The service must be let in on behalf of our own CAs only.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{BucketSubject, BucketUser, organisation_of, service_access, service_context};
use crate::{
    bucket_policy::{BucketPolicy, Context, Effect, Request},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.confused-deputy",
    holds: "The service's access is bound to the account and the CA (aws:SourceAccount, \
            aws:SourceArn).",
    cites: "AWS Private CA User Guide, Confused deputy prevention",
    finds: &[
        ("account-only", Severity::Informational),
        ("organisation", Severity::Low),
        ("other-condition", Severity::Low),
        ("unbound", Severity::Medium),
    ],
    remedy: "Bind the service's statement to aws:SourceAccount and aws:SourceArn.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    AccountOnly { certificate_authorities: &'a [&'a str] },
    Organisation { certificate_authorities: &'a [&'a str], organisation: &'a str },
    OtherCondition { certificate_authorities: &'a [&'a str], why: &'a str },
    Unbound { certificate_authorities: &'a [&'a str] },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccountOnly { .. } => f.write_str(
                "Any CA of the account may have the service write to the bucket, not only this one",
            ),
            Self::Organisation { organisation, .. } => write!(
                f,
                "Any CA of the organisation {organisation} may have the service write to the \
                 bucket, not only this one"
            ),
            Self::OtherCondition { .. } => f.write_str(
                "The service's access is bound, but to something wider than account and CA, or \
                 unclear",
            ),
            Self::Unbound { .. } => f.write_str(
                "CAs of any AWS account may have the service write to the bucket: nothing binds its \
                 access",
            ),
        }
    }
}

/// How far the door is open; the worst grade first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Unbound,
    Organisation(String),
    OtherCondition(String),
    AccountOnly,
}

/// An account that is nobody's.
const STRANGER: &str = "000000000000";

/// Asked by evaluation, not by looking for words: would the same policy let the service in for a
/// stranger's CA, for one of the same organisation, and for another CA of the same account?
fn check(subject: &BucketSubject) -> Verdict {
    let policy = match subject.policy() {
        Ok(Some(policy)) => policy,
        Ok(None) => return Verdict::not_applicable("there is no bucket policy"),
        Err(verdict) => return verdict,
    };
    let mut grades: BTreeMap<Grade, Vec<&BucketUser>> = BTreeMap::new();
    for user in &subject.users {
        if let Some(grade) = grade(subject, &policy, user) {
            grades.entry(grade).or_default().push(user);
        }
    }
    let seen = grades.iter().map(|(grade, users)| {
        let arns: Vec<_> = users.iter().map(|user| user.ca.as_str()).collect();
        let certificate_authorities = arns.as_slice();
        let (severity, detail) = match grade {
            Grade::Unbound => (Severity::Medium, Detail::Unbound { certificate_authorities }),
            Grade::Organisation(organisation) => {
                (Severity::Low, Detail::Organisation { certificate_authorities, organisation })
            }
            Grade::OtherCondition(why) => {
                (Severity::Low, Detail::OtherCondition { certificate_authorities, why })
            }
            Grade::AccountOnly => {
                (Severity::Informational, Detail::AccountOnly { certificate_authorities })
            }
        };
        let remedy = service_access::remedy(subject, users[0]);
        Observation::new(severity, &detail).remedy(remedy)
    });
    Verdict::from_observations(seen.collect())
}

fn grade(subject: &BucketSubject, policy: &BucketPolicy, user: &BucketUser) -> Option<Grade> {
    let ca = user.ca.as_str();
    let (account, id) = (user.ca.account(), user.ca.id());
    let organisation = organisation_of(policy);
    let of_another_account = ca.replace(account, STRANGER);
    let stranger = service_context(STRANGER, &of_another_account, None);
    match put_object(subject, policy, user, &stranger) {
        Effect::Allowed { .. } => return Some(Grade::Unbound),
        Effect::Unclear { why } => return Some(Grade::OtherCondition(why)),
        Effect::Denied { .. } | Effect::Silent => {}
    }
    if let Some(organisation) = organisation {
        let colleague = service_context(STRANGER, &of_another_account, Some(organisation));
        if let Effect::Allowed { .. } = put_object(subject, policy, user, &colleague) {
            return Some(Grade::Organisation(organisation.to_owned()));
        }
    }
    let other_ca = ca.replace(id, "00000000-0000-0000-0000-000000000000");
    let sibling = service_context(account, &other_ca, organisation);
    match put_object(subject, policy, user, &sibling) {
        Effect::Allowed { .. } => Some(Grade::AccountOnly),
        Effect::Unclear { why } => Some(Grade::OtherCondition(why)),
        Effect::Denied { .. } | Effect::Silent => None,
    }
}

fn put_object(
    subject: &BucketSubject,
    policy: &BucketPolicy,
    user: &BucketUser,
    context: &Context,
) -> Effect {
    policy.evaluate(&Request {
        principal: &subject.service(user),
        action: "s3:PutObject",
        resource: &subject.object_arn(&user.key),
        context,
    })
}
