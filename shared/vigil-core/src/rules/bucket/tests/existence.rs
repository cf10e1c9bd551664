//! Where a bucket is and whose, and that what is not known of it is not judged.

use time::macros::datetime;

use super::{super::RULES, world::*};
use crate::{
    bucket::Fact,
    finding::Severity,
    rules::{JudgementResult, judge},
};

#[test]
fn a_clean_bucket_has_no_findings() {
    assert_eq!(findings(&clean()), []);
}

#[test]
fn a_bucket_that_is_gone_is_one_critical_finding() {
    let mut subject = clean();
    subject.facts.region = Fact::Known(None);
    assert_only(&subject, "gone", "bucket.exists", "missing", Severity::Critical);
}

#[test]
fn a_bucket_of_another_account_or_an_opt_in_region_is_found() {
    let mut subject = clean();
    subject.facts.owned = Fact::Known(false);
    assert_only(&subject, "theirs", "bucket.owner", "another-account", Severity::High);
    let mut subject = clean();
    subject.facts.region = Fact::Known(Some("eu-west-1".to_owned()));
    assert_eq!(findings(&subject), []);
    subject.facts.region = Fact::Known(Some("af-south-1".to_owned()));
    assert_only(&subject, "opt-in", "bucket.region", "unsupported", Severity::High);
    subject.users = vec![user(&CA.replace("us-east-1", "af-south-1"))];
    subject.facts.policy = Fact::Unknown("not asked".to_owned());
    assert_eq!(findings(&subject), [], "the CA's own Region");
}

#[test]
fn what_is_not_known_is_not_judged_and_says_so() {
    let mut subject = clean();
    let denied = || "GetBucketPolicy was refused".to_owned();
    subject.facts.policy = Fact::Unknown(denied());
    subject.facts.encryption = Fact::Unknown(denied());
    subject.facts.versioning = Fact::Unknown(denied());
    subject.facts.public_access_block = Fact::Unknown(denied());
    subject.account_block = Fact::Unknown(denied());
    subject.facts.region = Fact::Unknown(denied());
    subject.facts.owned = Fact::Unknown(denied());
    subject.facts.event_notifications = Fact::Unknown(denied());
    subject.facts.lifecycle = Fact::Unknown(denied());
    subject.facts.access_logs = Fact::Unknown(denied());
    subject.facts.object_lock = Fact::Unknown(denied());
    subject.facts.acl = Fact::Unknown(denied());
    subject.orphans = Err(denied());
    let judgements = judge(RULES, &subject, "arn", datetime!(2026-03-01 0:00 UTC));
    assert_eq!(judgements.len(), RULES.len());
    for judgement in judgements {
        match judgement.result {
            JudgementResult::Unknown { reason } => assert!(!reason.is_empty()),
            other => panic!("{}: {other:?}", judgement.rule),
        }
    }
    assert_eq!(subject.facts.unknown().len(), 11);
}
