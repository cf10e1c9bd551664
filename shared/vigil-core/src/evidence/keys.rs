//! The keys of the evidence bucket: every prefix, what lies there, and which program writes it.
//!
//! | key | content | writer |
//! | --- | --- | --- |
//! | `acks/<CA id>.json` | acknowledgement of a deletion | `vigil deadline ack` |
//! | `acks/findings/<finding id>.json` | acknowledgement of a finding | `vigil report ack` |
//! | `alerts/<CA id>/<RestorableUntil>/<threshold>.json` | one alert, and whether it was sent | restore-deadline |
//! | `anchors/<YYYYMMDD>.json` | the heads of all case records | restore-deadline |
//! | `approvals/<CA id>.json` | approval of a deletion | `vigil approve` |
//! | `cases/<CA id>/<RestorableUntil>.json` | record of a case, as a hash chain; `…-2.json` where that key is blocked | auto-restore, restore-deadline |
//! | `findings/<function>/<finding id>.json` | one finding, and whether it was published | crl-audit, audit-report |
//! | `holds/<CA id>.json` | marks a CA that stays DISABLED when it is restored; any content | an incident responder |
//! | `policies/set.json` | Cedar policies that decide about deletions, signed as one set | `vigil policy publish` |
//! | `rejected-events/<digest>.json` | an event that was not acted on, and the reason | auto-restore |
//! | `reports/audit-report/<date>/…`, `reports/audit-report/latest/…` | the page of the fleet, and its findings in each form | audit-report |
//! | `reports/crl-audit/<time>….json` | report of one run | crl-audit |
//! | `settings/audit-report.json` | limits, templates and accounts for the rules about audit reports | the operator |
//! | `state/audit-report/<CA id>.json` | which audit report of the CA is the newest | audit-report |
//! | `state/audit-report/authorities.json` | serial numbers of all CAs that were ever listed | audit-report |
//! | `state/audit-report/judged/<CA id>.json` | the open findings of the CA's newest report | audit-report |
//! | `state/audit-report/progress/<CA id>/<report id>.json` | how far a large audit report was read | audit-report |
//! | `state/audit-report/refused.json` | the CAs that are refused an audit report, and why | audit-report |
//! | `state/audit-report/requests/<CA id>.json` | which audit reports of the CA were requested | audit-report |
//! | `state/crl-audit/buckets/<bucket>.json` | audit state of a CRL bucket | crl-audit |
//! | `state/crl-audit/cas/<CA id>.json` | audit state of a CA and its CRL | crl-audit |
//! | `state/crl-audit/partitions/<CA id>/<bucket>/<digest>.json` | audit state of a CRL partition | crl-audit |
//! | `state/crl-audit/reports/<CA id>.json` | how far a large audit report was compared with the CRL | crl-audit |
//! | `state/deadline/<CA id>.json` | the restoration window that is tracked | restore-deadline |
//! | `state/disabled/<CA id>.json` | since when a CA is DISABLED, and through whom | auto-restore |
//! | `state/inventory/<Region>.json` | the CAs of a Region at the last sweep | auto-restore |
//! | `state/permits/<Region>.json` | digests of the approvals and acknowledgements at the last sweep | auto-restore |
//! | `state/permits/policies.json` | the newest set of policies that was seen | auto-restore |
//! | `state/restorations/<CA id>.json` | the restorations of the last 30 days | auto-restore, restore-deadline |
//! | `state/snapshots/<CA id>.json` | policy, permissions, tags and revocation configuration of a CA | auto-restore |
//! | `summaries/<CA id>/<report id>.json` | summary of an audit report | audit-report |
//!
//! `<RestorableUntil>` is the end of the window as [`in_key`] writes it. It stands for the deletion:
//! each deletion of a CA has its own.

use aws_lc_rs::digest;
use time::OffsetDateTime;

use crate::{arn::CaArn, instant::in_key, span::Span};

/// Prefix of the cases.
pub const CASES: &str = "cases/";
/// Prefix of the Cedar policies.
pub const POLICIES: &str = "policies/";
/// Prefix of the audit states, of CAs, buckets and partitions.
pub const AUDIT_STATES: &str = "state/crl-audit/";
/// Prefix of the tracked restoration windows.
pub const WINDOWS: &str = "state/deadline/";
/// Prefix of the records of DISABLED CAs.
pub const DISABLED: &str = "state/disabled/";
/// Prefix of the inventories.
pub const INVENTORIES: &str = "state/inventory/";
/// Prefix of what was seen of approvals, acknowledgements and policies.
pub const PERMITS: &str = "state/permits/";
/// Prefix of the restorations.
pub const RESTORATIONS: &str = "state/restorations/";

