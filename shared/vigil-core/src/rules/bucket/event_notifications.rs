//! Vigil sees tampering within seconds only where S3 sends events.

use super::BucketSubject;
use crate::{
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{NotJudged, Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.event-notifications",
        holds: "S3 sends EventBridge an event for every object that is written or deleted.",
        cites: "Amazon S3 User Guide, Using EventBridge",
        kinds: &[OFF],
    },
    check,
};

const OFF: Kind = Kind {
    id: "off",
    severity: Severity::Low,
    title: "CRL bucket {bucket} ({ca}) sends no events to EventBridge",
    what_happened: "Bucket {bucket} has no EventBridge notifications. Checked at {as_of}.",
    impact: "Vigil sees a changed or deleted CRL only at its next scheduled run, not within seconds.",
    what_to_do: "Turn the notifications on. The command replaces all notifications of the bucket, so add \
                 those that exist to it:",
    first_command: "aws s3api put-bucket-notification-configuration --bucket {bucket} \
                    --notification-configuration '{\"EventBridgeConfiguration\":{}}'",
};

fn check(subject: &BucketSubject) -> RuleAnswer {
    subject.missing()?;
    match subject.facts.event_notifications.known() {
        Err(why) => Err(NotJudged::unknown(format!("event notifications are not known: {why}"))),
        Ok(true) => Ok(Vec::new()),
        Ok(false) => Ok(vec![Observation::new(OFF)]),
    }
}
