//! The AWS Security Finding Format, as Security Hub's BatchImportFindings takes it.

use serde_json::{Value, json};

use super::{Stage, place, staged};
use crate::{finding::Finding, fleet::FleetReport, instant::rfc3339};

/// How many findings one BatchImportFindings call takes (Security Hub API Reference).
const MAX_BATCH: usize = 100;

/// The requests of BatchImportFindings, of at most 100 findings each.
pub fn asff(report: &FleetReport) -> Vec<Value> {
    let all: Vec<Value> =
        staged(report).map(|(stage, finding)| entry(report, stage, finding)).collect();
    all.chunks(MAX_BATCH).map(|batch| json!({"Findings": batch})).collect()
}

fn entry(report: &FleetReport, stage: Stage, finding: &Finding) -> Value {
    let first = report.cas.first().map(|ca| &ca.arn);
    let (account, region) = place(&finding.resource);
    // The ARN of a bucket names neither; it is judged for a CA of the report's account.
    let account = account.or(first.map(|ca| ca.account())).unwrap_or("000000000000");
    let region = region.or(first.map(|ca| ca.region())).unwrap_or("us-east-1");
    let partition = finding.resource.split(':').nth(1).unwrap_or("aws");
    let is_bucket = finding.resource.contains(":s3:");
    let at = rfc3339(finding.as_of);
    let (workflow, record) = match stage {
        Stage::New => ("NEW", "ACTIVE"),
        Stage::Ongoing => ("NOTIFIED", "ACTIVE"),
        Stage::Resolved => ("RESOLVED", "ARCHIVED"),
    };
    json!({
        "SchemaVersion": "2018-10-08",
        "Id": finding.id,
        "ProductArn":
            format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        "GeneratorId": format!("vigil/{}", finding.rule),
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": at,
        "UpdatedAt": rfc3339(report.as_of.max(finding.as_of)),
        "Severity": {"Label": finding.severity.label()},
        "Title": cut(&finding.title, 256),
        "Description": cut(&format!("{} {}", finding.what_happened, finding.impact), 1024),
        "Remediation": {"Recommendation": {"Text": cut(&finding.what_to_do, 512)}},
        "ProductFields": {"vigil/rule": finding.rule, "vigil/why": cut(&finding.why, 1024)},
        "Resources": [{
            "Type": if is_bucket { "AwsS3Bucket" } else { "Other" },
            "Id": cut(&finding.resource, 512),
            "Partition": partition,
            "Region": region,
        }],
        "Workflow": {"Status": workflow},
        "RecordState": record,
    })
}

/// Security Hub refuses longer texts.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most - 1).collect();
    cut.push('…');
    cut
}
