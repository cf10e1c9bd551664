//! The service does not write to buckets with Object Lock.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.object-lock",
    holds: "Object Lock is not enabled.",
    cites: "AWS Private CA User Guide, Using audit reports with your private CA (Object Lock)",
    finds: &[("enabled", Severity::High)],
    remedy: "Use a bucket without Object Lock: it cannot be turned off.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Enabled,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The bucket has Object Lock, with which the service does not work")
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    match subject.facts.object_lock.known() {
        Err(why) => Verdict::unknown(format!("Object Lock is not known: {why}")),
        Ok(false) => Verdict::Pass,
        Ok(true) => {
            let remedy = "Object Lock cannot be disabled once enabled: make a new bucket without \
                          it, copy the CRLs, and point the CAs at it: aws acm-pca \
                          update-certificate-authority --revocation-configuration";
            Some(Observation::new(Severity::High, &Detail::Enabled).remedy(remedy)).into()
        }
    }
}
