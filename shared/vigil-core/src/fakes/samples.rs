//! The CA of the tests, its deletion, and what a report says of it.

use time::{Duration, OffsetDateTime};

use super::evidence_store::FakeEvidenceStore;
use crate::{
    audit_report::{Newest, Summary},
    bucket::{BucketFacts, Encryption, Fact, PublicAccessBlock},
    ca::{Ca, CaStatus, CaType},
    cloudtrail::{Deletion, Principal},
    evidence::keys,
    finding::{Finding, Kind, Names, Observation, RuleInfo, Severity},
};

/// A finding about which only its id and its severity matter.
pub fn finding(
    rule: &'static str,
    severity: Severity,
    resource: &str,
    at: OffsetDateTime,
) -> Finding {
    let kind = Kind {
        id: "kind",
        severity,
        title: "title",
        what_happened: "It happened.",
        impact: "None.",
        what_to_do: "Nothing:",
        first_command: "true",
    };
    let rule = RuleInfo { id: rule, holds: "It holds.", cites: "a page", kinds: &[] };
    Observation::new(kind).finding(&rule, &Names::new("here"), resource, at)
}

/// A CA's ARN.
pub const ARN: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";

/// The deletion of that CA, with a window of seven days.
pub fn deletion(at: OffsetDateTime) -> Deletion {
    Deletion {
        ca: ARN.parse().unwrap(),
        at,
        window_days: Some(7),
        by: Principal { kind: "Root".to_owned(), ..Principal::default() },
        source_ip: None,
        user_agent: None,
        event_id: Some("e".to_owned()),
        region: "us-east-1".to_owned(),
        account: "111122223333".to_owned(),
    }
}

/// A CA that was in use until it was deleted `at`, with a window of seven days.
pub fn deleted_ca(at: OffsetDateTime) -> Ca {
    Ca {
        arn: ARN.parse().unwrap(),
        ca_type: CaType::Subordinate,
        status: CaStatus::Deleted,
        common_name: Some("Issuing CA".to_owned()),
        key_algorithm: Some("EC_prime256v1".to_owned()),
        signing_algorithm: Some("SHA256WITHECDSA".to_owned()),
        usage_mode: None,
        serial: Some("01".to_owned()),
        not_before: Some(at - Duration::days(30)),
        not_after: Some(at + Duration::days(300)),
        created_at: Some(at - Duration::days(31)),
        last_state_change_at: Some(at),
        restorable_until: Some(at + Duration::days(7)),
        crl: None,
        ocsp_enabled: false,
    }
}

/// The newest audit report of a CA, summarised: `valid` certificates, the last of which ends at
/// `last`.
pub fn put_summary(
    evidence: &FakeEvidenceStore,
    ca: &str,
    valid: u64,
    last: OffsetDateTime,
    as_of: OffsetDateTime,
) {
    let id = ca.rsplit('/').next().unwrap();
    let newest = Newest {
        report: "r".to_owned(),
        bucket: "b".to_owned(),
        key: "k".to_owned(),
        created_at: as_of,
    };
    evidence.put(&keys::newest_report(id), &serde_json::to_string(&newest).unwrap());
    let mut summary = Summary::new(as_of, None);
    summary.valid = valid;
    summary.latest_not_after = (valid > 0).then_some(last);
    let document = serde_json::json!({"ca": ca, "report": "r", "summary": summary});
    evidence.put(&keys::summary(&ca.parse().unwrap(), "r"), &document.to_string());
}

/// A bucket of its account in us-east-1, with SSE-S3, versions and no policy.
pub fn bucket_facts(name: &str) -> BucketFacts {
    BucketFacts {
        name: name.to_owned(),
        region: Fact::Known(Some("us-east-1".to_owned())),
        policy: Fact::Known(None),
        public_access_block: Fact::Known(PublicAccessBlock::default()),
        ownership: Fact::Known(None),
        encryption: Fact::Known(Encryption::SseS3),
        key: Fact::Known(None),
        versioning: Fact::Known(true),
        owned: Fact::Known(true),
        owner_id: Fact::Known(None),
        event_notifications: Fact::Known(false),
        lifecycle: Fact::Known(Vec::new()),
        access_logs: Fact::Known(None),
        object_lock: Fact::Known(false),
        acl: Fact::Known(Vec::new()),
    }
}