/// What auto-restore and restore-deadline write for themselves, and seal.
pub const SEALED: [&str; 9] = [
    "alerts/",
    "anchors/",
    CASES,
    WINDOWS,
    DISABLED,
    INVENTORIES,
    PERMITS,
    RESTORATIONS,
    "state/snapshots/",
];
/// Prefix of the acknowledgements.
pub const ACKNOWLEDGEMENTS: &str = "acks/";
/// Prefix of the approvals.
pub const APPROVALS: &str = "approvals/";
/// The newest set of policies that was seen.
pub const SEEN_POLICIES: &str = "state/permits/policies.json";
/// The signed set of policies.
pub const POLICY_SET: &str = "policies/set.json";

/// The acknowledgement of a CA's deletion.
pub fn acknowledgement(ca: &CaArn) -> String {
    format!("{ACKNOWLEDGEMENTS}{}.json", ca.id())
}

/// Prefix of the acknowledgements of findings.
pub const FINDING_ACKNOWLEDGEMENTS: &str = "acks/findings/";

/// The acknowledgement of a finding.
pub fn finding_acknowledgement(finding: &str) -> String {
    format!("{FINDING_ACKNOWLEDGEMENTS}{finding}.json")
}

/// What operators set for the rules about audit reports.
pub const REPORT_SETTINGS: &str = "settings/audit-report.json";

/// The serial numbers of all CAs that were ever listed.
pub const KNOWN_AUTHORITIES: &str = "state/audit-report/authorities.json";

/// Prefix of the findings of each CA's newest report.
pub const JUDGED: &str = "state/audit-report/judged/";

/// The open findings of a CA's newest report.
pub fn judged(ca_id: &str) -> String {
    format!("{JUDGED}{ca_id}.json")
}

/// Prefix of all alerts of one deletion, which ends at `until`.
pub fn alerts(ca: &CaArn, until: OffsetDateTime) -> String {
    format!("alerts/{}/{}/", ca.id(), in_key(until))
}

/// The alert of one threshold of a deletion.
pub fn alert(ca: &CaArn, until: OffsetDateTime, threshold: Span) -> String {
    format!("{}{threshold}.json", alerts(ca, until))
}

/// Records that a refused acknowledgement was published.
pub fn refused_acknowledgement(ca: &CaArn, until: OffsetDateTime) -> String {
    format!("{}acknowledgement-refused.json", alerts(ca, until))
}

/// The heads of all case records of a day.
pub fn anchor(at: OffsetDateTime) -> String {
    format!("anchors/{}.json", &in_key(at)[..8])
}

/// The approval of a CA's deletion.
pub fn approval(ca: &CaArn) -> String {
    format!("{APPROVALS}{}.json", ca.id())
}

/// Prefix of all cases of a CA.
pub fn cases(ca: &CaArn) -> String {
    format!("{CASES}{}/", ca.id())
}

/// The case of the deletion whose window ends at `until`.
pub fn case(ca: &CaArn, until: OffsetDateTime) -> String {
    format!("{}{}.json", cases(ca), in_key(until))
}

/// The same where what is at the keys before cannot be used: `copy` counts from 1.
pub fn case_copy(ca: &CaArn, until: OffsetDateTime, copy: u32) -> String {
    match copy {
        ..=1 => case(ca, until),
        copy => format!("{}{}-{copy}.json", cases(ca), in_key(until)),
    }
}

/// A finding that `function` publishes.
pub fn finding(function: &str, id: &str) -> String {
    format!("findings/{function}/{id}.json")
}

/// An event that was not acted on, named by a digest of its text.
pub fn rejected_event(text: &str) -> String {
    format!("rejected-events/{}.json", name_of(text))
}

/// The report of a run of crl-audit; `of_one` names the resource of a run that an event caused.
pub fn audit_run(as_of: OffsetDateTime, of_one: Option<&str>) -> String {
    // A name comes from an event, too, and a key takes 1,024 bytes.
    let short = |name: &str| if name.len() > 200 { name_of(name) } else { name.to_owned() };
    let of_one = of_one.map(|name| format!("-{}", short(name))).unwrap_or_default();
    format!("reports/crl-audit/{}{of_one}.json", in_key(as_of))
}

/// A file of the fleet report of a day.
pub fn fleet_file_of_day(as_of: OffsetDateTime, name: &str) -> String {
    format!("reports/audit-report/{}/{name}", as_of.date())
}

/// A file of the newest fleet report.
pub fn latest_fleet_file(name: &str) -> String {
    format!("reports/audit-report/latest/{name}")
}

