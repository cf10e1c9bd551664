//! A CRL that was overwritten or deleted must be there to be had back, and to be examined.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.versioning",
    holds: "The bucket keeps versions.",
    cites: "Amazon S3 User Guide, Security best practices: enable versioning",
    finds: &[("off", Severity::Low)],
    remedy: "Turn versioning on.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Off,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The bucket keeps no versions: a CRL that is overwritten or deleted is lost")
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    match subject.facts.versioning.known() {
        Err(why) => Verdict::unknown(format!("versioning is not known: {why}")),
        Ok(true) => Verdict::Pass,
        Ok(false) => {
            let remedy = format!(
                "aws s3api put-bucket-versioning --bucket {} --versioning-configuration \
                 Status=Enabled",
                subject.facts.name
            );
            Some(Observation::new(Severity::Low, &Detail::Off).remedy(remedy)).into()
        }
    }
}
