//! Every CRL object must be the CRL of a CA, and of the type that the CA has now.

use super::BucketSubject;
use crate::{
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.orphans",
        holds: "Every CRL in the bucket is one that a CA still writes.",
        cites: "AWS Private CA User Guide, Set up a CRL (partitioned CRLs; deleting a CA)",
        kinds: &[NO_CA, FORMER_PARTITIONS],
    },
    check,
};

const NO_CA: Kind = Kind {
    id: "no-ca",
    severity: Severity::Low,
    title: "Bucket {bucket} has {count} CRL(s) of CAs that are not in this account and Region",
    what_happened: "Bucket {bucket} has {count} CRL(s) of CAs that this account and Region does not have: \
                    {first_keys}. Checked at {as_of}.",
    impact: "None, if the CAs are in another Region or account. If they are deleted, these CRLs are not \
             renewed any more.",
    what_to_do: "If a CA is gone, keep its CRL until its last certificate has expired, as its last audit \
                 report shows. Then remove it. Show the first of them:",
    first_command: "aws s3 ls s3://{bucket}/{first_key}",
};

/// High: a certificate that is bound to such a partition can no longer be revoked.
const FORMER_PARTITIONS: Kind = Kind {
    id: "former-partitions",
    severity: Severity::High,
    title: "Bucket {bucket} ({ca}) has {count} CRL partition(s) that are no longer written",
    what_happened: "Bucket {bucket} has {count} CRL partition(s) of CAs that write one complete CRL now: \
                    {first_keys}. Checked at {as_of}.",
    impact: "Certificates that name these partitions can no longer be revoked. When the partitions expire, \
             relying parties that require a fresh CRL refuse these certificates.",
    what_to_do: "If such certificates are still valid, set CrlType back to PARTITIONED, or reissue them. \
                 Remove the partitions when the last certificate has expired. Show the configuration that \
                 the update has to repeat:",
    first_command: commands::REVOCATION_CONFIGURATION,
};

const SHOWN: usize = 10;

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    let orphans = subject.orphans.as_ref();
    let orphans = orphans
        .map_err(|why| NotJudged::unknown(format!("the objects could not be listed: {why}")))?;
    let kinds = [(NO_CA, &orphans.without_ca), (FORMER_PARTITIONS, &orphans.former_partitions)];
    let seen = kinds.into_iter().filter_map(|(kind, keys)| {
        let seen =
            Observation::new(kind).with("count", keys.len()).name("first_key", keys.first()?);
        Some(seen.with("first_keys", &keys[..keys.len().min(SHOWN)]))
    });
    Ok(seen.collect())
}
