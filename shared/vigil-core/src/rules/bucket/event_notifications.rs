//! Tampering is seen within seconds only where S3 tells of it.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.event-notifications",
    holds: "S3 tells EventBridge of what is written to and deleted from the bucket.",
    cites: "Amazon S3 User Guide, Using EventBridge",
    finds: &[("off", Severity::Low)],
    remedy: "Turn the bucket's EventBridge notifications on.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Off,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "The bucket tells nobody of changed objects: tampering is seen by the schedule only",
        )
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    match subject.facts.event_notifications.known() {
        Err(why) => Verdict::unknown(format!("event notifications are not known: {why}")),
        Ok(true) => Verdict::Pass,
        Ok(false) => {
            let remedy = format!(
                "With the bucket's other notifications, which the call replaces: aws s3api \
                 put-bucket-notification-configuration --bucket {} --notification-configuration \
                 '{{\"EventBridgeConfiguration\":{{}}}}'",
                subject.facts.name
            );
            Some(Observation::new(Severity::Low, &Detail::Off).remedy(remedy)).into()
        }
    }
}
