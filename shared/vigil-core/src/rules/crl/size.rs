//! ACM PCA refuses revocations beyond a quota; a CRL that nears it must be found before.

use super::CrlSubject;
use crate::{
    ca::CrlType,
    commands::REVOCATION_CONFIGURATION,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<CrlSubject> = Rule {
    info: RuleInfo {
        id: "crl.size",
        holds: "The CRL is not near the most entries, or the largest partition, that ACM PCA makes.",
        cites: "AWS General Reference, AWS Private CA quotas; AWS Private CA User Guide, Set up a CRL",
        kinds: &[MANY_ENTRIES, PARTITION_TOO_LARGE, TOO_MANY_ENTRIES],
    },
    check,
};

const MANY_ENTRIES: Kind = Kind {
    id: "many-entries",
    severity: Severity::Medium,
    title: "The CRL of {ca} has {count} of at most {limit} entries",
    what_happened: "{object} has {count} entries; the quota of a complete CRL is {limit}. Checked at \
                    {as_of}.",
    impact: "Once the quota is reached, RevokeCertificate answers LimitExceededException: {ca} can no \
             longer revoke.",
    what_to_do: PARTITION_IT,
    first_command: REVOCATION_CONFIGURATION,
};

const PARTITION_TOO_LARGE: Kind = Kind {
    id: "partition-too-large",
    severity: Severity::Medium,
    title: "A CRL partition of {ca} has {count} bytes, over the limit of {limit}",
    what_happened: "{object} has {count} bytes; ACM PCA makes partitions of at most {limit}. Checked at \
                    {as_of}.",
    impact: super::NOT_ACM_PCA,
    what_to_do: super::RESTORE_VERSION,
    first_command: super::LIST_VERSIONS,
};

const TOO_MANY_ENTRIES: Kind = Kind {
    id: "too-many-entries",
    severity: Severity::High,
    title: "The CRL of {ca} has {count} entries, over the quota of {limit}",
    impact: "RevokeCertificate answers LimitExceededException: {ca} can no longer revoke.",
    ..MANY_ENTRIES
};

const PARTITION_IT: &str = "Set CrlType to PARTITIONED, which allows 100,000,000 certificates a CA, or \
                            issue from another CA. Partitions hold only certificates that are issued \
                            from then on. Show the configuration that the update has to repeat:";

/// Revoked unexpired certificates of a CA with a complete CRL; not adjustable.
const MAX_ENTRIES: u64 = 1_000_000;
/// Four fifths: at the pace that filled them, a fifth is left to act in.
const MANY: u64 = MAX_ENTRIES / 5 * 4;
/// "Up to 1 MB".
const MAX_PARTITION: u64 = 1024 * 1024;

fn check(subject: &CrlSubject) -> RuleAnswer {
    let facts = subject.facts()?;
    let Some(ca) = &subject.ca else {
        return Err(NotJudged::not_applicable("the quotas are of CAs of AWS Private CA"));
    };
    let (entries, size) = (facts.entries.count, facts.size);
    let partitioned = ca.crl.as_ref().and_then(|crl| crl.crl_type.clone());
    let (kind, count, limit) = if partitioned == Some(CrlType::Partitioned) {
        if size <= MAX_PARTITION {
            return Ok(Vec::new());
        }
        (PARTITION_TOO_LARGE, size, MAX_PARTITION)
    } else if entries > MAX_ENTRIES {
        (TOO_MANY_ENTRIES, entries, MAX_ENTRIES)
    } else if entries >= MANY {
        (MANY_ENTRIES, entries, MAX_ENTRIES)
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![Observation::new(kind).with("count", count).with("limit", limit)])
}
