//! The numbers of a CA's newest audit report, from its summary.

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::read;
use crate::{
    arn::CaArn,
    audit_report::Newest,
    evidence::keys,
    fleet::{CertificateNumbers, FleetReport},
    ports::EvidenceStore,
};

pub(super) async fn newest(
    evidence: &dyn EvidenceStore,
    ca: &CaArn,
    report: &mut FleetReport,
) -> Option<CertificateNumbers> {
    let newest: Newest = read(evidence, &keys::newest_report(ca.id()), report).await?;
    let document: Value = read(evidence, &keys::summary(ca, &newest.report), report).await?;
    let source = format!("s3://{}/{}", newest.bucket, newest.key);
    Some(of_summary(&document, source))
}

/// Fields are only added to a summary, and an older one lacks some: those are zero or absent.
fn of_summary(document: &Value, source: String) -> CertificateNumbers {
    let summary = document.get("summary").unwrap_or(document);
    let count = |name: &str| summary[name].as_u64().unwrap_or_default();
    let time = |name: &str| -> Option<OffsetDateTime> {
        OffsetDateTime::parse(summary[name].as_str()?, &Rfc3339).ok()
    };
    let tally = |name: &str| {
        let counts = summary[name].as_object().into_iter().flatten();
        counts.filter_map(|(name, count)| Some((name.clone(), count.as_u64()?))).collect()
    };
    CertificateNumbers {
        source,
        as_of: time("as_of"),
        issued: count("issued"),
        valid: count("valid"),
        not_yet_valid: count("not_yet_valid"),
        expired: count("expired"),
        revoked: count("revoked"),
        unreadable: summary["unreadable"]["count"].as_u64().unwrap_or_default(),
        expiring_within_30_days: count("expiring_within_30_days"),
        expiring_within_90_days: count("expiring_within_90_days"),
        without_successor_within_90_days: None,
        latest_not_after: time("latest_not_after"),
        by_account: tally("by_account"),
        by_template: tally("by_template"),
        revoked_by_reason: tally("revoked_by_reason"),
        ..CertificateNumbers::default()
    }
}
