//! How a bucket is set up: encryption, versions, lifecycle, logs, events and locks.

use super::world::*;
use crate::{
    bucket::{Encryption, Fact, LifecycleRule},
    finding::Severity,
};

/// The encryption context is the bucket's ARN or the object's, and the policy must know which.
#[test]
fn a_key_is_judged_by_what_s3_will_ask_of_it() {
    use Severity::High;
    for bucket_key in [true, false] {
        let mut subject = clean();
        with_key(&mut subject, bucket_key, |_| ());
        assert_eq!(findings(&subject), [], "{bucket_key}");
        let key = subject.facts.key.clone();
        with_key(&mut subject, !bucket_key, |_| ());
        subject.facts.key = key;
        assert_only(&subject, "the other", "bucket.encryption-key", "refused", High);
    }
    let mut subject = clean();
    with_key(&mut subject, true, |key| key.is_aws_managed = true);
    assert_only(&subject, "AWS's by its id", "bucket.encryption", "aws-managed-key", High);
    subject.facts.key = Fact::Unknown("denied".to_owned());
    assert_eq!(findings(&subject), [], "what is not known is not found");
}

#[test]
fn settings_that_the_service_cannot_work_with_are_found() {
    use Severity::{High, Low};
    for (name, encryption, kind, severity) in [
        ("aws/s3 by default", kms(None), "aws-managed-key", High),
        (
            "aws/s3 by name",
            kms(Some("arn:aws:kms:us-east-1:1:alias/aws/s3")),
            "aws-managed-key",
            High,
        ),
        ("none", Encryption::None, "none", Low),
        ("DSSE", Encryption::Other("aws:kms:dsse".to_owned()), "unsupported", High),
    ] {
        let mut subject = clean();
        subject.facts.encryption = Fact::Known(encryption);
        assert_only(&subject, name, "bucket.encryption", kind, severity);
    }
    let mut subject = clean();
    with_key(&mut subject, true, |_| ());
    assert_eq!(findings(&subject), []);
    subject.facts.versioning = Fact::Known(false);
    assert_only(&subject, "no versions", "bucket.versioning", "off", Low);
}

#[test]
fn what_takes_crls_away_or_hides_who_did_is_found() {
    use Severity::{High, Low, Medium};
    let rule = |prefix: &str| LifecycleRule {
        id: "tidy".to_owned(),
        prefix: prefix.to_owned(),
        narrowed: false,
        expires: true,
        moves_to: Vec::new(),
    };
    let to = |class: &str| vec!["STANDARD_IA".to_owned(), class.to_owned()];
    let archives =
        |class: &str| LifecycleRule { expires: false, moves_to: to(class), ..rule("crl/") };
    for (rule, want) in [
        (rule(""), Some(("expires", High))),
        (rule("crl/"), Some(("expires", High))),
        (rule("crl/1122"), Some(("expires", High))),
        (rule("crl/9"), None),
        (rule("audit-report/"), None),
        (LifecycleRule { narrowed: true, ..rule("crl/") }, Some(("may-expire", Low))),
        (archives("GLACIER"), Some(("archives", High))),
        (archives("GLACIER_IR"), None),
    ] {
        let mut subject = clean();
        subject.facts.lifecycle = Fact::Known(vec![rule.clone()]);
        let want = want.map(|(kind, severity)| ("bucket.lifecycle", kind.to_owned(), severity));
        assert_eq!(findings(&subject), Vec::from_iter(want), "{rule:?}");
    }
    let mut subject = clean();
    subject.facts.access_logs = Fact::Known(None);
    assert_only(&subject, "no logs", "bucket.access-logging", "off", Low);
    subject.facts.access_logs = Fact::Known(Some("crls".to_owned()));
    assert_only(&subject, "logs to itself", "bucket.access-logging", "to-itself", Medium);
    let mut subject = clean();
    subject.facts.event_notifications = Fact::Known(false);
    assert_only(&subject, "no events", "bucket.event-notifications", "off", Low);
    let mut subject = clean();
    subject.facts.object_lock = Fact::Known(true);
    assert_only(&subject, "locked", "bucket.object-lock", "enabled", High);
}
