//! The service refuses revocations beyond a quota; a CRL that nears it must be found before.

use std::fmt;

use serde::Serialize;

use super::CrlSubject;
use crate::{
    ca::CrlType,
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    id: "crl.size",
    holds: "The CRL is not near the most entries, or the largest partition, that the service makes.",
    cites: "AWS General Reference, AWS Private CA quotas; AWS Private CA User Guide, Set up a CRL",
    finds: &[
        ("many-entries", Severity::Medium),
        ("partition-too-large", Severity::Medium),
        ("too-many-entries", Severity::High),
    ],
    remedy: "Switch the CA to partitioned CRLs, or issue from another CA, before the quota is reached.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    ManyEntries { count: u64, quota: u64 },
    PartitionTooLarge { size: u64, limit: u64 },
    TooManyEntries { count: u64, quota: u64 },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManyEntries { count, quota } => {
                write!(f, "The CRL has {count} of at most {quota} entries")
            }
            Self::PartitionTooLarge { size, limit } => {
                write!(f, "The CRL's partition has {size} bytes, over the service's {limit}")
            }
            Self::TooManyEntries { count, quota } => {
                write!(f, "The CRL has {count} entries, and the quota is {quota}")
            }
        }
    }
}

/// Revoked unexpired certificates of a CA with a complete CRL; not adjustable.
const QUOTA: u64 = 1_000_000;
/// Four fifths: at the pace that filled them, a fifth is left to act in.
const MANY: u64 = QUOTA / 5 * 4;
/// "Up to 1 MB".
const PARTITION: u64 = 1024 * 1024;

fn check(subject: &CrlSubject) -> Verdict {
    let facts = match subject.facts() {
        Ok(facts) => facts,
        Err(verdict) => return verdict,
    };
    let Some(ca) = &subject.ca else {
        return Verdict::not_applicable("the quotas are of CAs of AWS Private CA");
    };
    let (count, size) = (facts.entries.count, facts.size);
    let partitioned = ca.crl.as_ref().and_then(|crl| crl.crl_type.clone());
    let (severity, detail) = if partitioned == Some(CrlType::Partitioned) {
        if size <= PARTITION {
            return Verdict::Pass;
        }
        (Severity::Medium, Detail::PartitionTooLarge { size, limit: PARTITION })
    } else if count > QUOTA {
        (Severity::High, Detail::TooManyEntries { count, quota: QUOTA })
    } else if count >= MANY {
        (Severity::Medium, Detail::ManyEntries { count, quota: QUOTA })
    } else {
        return Verdict::Pass;
    };
    let remedy = format!(
        "Have new certificates bound to partitions: aws acm-pca update-certificate-authority \
         --certificate-authority-arn {arn} --revocation-configuration, with CrlType PARTITIONED \
         (100,000,000 certificates a CA); or issue from another CA. Beyond the quota \
         RevokeCertificate answers LimitExceededException.",
        arn = ca.arn
    );
    Some(Observation::new(severity, &detail).remedy(remedy)).into()
}
