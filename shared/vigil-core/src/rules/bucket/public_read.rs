//! Everybody may read CRLs where certificates send everybody to the bucket, and nothing else.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    bucket_policy::{BucketPolicy, Context, Effect, Principal, Request},
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.public-read",
    holds: "The policy lets everybody read nothing but CRLs, and those only where certificates name \
            the bucket.",
    cites: "AWS Private CA User Guide, Enabling the S3 Block Public Access (BPA) feature; AWS Security \
            Hub, S3.2",
    finds: &[("beyond-crls", Severity::Medium), ("not-meant", Severity::Low)],
    remedy: "Let everybody read the CRLs alone, or the distribution alone read them.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    BeyondCrls { by: &'a str },
    NotMeant { by: &'a str, certificate_authority: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeyondCrls { by } => {
                write!(f, "Everybody may read more of the bucket than CRLs ({by})")
            }
            Self::NotMeant { by, .. } => write!(
                f,
                "Everybody may read CRLs in the bucket, past the host that certificates name ({by})"
            ),
        }
    }
}

/// A key that nobody would give a CRL.
const ANYTHING_ELSE: &str = "vigil-asks-for-what-is-no-crl";

/// CRLs themselves are public, so reading them past the distribution costs money and no secret.
fn check(subject: &BucketSubject) -> Verdict {
    let policy = match subject.policy() {
        Ok(Some(policy)) => policy,
        Ok(None) => return Verdict::Pass,
        Err(verdict) => return verdict,
    };
    match subject.blocked(|block| block.restrict_public_buckets) {
        // S3 then serves nobody by a public policy.
        Ok(Some(_)) => return Verdict::Pass,
        Ok(None) => {}
        Err(why) => return Verdict::unknown(why),
    }
    let remedy = format!(
        "Take s3:GetObject from \"Principal\": \"*\" in the bucket's policy, or name the CRLs alone as \
         its Resource: aws s3api get-bucket-policy --bucket {bucket}; aws s3api put-bucket-policy \
         --bucket {bucket} --policy file://policy.json",
        bucket = subject.facts.name
    );
    let everything = lets_everybody_read(subject, &policy, ANYTHING_ELSE);
    let everything = everything.map(|by| {
        Observation::new(Severity::Medium, &Detail::BeyondCrls { by: &by }).remedy(remedy.clone())
    });
    let not_meant = subject.users.iter().filter(|user| !user.is_public_meant).filter_map(|user| {
        let by = lets_everybody_read(subject, &policy, &user.key)?;
        let detail = Detail::NotMeant { by: &by, certificate_authority: user.ca.as_str() };
        let seen = Observation::new(Severity::Low, &detail);
        Some(seen.about(user.ca.id()).remedy(remedy.clone()))
    });
    Verdict::from_observations(everything.into_iter().chain(not_meant).collect())
}

/// The statement that does.
fn lets_everybody_read(
    subject: &BucketSubject,
    policy: &BucketPolicy,
    key: &str,
) -> Option<String> {
    let request = Request {
        principal: &Principal::Anyone,
        action: "s3:GetObject",
        resource: &subject.object_arn(key),
        context: &Context::default().with("aws:SecureTransport", "true"),
    };
    match policy.evaluate(&request) {
        Effect::Allowed { by } => Some(by),
        Effect::Denied { .. } | Effect::Silent | Effect::Unclear { .. } => None,
    }
}
