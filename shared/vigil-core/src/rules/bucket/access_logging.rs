//! Access logs show who fetched and who wrote a CRL.

use super::BucketSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.access-logging",
        holds: "Requests to the bucket are logged, to another bucket.",
        cites: "Amazon S3 User Guide, Logging requests with server access logging; AWS Security Hub, \
                S3.9",
        kinds: &[OFF, TO_ITSELF],
    },
    check,
};

const OFF: Kind = Kind {
    id: "off",
    severity: Severity::Low,
    title: "Access to CRL bucket {bucket} ({ca}) is not logged",
    what_happened: "Bucket {bucket} has no server access logging. Checked at {as_of}.",
    impact: "If a CRL is changed, the bucket does not show who did it.",
    what_to_do: "Log to another bucket. Put its name in place of LOG-BUCKET:",
    first_command: "aws s3api put-bucket-logging --bucket {bucket} --bucket-logging-status \
                    '{\"LoggingEnabled\":{\"TargetBucket\":\"LOG-BUCKET\",\"TargetPrefix\":\"crl-access/\"}}'",
};

const TO_ITSELF: Kind = Kind {
    id: "to-itself",
    severity: Severity::Medium,
    title: "CRL bucket {bucket} ({ca}) logs its access to itself",
    what_happened: "The access logs of bucket {bucket} are written to {bucket} itself. Checked at {as_of}.",
    impact: "Each log makes another log, so their number and cost grow without end, beside the CRLs.",
    ..OFF
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    match subject.facts.access_logs.known() {
        Err(why) => Err(NotJudged::unknown(format!("access logging is not known: {why}"))),
        Ok(None) => Ok(vec![Observation::new(OFF)]),
        Ok(Some(target)) if *target == subject.facts.name => Ok(vec![Observation::new(TO_ITSELF)]),
        Ok(Some(_)) => Ok(Vec::new()),
    }
}
