//! The service writes to buckets of some Regions only.

use std::fmt;

use serde::Serialize;

use super::{BucketSubject, DEFAULT_REGIONS};
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.region",
    holds: "The bucket is in a Region to which the service writes from the CA's.",
    cites: "AWS Private CA User Guide, Access policies for CRLs in Amazon S3 (opt-in Regions)",
    finds: &[("unsupported", Severity::High)],
    remedy: "Use a bucket in the CA's own Region.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    Unsupported { bucket_region: &'a str, ca_region: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Unsupported { bucket_region, ca_region } = self;
        write!(
            f,
            "The bucket is in {bucket_region}, an opt-in Region to which the service does not \
             write from {ca_region}"
        )
    }
}

/// Every other Region than the CA's has to be one that accounts have without asking.
fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let bucket_region = match subject.facts.region.known() {
        Err(why) => return Verdict::unknown(format!("the Region is not known: {why}")),
        Ok(region) => region.as_deref().unwrap_or_default(),
    };
    let elsewhere = subject.users.iter().find(|user| {
        user.ca.region() != bucket_region
            && user.ca.partition() == "aws"
            && !DEFAULT_REGIONS.contains(&bucket_region)
    });
    let seen = elsewhere.map(|user| {
        let detail = Detail::Unsupported { bucket_region, ca_region: user.ca.region() };
        let remedy = format!(
            "Make a bucket in {} and point the CA at it: aws acm-pca update-certificate-authority \
             --certificate-authority-arn {} --revocation-configuration",
            user.ca.region(),
            user.ca
        );
        Observation::new(Severity::High, &detail).remedy(remedy)
    });
    seen.into()
}
