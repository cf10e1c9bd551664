//! ACM PCA writes to buckets of some Regions only.

use super::{BucketSubject, DEFAULT_REGIONS};
use crate::{
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.region",
        holds: "The bucket is in a Region to which ACM PCA writes from the CA's.",
        cites: "AWS Private CA User Guide, Access policies for CRLs in Amazon S3 (opt-in Regions)",
        kinds: &[UNSUPPORTED],
    },
    check,
};

const UNSUPPORTED: Kind = Kind {
    id: "unsupported",
    severity: Severity::High,
    title: "CRL bucket {bucket} of {ca} is in opt-in Region {bucket_region}",
    what_happened: "Bucket {bucket} is in {bucket_region}, an opt-in Region to which ACM PCA does not write \
                    from {ca_region}. Checked at {as_of}.",
    impact: super::NO_NEW_CRL,
    what_to_do: "Make a bucket in {ca_region} and change the CRL configuration of the CA to it. Show the \
                 configuration that the update has to repeat:",
    first_command: commands::REVOCATION_CONFIGURATION,
};

/// Every other Region than the CA's has to be one that accounts have by default.
fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    let region = subject.facts.region.known();
    let region =
        region.map_err(|why| NotJudged::unknown(format!("the Region is not known: {why}")))?;
    let bucket_region = region.as_deref().unwrap_or_default();
    let elsewhere = subject.users.iter().find(|user| {
        user.ca.region() != bucket_region
            && user.ca.partition() == "aws"
            && !DEFAULT_REGIONS.contains(&bucket_region)
    });
    let seen = elsewhere.map(|user| {
        Observation::new(UNSUPPORTED)
            .with("bucket_region", bucket_region)
            .with("ca_region", user.ca.region())
            .name("ca", user.display_name())
            .name("arn", user.ca.as_str())
            .name("region", user.ca.region())
    });
    Ok(seen.into_iter().collect())
}
