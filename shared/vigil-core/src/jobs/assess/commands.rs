//! Completes the commands of findings: with the operator's bucket, and where they need a stack, with a
//! line that says so.

use super::Settings;
use crate::{
    finding::{EVIDENCE_BUCKET, Finding, REPORT_BUCKET},
    fleet::FleetReport,
};

const NEEDS_STACK: &str =
    "The command with EVIDENCE-BUCKET needs a deployed stack of Vigil, which has that bucket.";

pub(super) fn complete(report: &mut FleetReport, settings: &Settings) {
    let FleetReport { cas, findings, .. } = report;
    let named = settings.request_reports.as_ref().or(settings.report_buckets.first());
    for open in findings {
        let finding = &mut open.finding;
        let of_ca = cas.iter().find(|ca| ca.arn.as_str() == finding.resource);
        let read = of_ca.and_then(|ca| bucket_of(&ca.certificates.as_ref()?.source));
        if let Some(bucket) = read.or(named.map(String::as_str)).filter(|name| is_bucket(name)) {
            finding.what_to_do = finding.what_to_do.replace(REPORT_BUCKET, bucket);
        }
        say_what_needs_a_stack(finding);
    }
}

fn say_what_needs_a_stack(finding: &mut Finding) {
    if finding.what_to_do.contains(EVIDENCE_BUCKET) {
        finding.what_to_do = format!("{}\n{NEEDS_STACK}", finding.what_to_do);
    }
}

/// `s3://<bucket>/<key>`
fn bucket_of(source: &str) -> Option<&str> {
    source.strip_prefix("s3://")?.split('/').next()
}

/// A name stands in a command as it is, so it must be one that S3 allows.
fn is_bucket(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(is_allowed)
}
