//! Anyone may read CRLs where certificates name the bucket itself, and nothing else.

use super::{BucketSubject, callers::Caller};
use crate::{
    bucket_policy::{BucketPolicy, Effect, Principal, Request},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.public-read",
        holds: "The bucket policy lets anyone read only CRLs, and these only where certificates name the \
                bucket.",
        cites: "AWS Private CA User Guide, Enabling the S3 Block Public Access (BPA) feature; AWS Security \
                Hub, S3.2",
        kinds: &[BEYOND_CRLS, NOT_MEANT],
    },
    check,
};

const BEYOND_CRLS: Kind = Kind {
    id: "beyond-crls",
    severity: Severity::Medium,
    title: "Anyone can read all objects of CRL bucket {bucket} ({ca})",
    what_happened: "The policy of bucket {bucket} lets anyone read objects that are not CRLs ({by}). Checked \
                    at {as_of}.",
    impact: "Whatever else is stored in the bucket, such as audit reports, is public.",
    what_to_do: "Remove s3:GetObject from the statement with Principal \"*\", or name only the CRLs as its \
                 Resource. Save the policy:",
    first_command: super::EDIT_POLICY,
};

/// CRLs are public, so reading them past the distribution costs money and reveals no secret.
const NOT_MEANT: Kind = Kind {
    id: "not-meant",
    severity: Severity::Low,
    title: "Anyone can read CRLs of {ca} in bucket {bucket}, bypassing the distribution",
    what_happened: "Certificates of {ca} name another host, and the policy of bucket {bucket} lets anyone \
                    read its CRLs from S3 ({by}). Checked at {as_of}.",
    impact: "No secret is revealed. You pay for downloads that bypass the distribution.",
    ..BEYOND_CRLS
};

/// A key that no CRL has.
const ANYTHING_ELSE: &str = "vigil-asks-for-what-is-no-crl";

fn check(subject: &BucketSubject) -> RuleAnswer {
    let Some(policy) = subject.policy()? else { return Ok(Vec::new()) };
    match subject.blocked(|block| block.restrict_public_buckets) {
        // S3 then lets no stranger in by a public policy.
        Ok(Some(_)) => return Ok(Vec::new()),
        Ok(None) => {}
        Err(why) => return Err(NotJudged::unknown(why)),
    }
    let everything = lets_anyone_read(subject, &policy, ANYTHING_ELSE);
    let everything = everything.map(|by| Observation::new(BEYOND_CRLS).with("by", by));
    let not_meant = subject.users.iter().filter(|user| !user.is_public_meant).filter_map(|user| {
        let by = lets_anyone_read(subject, &policy, &user.key)?;
        let seen = Observation::new(NOT_MEANT).about(user.ca.id()).with("by", by);
        let seen = seen.with("certificate_authority", user.ca.as_str());
        Some(seen.name("ca", user.display_name()))
    });
    Ok(everything.into_iter().chain(not_meant).collect())
}

/// The statement that does.
fn lets_anyone_read(subject: &BucketSubject, policy: &BucketPolicy, key: &str) -> Option<String> {
    let resource = &subject.object_arn(key);
    let (principal, action) = (&Principal::Anyone, "s3:GetObject");
    Caller::Stranger.contexts(subject, policy).iter().find_map(|context| {
        match policy.evaluate(&Request { principal, action, resource, context }) {
            Effect::Allowed { by } => Some(by),
            Effect::Denied { .. } | Effect::Silent | Effect::Unclear { .. } => None,
        }
    })
}
