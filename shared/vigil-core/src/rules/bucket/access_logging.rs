//! Who fetched and who wrote a CRL can only be told where it is logged.

use std::fmt;

use serde::Serialize;

use super::BucketSubject;
use crate::{
    finding::Severity,
    rules::{Observation, Rule, Verdict},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    id: "bucket.access-logging",
    holds: "Requests to the bucket are logged, to another bucket.",
    cites: "Amazon S3 User Guide, Logging requests with server access logging; AWS Security Hub, S3.9",
    finds: &[("off", Severity::Low), ("to-itself", Severity::Medium)],
    remedy: "Turn server access logging on, with a bucket of its own as the target.",
    check,
};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Detail {
    Off,
    ToItself,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Requests to the bucket are not logged: who changed a CRL stays unknown",
            Self::ToItself => {
                "The bucket logs to itself: every log makes another one, beside the CRLs"
            }
        })
    }
}

fn check(subject: &BucketSubject) -> Verdict {
    if let Err(verdict) = subject.missing() {
        return verdict;
    }
    let bucket = subject.facts.name.as_str();
    let (severity, detail) = match subject.facts.access_logs.known() {
        Err(why) => return Verdict::unknown(format!("access logging is not known: {why}")),
        Ok(None) => (Severity::Low, Detail::Off),
        Ok(Some(target)) if target == bucket => (Severity::Medium, Detail::ToItself),
        Ok(Some(_)) => return Verdict::Pass,
    };
    let remedy = format!(
        "aws s3api put-bucket-logging --bucket {bucket} --bucket-logging-status \
         '{{\"LoggingEnabled\":{{\"TargetBucket\":\"LOG-BUCKET\",\"TargetPrefix\":\"{bucket}/\"}}}}'"
    );
    Some(Observation::new(severity, &detail).remedy(remedy)).into()
}
