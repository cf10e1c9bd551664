//! Versions make it possible to restore, and to examine, a CRL that was overwritten or deleted.

use super::BucketSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.versioning",
        holds: "The bucket keeps versions.",
        cites: "Amazon S3 User Guide, Security best practices: enable versioning",
        kinds: &[OFF],
    },
    check,
};

const OFF: Kind = Kind {
    id: "off",
    severity: Severity::Low,
    title: "CRL bucket {bucket} ({ca}) keeps no versions",
    what_happened: "Bucket {bucket} has no versioning. Checked at {as_of}.",
    impact: "A CRL that is overwritten or deleted can be neither restored nor examined.",
    what_to_do: "Turn versioning on:",
    first_command: "aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration \
                    Status=Enabled",
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    match subject.facts.versioning.known() {
        Err(why) => Err(NotJudged::unknown(format!("versioning is not known: {why}"))),
        Ok(true) => Ok(Vec::new()),
        Ok(false) => Ok(vec![Observation::new(OFF)]),
    }
}
