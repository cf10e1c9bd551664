//! What lies where CRLs lie must be the CRL of a CA, and of the kind that the CA has now.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.orphans",
    holds: "Every CRL in the bucket is one that a CA still writes.",
    cites: "AWS Private CA User Guide, Set up a CRL (partitioned CRLs; deleting a CA)",
    finds: &[("no-ca", Severity::Low), ("switched-back", Severity::High)],
    remedy: "Keep CRLs until the last certificate that names them has expired; then remove them.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail<'a> {
    NoCa { count: usize, first_keys: &'a [String] },
    SwitchedBack { count: usize, first_keys: &'a [String] },
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCa { count, .. } => {
                write!(f, "{count} CRL(s) are of CAs that this account and Region does not have")
            }
            Self::SwitchedBack { count, .. } => write!(
                f,
                "{count} partition(s) are of CAs that write one complete CRL now: they are not \
                 written any more"
            ),
        }
    }
}

const SHOWN: usize = 10;

/// High for partitions: what is bound to one can neither be revoked any more, nor is its CRL renewed.
fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let orphans = match &subject.orphans {
        Ok(orphans) => orphans,
        Err(why) => return Verdict::unknown(format!("the objects could not be listed: {why}")),
    };
    let bucket = &subject.facts.name;
    let mut seen = Vec::new();
    if !orphans.of_no_ca.is_empty() {
        let keys = &orphans.of_no_ca;
        let first_keys = &keys[..keys.len().min(SHOWN)];
        let detail = Detail::NoCa { count: keys.len(), first_keys };
        let remedy = format!(
            "They may be of CAs of other Regions or accounts. If the CA is gone, remove its CRL \
             when its last certificate has expired (see its last audit report): aws s3 rm \
             s3://{bucket}/{}",
            first_keys[0]
        );
        seen.push(Observation::new(Severity::Low, &detail).remedy(remedy));
    }
    if !orphans.switched_back.is_empty() {
        let keys = &orphans.switched_back;
        let first_keys = &keys[..keys.len().min(SHOWN)];
        let detail = Detail::SwitchedBack { count: keys.len(), first_keys };
        let remedy = "If certificates that name a partition are still valid, set CrlType back to \
                      PARTITIONED (aws acm-pca update-certificate-authority \
                      --revocation-configuration), or reissue them. Remove the partitions when \
                      the last of them has expired.";
        seen.push(Observation::new(Severity::High, &detail).remedy(remedy));
    }
    Verdict::from_observations(seen)
}
