use serde_json::json;
use time::{Duration, macros::datetime};

use super::*;
use crate::fakes::{self, ARN, FakeEvidenceStore};

const AT: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn alert(evidence: &FakeEvidenceStore, until: OffsetDateTime, threshold: &str, at: OffsetDateTime) {
    let finding = fakes::finding("restore-deadline.threshold", Severity::High, ARN, at);
    let key = format!("{}{threshold}.json", keys::alerts(&ARN.parse().unwrap(), until));
    let body = json!({"state": "sent", "at": "2026-03-01T12:00:00Z", "finding": finding});
    evidence.put(&key, &body.to_string());
}

fn window(evidence: &FakeEvidenceStore, until: OffsetDateTime, ending: Option<&str>) {
    let until = crate::instant::rfc3339(until);
    let body = json!({"ca": ARN, "restorable_until": until, "ending": ending});
    evidence.put(&keys::window(&ARN.parse().unwrap()), &body.to_string());
}

fn report(evidence: &FakeEvidenceStore) -> FleetReport {
    fakes::run(of_evidence(evidence, &[], "test"))
}

#[test]
fn only_the_latest_alert_of_an_open_window_is_shown() {
    let evidence = FakeEvidenceStore::default();
    let until = AT + Duration::days(2);
    alert(&evidence, until, "7d", AT - Duration::days(5));
    alert(&evidence, until, "3d", AT - Duration::days(1));
    assert!(report(&evidence).findings.is_empty(), "no window is open");
    window(&evidence, until, None);
    let found = report(&evidence).findings;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].finding.as_of, AT - Duration::days(1));
    window(&evidence, until, Some("gone"));
    assert!(report(&evidence).findings.is_empty(), "it has ended");
}

#[test]
fn a_stored_finding_is_open_until_it_is_resolved() {
    let evidence = FakeEvidenceStore::default();
    let finding = fakes::finding("crl.signature", Severity::High, ARN, AT);
    let put = |status: Status| {
        let finding = finding.clone().with_status(status);
        let body = json!({"state": "published", "at": "2026-03-01T12:00:00Z", "finding": finding});
        evidence.put("findings/crl-audit/1.json", &body.to_string());
    };
    put(Status::New);
    assert_eq!(report(&evidence).findings.len(), 1);
    put(Status::Resolved);
    assert!(report(&evidence).findings.is_empty());
}

#[test]
fn an_object_that_cannot_be_read_is_named() {
    let evidence = FakeEvidenceStore::default();
    evidence.put("findings/crl-audit/1.json", "garbage");
    evidence.put("state/inventory/us-east-1.json", "[]");
    let unchecked: Vec<String> =
        report(&evidence).unchecked.into_iter().map(|of| of.what).collect();
    assert_eq!(unchecked, ["findings/crl-audit/1.json", "state/inventory/us-east-1.json"]);
}

/// An inventory has neither, and `vigil report` asks no CA.
#[test]
fn crl_and_ocsp_of_a_ca_are_those_of_its_snapshot() {
    let evidence = FakeEvidenceStore::default();
    let known = json!({"status": "ACTIVE", "common_name": null, "not_after": null, "serial": null,
        "identity": null, "snapshot_at": null, "disabled_since": null});
    let inventory = json!({"as_of": "2026-03-01T12:00:00Z", "cas": {ARN: known}});
    evidence.put("state/inventory/us-east-1.json", &inventory.to_string());
    let ca = report(&evidence).cas.remove(0);
    assert_eq!((ca.ocsp, ca.crl), (None, None), "not known");
    let crl = json!({"enabled": true, "expiration_in_days": 7, "custom_cname": null,
        "s3_bucket_name": "crls", "s3_object_acl": null, "crl_type": null, "custom_path": null,
        "omit_extension": false});
    let revocation = json!({"crl": crl, "ocsp_enabled": false, "ocsp_custom_cname": null});
    let snapshot = json!({"ca": ARN, "as_of": "2026-03-01T12:00:00Z", "policy": null,
        "permissions": [], "tags": {}, "revocation": revocation});
    evidence.put(&keys::snapshot(&ARN.parse().unwrap()), &snapshot.to_string());
    let mut report = report(&evidence);
    fakes::run(add_revocation(&evidence, &mut report));
    let ca = report.cas.remove(0);
    assert_eq!(ca.ocsp, Some(false));
    assert_eq!(ca.crl.unwrap().bucket.as_deref(), Some("crls"));
}
