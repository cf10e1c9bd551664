//! The bucket that a CA writes to must be there.

use super::{BucketSubject, service_access};
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.exists",
        holds: "The bucket that the CA's CRL configuration names exists.",
        cites: "AWS Private CA API Reference, CrlConfiguration (S3BucketName)",
        kinds: &[MISSING],
    },
    check,
};

/// Critical, because bucket names are global: a stranger who takes the name serves the CRL.
const MISSING: Kind = Kind {
    id: "missing",
    severity: Severity::Critical,
    title: "CRL bucket {bucket} of {ca} does not exist",
    what_happened: "The CRL configuration of {ca} names bucket {bucket}, which does not exist at {as_of}.",
    impact: "Relying parties cannot download the CRL. Bucket names are global: an attacker who creates \
             {bucket} serves CRLs for {ca}.",
    what_to_do: "Create the bucket again in your own account at once:",
    // `s3 mb` sets the LocationConstraint that every Region but us-east-1 needs.
    first_command: "aws s3 mb s3://{bucket} --region {region}",
};

const ADD: &str = "Then let ACM PCA write. Make a policy.json of {\"Version\":\"2012-10-17\",\"Statement\":[…]}, with this in \
                   place of …:";

fn check(subject: &BucketSubject) -> RuleAnswer {
    if let Err(why) = subject.facts.region.known() {
        return Err(NotJudged::unknown(format!("whether it exists is not known: {why}")));
    }
    if subject.facts.exists() {
        return Ok(Vec::new());
    }
    let cas: Vec<_> = subject.users.iter().map(|user| user.ca.as_str()).collect();
    let seen = Observation::new(MISSING)
        .with("bucket", subject.facts.name.as_str())
        .with("certificate_authorities", cas)
        .also(super::set_policy(subject, ADD, &service_access::statements(subject)));
    Ok(vec![seen])
}
