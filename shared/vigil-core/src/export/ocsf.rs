//! OCSF (<https://schema.ocsf.io>): Compliance Findings (class 2003) for rules with a verdict, Detection
//! Findings (class 2004) for incidents.

use serde_json::{Value, json};

use super::{Stage, place, staged};
use crate::{
    finding::{Finding, Severity},
    fleet::{FleetReport, RuleResult, RuleStatus},
};

/// The version of the schema that the events follow.
pub const OCSF_VERSION: &str = "1.5.0";

const COMPLIANCE: u64 = 2003;
const DETECTION: u64 = 2004;

/// The control of what could not be checked, where that is no single rule.
const NOT_CHECKED: &str = "not-checked";

/// One event for each finding, and one for each rule that holds for a resource. A finding's id stays
/// the same, so a later event updates or closes it.
///
/// What was not checked is a Compliance Finding of status Unknown, so that a file without findings does not
/// pass for a clean fleet. That of a rule has the id of its pass, which closes it.
pub fn ocsf(report: &FleetReport) -> Vec<Value> {
    let findings = staged(report).map(|(stage, finding)| event(report, stage, finding));
    let passed = report.verdicts.iter().filter(|of| of.result == RuleStatus::Pass);
    let unknown = report.verdicts.iter().filter(|of| of.result == RuleStatus::Unknown).map(|of| {
        let title = format!("{} could not be judged", of.rule);
        let why = of.reason.as_deref().unwrap_or("the facts could not be learnt");
        not_checked(report, (&of.rule, &of.resource), &title, why)
    });
    let unchecked = report.unchecked.iter().map(|of| {
        let title = format!("{} could not be checked", of.what);
        not_checked(report, (NOT_CHECKED, &of.what), &title, &of.why)
    });
    let passed = passed.map(|verdict| pass(report, verdict));
    findings.chain(passed).chain(unknown).chain(unchecked).collect()
}

fn event(report: &FleetReport, stage: Stage, finding: &Finding) -> Value {
    let class = if is_incident(&finding.rule) { DETECTION } else { COMPLIANCE };
    let (activity, name, status, status_name) = match stage {
        Stage::New => (1, "Create", 1, "New"),
        Stage::Ongoing => (2, "Update", 2, "In Progress"),
        Stage::Resolved => (3, "Close", 4, "Resolved"),
    };
    let at = milliseconds(finding.as_of);
    let mut event = base(report, class, activity, &finding.resource);
    event["activity_name"] = name.into();
    event["status_id"] = status.into();
    event["status"] = status_name.into();
    event["severity_id"] = severity_id(finding.severity).into();
    event["severity"] = severity_name(finding.severity).into();
    event["time"] = at.into();
    event["message"] = finding.title.clone().into();
    event["finding_info"] = json!({
        "uid": finding.id,
        "title": finding.title,
        "desc": format!("{} {} {}", finding.what_happened, finding.impact, finding.why),
        "types": [finding.rule],
        "last_seen_time": at,
        "product": {"name": "Vigil", "vendor_name": "Vigil"},
    });
    event["remediation"] = json!({"desc": finding.what_to_do});
    event["unmapped"] = json!({"evidence": finding.evidence});
    if class == DETECTION {
        event["is_alert"] = (finding.severity >= Severity::High).into();
        return event;
    }
    let (status_id, status) = match (stage, finding.severity) {
        (Stage::Resolved, _) => (1, "Pass"),
        (_, Severity::Informational | Severity::Low) => (2, "Warning"),
        (_, Severity::Medium | Severity::High | Severity::Critical) => (3, "Fail"),
    };
    event["compliance"] = compliance(&finding.rule, status_id, status);
    event
}

fn pass(report: &FleetReport, verdict: &RuleResult) -> Value {
    let RuleResult { rule, resource, .. } = verdict;
    let mut event = without_finding(report, (rule, resource), &format!("{rule} holds"));
    event["status_id"] = 4.into();
    event["status"] = "Resolved".into();
    event["message"] = format!("{rule} holds for {resource}").into();
    event["compliance"] = compliance(rule, 1, "Pass");
    event
}

fn not_checked(report: &FleetReport, of: (&str, &str), title: &str, why: &str) -> Value {
    let mut event = without_finding(report, of, title);
    event["status_id"] = 1.into();
    event["status"] = "New".into();
    event["status_detail"] = why.into();
    event["message"] = format!("{title}: {why}").into();
    event["compliance"] = compliance(of.0, 0, "Unknown");
    event["compliance"]["status_details"] = json!([why]);
    event
}

/// What is said of a resource by a rule, or control, that has found nothing.
fn without_finding(report: &FleetReport, (rule, resource): (&str, &str), title: &str) -> Value {
    let at = milliseconds(report.as_of);
    let mut event = base(report, COMPLIANCE, 1, resource);
    event["activity_name"] = "Create".into();
    event["severity_id"] = severity_id(Severity::Informational).into();
    event["severity"] = severity_name(Severity::Informational).into();
    event["time"] = at.into();
    event["finding_info"] = json!({
        "uid": format!("{rule}/{resource}"),
        "title": title,
        "types": [rule],
        "last_seen_time": at,
        "product": {"name": "Vigil", "vendor_name": "Vigil"},
    });
    event
}

fn compliance(rule: &str, status_id: u64, status: &str) -> Value {
    json!({"control": rule, "standards": ["Vigil"], "status_id": status_id, "status": status})
}

fn base(report: &FleetReport, class: u64, activity: u64, resource: &str) -> Value {
    let class_name = match class {
        COMPLIANCE => "Compliance Finding",
        _ => "Detection Finding",
    };
    // What could not be checked has not always an ARN.
    let arn = Some(resource).filter(|resource| resource.starts_with("arn:"));
    let (account, region) = arn.map_or((None, None), place);
    let partition = arn.and_then(|arn| arn.split(':').nth(1)).unwrap_or("aws");
    let mut cloud = json!({"provider": "AWS", "cloud_partition": partition});
    let mut of_resource =
        json!({"uid": resource, "type": kind(resource), "cloud_partition": partition});
    if let Some(region) = region {
        cloud["region"] = region.into();
        of_resource["region"] = region.into();
    }
    let owner = account.or_else(|| report.cas.first().map(|ca| ca.arn.account()));
    if let Some(account) = owner {
        cloud["account"] = json!({"uid": account, "type_id": 10, "type": "AWS Account"});
    }
    json!({
        "class_uid": class,
        "class_name": class_name,
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": activity,
        "type_uid": class * 100 + activity,
        "metadata": {
            "version": OCSF_VERSION,
            "profiles": ["cloud"],
            "product": {"name": "Vigil", "vendor_name": "Vigil", "version": report.made_by},
        },
        "cloud": cloud,
        "resources": [of_resource],
    })
}

/// What an intruder or an error did, or what is about to be lost; all other rules judge how something
/// is set up.
fn is_incident(rule: &str) -> bool {
    let area = rule.split('.').next().unwrap_or_default();
    matches!(area, "assess" | "audit-report" | "auto-restore" | "last-resort" | "restore-deadline")
        || rule == "crl.writer"
}

fn kind(resource: &str) -> &'static str {
    if resource.contains(":acm-pca:") {
        "AWS::ACMPCA::CertificateAuthority"
    } else if resource.contains(":s3:") {
        "AWS::S3::Bucket"
    } else {
        "Other"
    }
}

fn severity_id(severity: Severity) -> u64 {
    match severity {
        Severity::Informational => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "Informational",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

fn milliseconds(at: time::OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}
