//! The bucket that a CA writes to must be there.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.exists",
    holds: "The bucket that the CA's CRL configuration names exists.",
    cites: "AWS Private CA API Reference, CrlConfiguration (S3BucketName)",
    finds: &[("missing", Severity::Critical)],
    remedy: "Create the bucket again in your own account before a stranger takes its name.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Missing { bucket: &'a str, certificate_authorities: Vec<&'a str> },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Missing { bucket, .. } = self;
        write!(f, "CRL bucket {bucket} does not exist; whoever creates it answers for the CRLs")
    }
}

/// Critical, because bucket names are global: a stranger who takes the name serves the CRL.
fn check(subject: &BucketSubject) -> Verdict {
    if let Err(why) = subject.facts.region.known() {
        return Verdict::unknown(format!("whether it exists is not known: {why}"));
    }
    if subject.facts.exists() {
        return Verdict::Pass;
    }
    let bucket = subject.facts.name.as_str();
    let certificate_authorities = subject.users.iter().map(|user| user.ca.as_str()).collect();
    let detail = Detail::Missing { bucket, certificate_authorities };
    let remedy = format!(
        "Create it again in your own account at once: aws s3api create-bucket --bucket {bucket}. \
         Then restore its policy, or point the CA at another bucket: aws acm-pca \
         update-certificate-authority --revocation-configuration"
    );
    Some(Observation::new(Severity::Critical, &detail).remedy(remedy)).into()
}
