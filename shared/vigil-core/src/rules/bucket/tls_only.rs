//! Writing to the bucket must not be possible without TLS.

use serde_json::json;

use super::BucketSubject;
use crate::{
    bucket_policy::{Principal, Request},
    finding::{Kind, Observation, RuleInfo, Severity},
    rules::{Rule, RuleAnswer},
};

pub(super) const RULE: Rule<BucketSubject> = Rule {
    info: RuleInfo {
        id: "bucket.tls-only",
        holds: "The policy denies s3:PutObject without TLS.",
        cites: "Amazon S3 User Guide, Security best practices: enforce encryption of data in transit",
        kinds: &[NOT_ENFORCED],
    },
    check,
};

const NOT_ENFORCED: Kind = Kind {
    id: "not-enforced",
    severity: Severity::Low,
    title: "CRL bucket {bucket} ({ca}) accepts writes without TLS",
    what_happened: "The policy of bucket {bucket} does not deny s3:PutObject without TLS. Checked at \
                    {as_of}.",
    impact: "Credentials and objects of other writers can be read or changed on the network. ACM PCA itself \
             uses TLS.",
    what_to_do: "Deny writes without TLS. Downloads stay possible without it, because CRLs are downloaded by \
                 http. Save the policy as policy.json; if the bucket has none, write one with the statement \
                 below alone:",
    first_command: super::SAVE_POLICY,
};

const ADD: &str = "In policy.json, add this statement:";

fn check(subject: &BucketSubject) -> RuleAnswer {
    let policy = subject.policy()?;
    let context = &subject.without_tls();
    let denied = subject.users.iter().all(|user| {
        let resource = &subject.object_arn(&user.key);
        let principal = &Principal::Anyone;
        let request = Request { principal, action: "s3:PutObject", resource, context };
        policy.as_ref().is_some_and(|policy| policy.denies(&request).is_some())
    });
    if denied {
        return Ok(Vec::new());
    }
    let arn = subject.arn();
    let statement = json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:Put*", "s3:Delete*"],
        "Resource": [arn, format!("{arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    Ok(vec![Observation::new(NOT_ENFORCED).also(super::set_policy(subject, ADD, &[statement]))])
}
