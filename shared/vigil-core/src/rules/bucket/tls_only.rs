//! Writing to the bucket must not be possible without TLS.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    bucket_policy::{Context, Principal, Request},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.tls-only",
    holds: "The policy denies s3:PutObject without TLS.",
    cites: "Amazon S3 User Guide, Security best practices: enforce encryption of data in transit",
    finds: &[("not-enforced", Severity::Low)],
    remedy: "Deny writing and deleting without TLS in the bucket's policy.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    NotEnforced,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The bucket takes objects without TLS")
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    let policy = match subject.policy() {
        Ok(policy) => policy,
        Err(verdict) => return verdict,
    };
    let context = &Context::default().with("aws:SecureTransport", "false");
    let denied = subject.users.iter().all(|user| {
        let resource = &subject.object_arn(&user.key);
        let principal = &Principal::Anyone;
        let request = Request { principal, action: "s3:PutObject", resource, context };
        policy.as_ref().is_some_and(|policy| policy.denies(&request).is_some())
    });
    if denied {
        return Verdict::Pass;
    }
    let remedy = format!(
        "Add to the bucket's policy (reading is left out, because CRLs are fetched by http): \
         {{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:Put*\",\"s3:Delete*\"],\
         \"Resource\":[\"{arn}\",\"{arn}/*\"],\"Condition\":{{\"Bool\":\
         {{\"aws:SecureTransport\":\"false\"}}}}}}",
        arn = subject.arn()
    );
    Some(Observation::new(Severity::Low, &Detail::NotEnforced).remedy(remedy)).into()
}
