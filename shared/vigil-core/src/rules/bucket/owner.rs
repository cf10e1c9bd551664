//! Whoever owns the bucket answers for the CRLs in it.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.owner",
    holds: "The bucket belongs to the CA's own account.",
    cites: "Amazon S3 User Guide, Verifying bucket ownership with bucket owner condition",
    finds: &[("another-account", Severity::High)],
    remedy: "If the bucket is not meant to be another account's, point the CA at one of your own.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    AnotherAccount { bucket: &'a str },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AnotherAccount { bucket } = self;
        write!(f, "CRL bucket {bucket} is not one of this account's")
    }
}

/// High, because a name that was let go can be taken by a stranger, who then serves the CRL.
fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let bucket = subject.facts.name.as_str();
    match subject.facts.owned.known() {
        Err(why) => Verdict::unknown(format!("whose bucket it is is not known: {why}")),
        Ok(true) => Verdict::Pass,
        Ok(false) => {
            let remedy = format!(
                "Find out whose it is (aws s3api head-bucket --bucket {bucket} \
                 --expected-bucket-owner ACCOUNT). If that is not meant, point the CA at a bucket \
                 of this account: aws acm-pca update-certificate-authority \
                 --revocation-configuration. If it is, audit it from that account."
            );
            let detail = Detail::AnotherAccount { bucket };
            Some(Observation::new(Severity::High, &detail).remedy(remedy)).into()
        }
    }
}