/// The key of another object that would have the same key: `copy` counts from 2.
pub fn copy(key: &str, copy: u32) -> String {
    match key.strip_suffix(".json") {
        Some(stem) => format!("{stem}-{copy}.json"),
        None => format!("{key}-{copy}"),
    }
}

/// The mark of a CA that stays DISABLED when it is restored.
pub fn hold(ca: &CaArn) -> String {
    format!("holds/{}.json", ca.id())
}

/// Which audit report of a CA is the newest. `ca_id` is the last part of its ARN.
pub fn newest_report(ca_id: &str) -> String {
    format!("state/audit-report/{ca_id}.json")
}

/// The CAs that are refused an audit report.
pub const REFUSED_REPORTS: &str = "state/audit-report/refused.json";

/// Which audit reports of a CA were requested. `ca_id` is the last part of its ARN.
pub fn requested_reports(ca_id: &str) -> String {
    format!("state/audit-report/requests/{ca_id}.json")
}

/// How far a large audit report of a CA was read.
pub fn report_progress(ca: &CaArn, report: &str) -> String {
    format!("state/audit-report/progress/{}/{report}.json", ca.id())
}

/// The audit state of a bucket of CRLs.
pub fn audited_bucket(bucket: &str) -> String {
    format!("{AUDIT_STATES}buckets/{bucket}.json")
}

/// The audit state of a CA. `ca_id` is the last part of its ARN.
pub fn audited_ca(ca_id: &str) -> String {
    format!("{AUDIT_STATES}cas/{ca_id}.json")
}

/// Prefix of the records of audit reports that are compared in several invocations.
pub const COMPARED_REPORTS: &str = "state/crl-audit/reports/";

/// The largest object that a function reads at a key. A function has little memory: whatever can write
/// something large to the bucket must not be able to stop a function with it.
pub fn max_bytes(key: &str) -> u64 {
    const MIB: u64 = 1024 * 1024;
    match key {
        // A run report of crl-audit has a line for each rule and CA. Only audit-report reads it.
        _ if key.starts_with("reports/") => 32 * MIB,
        // A bit for each entry of the CRL, in base64: more than crl-audit has memory for.
        _ if key.starts_with(COMPARED_REPORTS) => 16 * MIB,
        _ => MIB,
    }
}

/// The most keys that are listed below a prefix. There is no end to what can be written to the bucket, and a
/// function has little memory and time. A key has up to 1,024 bytes.
pub fn max_listed(prefix: &str) -> usize {
    match prefix {
        // One page. Each judgement asks for it, only to see whether there is anything beside the set.
        POLICIES => 1_000,
        // Of these there are several for each CA, and no restoration waits for them.
        CASES | AUDIT_STATES | "alerts/" | "findings/" | "reports/crl-audit/" => 50_000,
        _ => 10_000,
    }
}

/// How far a large audit report was compared with a CA's CRL.
pub fn compared_report(ca_id: &str) -> String {
    format!("{COMPARED_REPORTS}{ca_id}.json")
}

/// Prefix of the audit states of a CA's CRL partitions in a bucket.
pub fn audited_partitions(ca_id: &str, bucket: &str) -> String {
    format!("{AUDIT_STATES}partitions/{ca_id}/{bucket}/")
}

/// The audit state of a CRL partition, named by a digest of its key in `bucket`: that key may be
/// nearly as long as S3 allows.
pub fn audited_partition(ca_id: &str, bucket: &str, key: &str) -> String {
    format!("{}{}.json", audited_partitions(ca_id, bucket), name_of(key))
}

/// The restoration window of a deleted CA.
pub fn window(ca: &CaArn) -> String {
    format!("{WINDOWS}{}.json", ca.id())
}

/// Since when a CA is DISABLED.
pub fn disabled(ca: &CaArn) -> String {
    format!("{DISABLED}{}.json", ca.id())
}

/// The inventory of a Region.
pub fn inventory(region: &str) -> String {
    format!("{INVENTORIES}{region}.json")
}

/// The approvals and acknowledgements that were seen for CAs of a Region.
pub fn seen_permits(region: &str) -> String {
    format!("{PERMITS}{region}.json")
}

/// The restorations of a CA.
pub fn restorations(ca: &CaArn) -> String {
    format!("{RESTORATIONS}{}.json", ca.id())
}

/// The snapshot of a CA.
pub fn snapshot(ca: &CaArn) -> String {
    format!("state/snapshots/{}.json", ca.id())
}

/// The summary of an audit report of a CA.
pub fn summary(ca: &CaArn, report: &str) -> String {
    format!("summaries/{}/{report}.json", ca.id())
}

/// The first half of a SHA-256, in hexadecimal.
fn name_of(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hex::encode(&hash.as_ref()[..16])
}
