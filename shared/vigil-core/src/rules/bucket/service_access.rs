//! The bucket policy must let the service do the four things it does with a CRL bucket.

use std::fmt;

use serde::Serialize;
use serde_json::json;

use super::{BucketSubject, BucketUser};
use crate::{
    arn::CaArn,
    bucket_policy::{BucketPolicy, Effect, Principal, Request},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.service-access",
    holds: "The policy grants the service s3:PutObject, s3:PutObjectAcl, s3:GetBucketAcl and \
            s3:GetBucketLocation.",
    cites: "AWS Private CA User Guide, Access policies for CRLs in Amazon S3",
    finds: &[("refused", Severity::High), ("unclear", Severity::Low)],
    remedy: "Add the statement that the user guide recommends, and take away what denies it.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Refused { certificate_authority: &'a CaArn, refusals: Vec<Call> },
    Unclear { certificate_authority: &'a CaArn, doubts: Vec<Call> },
}

/// A call that the policy does not clearly grant.
#[derive(Serialize)]
struct Call {
    action: &'static str,
    why: String,
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { certificate_authority, refusals } => {
                let (id, actions) = (certificate_authority.id(), actions(refusals));
                write!(f, "The service may not write the CRL of CA {id}: {actions}")
            }
            Self::Unclear { certificate_authority, doubts } => {
                let (id, actions) = (certificate_authority.id(), actions(doubts));
                write!(f, "Unclear whether the service may write CA {id}'s CRL: {actions}")
            }
        }
    }
}

fn actions(calls: &[Call]) -> String {
    calls.iter().map(|call| call.action).collect::<Vec<_>>().join(", ")
}

fn check(subject: &BucketSubject) -> Verdict {
    let policy = match subject.policy() {
        Ok(policy) => policy,
        Err(verdict) => return verdict,
    };
    let seen = subject.users.iter().flat_map(|user| judge(subject, policy.as_ref(), user));
    Verdict::from_observations(seen.collect())
}

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
    let (principal, context) = (&subject.service(user), &user.context(policy));
    let (mut refusals, mut doubts) = (Vec::new(), Vec::new());
    for (action, resource) in &needs(subject, user) {
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
    let certificate_authority = &user.ca;
    let about = |severity, detail: &Detail<'_>| {
        Observation::new(severity, detail).about(user.ca.id()).remedy(remedy(subject, user))
    };
    let mut seen = Vec::new();
    if !refusals.is_empty() {
        seen.push(about(Severity::High, &Detail::Refused { certificate_authority, refusals }));
    }
    if !doubts.is_empty() {
        seen.push(about(Severity::Low, &Detail::Unclear { certificate_authority, doubts }));
    }
    seen
}

pub(super) fn name(subject: &BucketSubject, user: &BucketUser) -> String {
    match subject.service(user) {
        Principal::Service(service) => service,
        other => format!("{other:?}"),
    }
}

/// The statement to add, as the user guide recommends it.
pub(super) fn remedy(subject: &BucketSubject, user: &BucketUser) -> String {
    let bucket = subject.arn();
    let service = name(subject, user);
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": [format!("{bucket}/*"), bucket],
        "Condition": {"StringEquals": {
            "aws:SourceAccount": user.ca.account(),
            "aws:SourceArn": user.ca.as_str(),
        }},
    });
    format!(
        "Add this statement to the bucket's policy (aws s3api put-bucket-policy --bucket {} \
         --policy file://policy.json), and take away what denies it: {statement}",
        subject.facts.name
    )
}
