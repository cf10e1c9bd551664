//! The bucket policy must let the service do the four things it does with a CRL bucket.

use std::fmt;

use serde::Serialize;
use serde_json::json;

use super::{BucketSubject, BucketUser};
use crate::{
    bucket_policy::{BucketPolicy, Effect, Principal, Request},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.service-access",
    holds: "The policy grants the service s3:PutObject, s3:PutObjectAcl, s3:GetBucketAcl and \
            s3:GetBucketLocation.",
    cites: "AWS Private CA User Guide, Access policies for CRLs in Amazon S3",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Refused { certificate_authority: &'a str, refusals: Vec<String> },
    Unclear { certificate_authority: &'a str, doubts: Vec<String> },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { certificate_authority, refusals } => write!(
                f,
                "The service may not write the CRL of {certificate_authority}: {}",
                refusals.join("; ")
            ),
            Self::Unclear { certificate_authority, doubts } => write!(
                f,
                "Whether the service may write the CRL of {certificate_authority} cannot be told \
                 from here: {}",
                doubts.join("; ")
            ),
        }
    }
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
    let (principal, context) = (&subject.service(user), &user.context());
    let (mut refusals, mut doubts) = (Vec::new(), Vec::new());
    for (action, resource) in &needs(subject, user) {
        let Some(policy) = policy else {
            refusals.push(format!("{action} (there is no bucket policy)"));
            continue;
        };
        match policy.evaluate(&Request { principal, action, resource, context }) {
            Effect::Allowed { .. } => {}
            Effect::Denied { by } => refusals.push(format!("{action} (denied by {by})")),
            Effect::Silent => refusals.push(format!("{action} (not granted on {resource})")),
            Effect::Unclear { why } => doubts.push(format!("{action} ({why})")),
        }
    }
    let certificate_authority = user.ca.as_str();
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

/// The statement to add, as the user guide recommends it.
pub(super) fn remedy(subject: &BucketSubject, user: &BucketUser) -> String {
    let bucket = subject.arn();
    let service = match subject.service(user) {
        Principal::Service(service) => service,
        other => format!("{other:?}"),
    };
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
