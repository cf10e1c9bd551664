//! ACM PCA does not write to buckets with Object Lock.

use super::BucketSubject;
use crate::{
    commands,
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.object-lock",
        holds: "Object Lock is not enabled.",
        cites: "AWS Private CA User Guide, Using audit reports with your private CA (Object Lock)",
        kinds: &[ENABLED],
    },
    check,
};

const ENABLED: Kind = Kind {
    id: "enabled",
    severity: Severity::High,
    title: "CRL bucket {bucket} ({ca}) has Object Lock enabled",
    what_happened: "Bucket {bucket} has Object Lock, which ACM PCA does not support. Checked at {as_of}.",
    impact: super::NO_NEW_CRL,
    what_to_do: "Object Lock cannot be disabled. Make a bucket without it, copy the CRLs, and change the \
                 CRL configuration of each CA to it. Show the configuration that the update has to \
                 repeat:",
    first_command: commands::REVOCATION_CONFIGURATION,
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    match subject.facts.object_lock.known() {
        Err(why) => Err(NotJudged::unknown(format!("Object Lock is not known: {why}"))),
        Ok(false) => Ok(Vec::new()),
        Ok(true) => Ok(vec![Observation::new(ENABLED)]),
    }
}
