//! What in a report somebody should know at once.

use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    audit_report::{Concern, Summary},
    finding::{Finding, Severity},
    instant::rfc3339,
    ports::ReportRecord,
};

const CA_COMPROMISE: &str = "audit-report.ca-compromise";
const FAILED: &str = "audit-report.failed";
const OUTLIVING_CA: &str = "audit-report.outliving-ca";
const UNREADABLE: &str = "audit-report.unreadable-records";

/// The service could not make the report.
pub(super) fn failed(ca: &CaArn, report: &str, now: OffsetDateTime) -> Finding {
    let title = format!("The service could not make an audit report of CA {}", ca.id());
    Finding::new(FAILED, Severity::Medium, ca.as_str(), "", title, now)
        .with_evidence("report", report)
        .with_remediation(format!(
            "Check that the service may write to the report bucket (bucket policy, encryption, no \
             Object Lock), then ask again: aws acm-pca create-certificate-authority-audit-report \
             --certificate-authority-arn {ca} --audit-report-response-format JSON --s3-bucket-name \
             BUCKET --region {}",
            ca.region()
        ))
}

/// The findings of a report, and the ids of those that it shows to be over.
pub(super) fn findings(
    ca: &CaArn,
    summary: &Summary,
    now: OffsetDateTime,
) -> (Vec<Finding>, Vec<String>) {
    let of = |rule, severity, title: String, concern: &Concern, remedy: &str| {
        let finding = Finding::new(rule, severity, ca.as_str(), "", title, now)
            .with_evidence("count", concern.count)
            .with_evidence("first", concern.first.clone())
            .with_remediation(remedy);
        (concern.count > 0, finding)
    };
    let (compromise, outliving) = (&summary.ca_compromise, &summary.outliving_ca);
    let unreadable = Concern {
        count: summary.unreadable.count,
        first: summary.unreadable.first.iter().map(|bad| bad.why.clone()).collect(),
    };
    let judged = [
        of(
            CA_COMPROMISE,
            Severity::Critical,
            format!("{} certificates were revoked because a CA is compromised", compromise.count),
            compromise,
            "Find out which CA was meant (RevokeCertificate in CloudTrail). If it is this one, its \
             own certificate must be revoked by its issuer, and everything that it issued replaced.",
        ),
        of(
            OUTLIVING_CA,
            Severity::Medium,
            format!(
                "{} valid certificates end after the CA's own, at {}",
                outliving.count,
                summary.ca_end().map_or_else(|| "an unknown time".to_owned(), rfc3339)
            ),
            outliving,
            "They stop being accepted when the CA's certificate ends. Renew the CA's certificate \
             before: aws acm-pca get-certificate-authority-csr, and import the new certificate.",
        ),
        of(
            UNREADABLE,
            Severity::Low,
            format!("{} records of the audit report could not be read", unreadable.count),
            &unreadable,
            "The numbers of the summary leave them out. Look at the report and at its first bad \
             records in the summary.",
        ),
        // A report that came is the end of one that did not.
        (false, failed(ca, "", now)),
    ];
    let mut found = Vec::new();
    let mut over = Vec::new();
    for (is_found, finding) in judged {
        if is_found { found.push(finding) } else { over.push(finding.id) }
    }
    (found, over)
}

#[derive(Serialize)]
pub(super) struct Document<'a> {
    ca: &'a CaArn,
    report: &'a str,
    bucket: &'a str,
    key: &'a str,
    #[serde(with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    summary: &'a Summary,
}

/// The summary as it is kept.
pub(super) fn document<'a>(
    ca: &'a CaArn,
    report: &'a str,
    record: &'a ReportRecord,
    summary: &'a Summary,
) -> Document<'a> {
    let ReportRecord { bucket, key, created_at, .. } = record;
    Document { ca, report, bucket, key, created_at: *created_at, summary }
}
