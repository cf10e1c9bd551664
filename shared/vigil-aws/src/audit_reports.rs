//! ACM PCA's audit reports through its SDK.

use async_trait::async_trait;
use aws_sdk_acmpca::{
    Client,
    types::{AuditReportResponseFormat, AuditReportStatus},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use vigil_core::{
    arn::CaArn,
    ports::{AuditReports, CreatedReport, PortError, ReportRecord, ReportStatus},
};

use crate::{answer::port_error, date::instant};

const CREATE: &str = "CreateCertificateAuthorityAuditReport";
const DESCRIBE: &str = "DescribeCertificateAuthorityAuditReport";

/// The audit reports of ACM PCA, as [`AuditReports`].
#[derive(Clone, Debug)]
pub struct AcmPcaReports {
    client: Client,
}

impl AcmPcaReports {
    /// The reports as this client sees them.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl AuditReports for AcmPcaReports {
    async fn create(&self, ca: &CaArn, bucket: &str) -> Result<CreatedReport, PortError> {
        let call = self.client.create_certificate_authority_audit_report();
        let call = call.certificate_authority_arn(ca.as_str()).s3_bucket_name(bucket);
        let call = call.audit_report_response_format(AuditReportResponseFormat::Json);
        match call.send().await {
            Ok(answer) => Ok(CreatedReport::Created {
                report: required(CREATE, ca, answer.audit_report_id, "AuditReportId")?,
                key: required(CREATE, ca, answer.s3_key, "S3Key")?,
            }),
            Err(error) if is_too_soon(error.code(), error.message()) => {
                let reason = error.message().unwrap_or("a report is in progress").to_owned();
                Ok(CreatedReport::TooSoon { reason })
            }
            Err(error) => Err(port_error(CREATE, ca.as_str(), error)),
        }
    }

    async fn describe(&self, ca: &CaArn, report: &str) -> Result<ReportRecord, PortError> {
        let call = self.client.describe_certificate_authority_audit_report();
        let call = call.certificate_authority_arn(ca.as_str()).audit_report_id(report);
        let answer = call.send().await;
        let answer = answer.map_err(|error| port_error(DESCRIBE, ca.as_str(), error))?;
        let status = match answer.audit_report_status {
            Some(AuditReportStatus::Creating) => ReportStatus::Creating,
            Some(AuditReportStatus::Failed) => ReportStatus::Failed,
            Some(AuditReportStatus::Success) => ReportStatus::Success,
            other => {
                let text = other.as_ref().map_or("", |status| status.as_str());
                ReportStatus::Unknown(text.to_owned())
            }
        };
        Ok(ReportRecord {
            status,
            bucket: required(DESCRIBE, ca, answer.s3_bucket_name, "S3BucketName")?,
            key: required(DESCRIBE, ca, answer.s3_key, "S3Key")?,
            created_at: answer.created_at.as_ref().and_then(instant),
        })
    }
}

/// With which of its errors the service refuses a second report within 30 minutes is not
/// documented: in progress is one of the two that it can be, and the other says so in words.
fn is_too_soon(code: Option<&str>, message: Option<&str>) -> bool {
    match code {
        Some("RequestInProgressException") => true,
        Some("RequestFailedException") => {
            message.is_some_and(|message| message.contains("30 minutes"))
        }
        _ => false,
    }
}

fn required(
    operation: &'static str,
    ca: &CaArn,
    member: Option<String>,
    name: &str,
) -> Result<String, PortError> {
    member.ok_or_else(|| PortError::Other {
        operation,
        resource: ca.to_string(),
        cause: format!("the answer has no {name}").into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use crate::wire::{Answer, Wire, client, dated, refused};

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566";
    const REPORT: &str = "9f1f4c61-6d6b-4bb0-8f2b-0c6d8a6c7b12";

    fn reports(answer: Answer) -> (AcmPcaReports, Wire) {
        let wire = Wire::new([answer]);
        (AcmPcaReports::new(client!(aws_sdk_acmpca, wire)), wire)
    }

    #[tokio::test]
    async fn a_report_is_asked_for_in_json() {
        let (reports, wire) = reports(dated(json!({"AuditReportId": REPORT, "S3Key": "k.json"})));
        let created = reports.create(&CA.parse().unwrap(), "bucket").await.unwrap();
        let want = CreatedReport::Created { report: REPORT.to_owned(), key: "k.json".to_owned() };
        assert_eq!(created, want);
        let asked: serde_json::Value = serde_json::from_str(&wire.asked()[0].body).unwrap();
        let want = json!({"CertificateAuthorityArn": CA, "S3BucketName": "bucket",
                          "AuditReportResponseFormat": "JSON"});
        assert_eq!(asked, want);
    }

    #[tokio::test]
    async fn too_soon_is_an_answer_and_any_other_refusal_an_error() {
        let ca = CA.parse().unwrap();
        let (busy, _) = reports(refused(400, "RequestInProgressException"));
        let answer = busy.create(&ca, "b").await.unwrap();
        assert_eq!(answer, CreatedReport::TooSoon { reason: "because".to_owned() });
        let (slow, _) = reports(refused(400, "ThrottlingException"));
        assert!(matches!(slow.create(&ca, "b").await, Err(PortError::Throttled { .. })));
        let (failed, _) = reports(refused(400, "RequestFailedException"));
        assert!(matches!(failed.create(&ca, "b").await, Err(PortError::Other { .. })));
        assert!(is_too_soon(Some("RequestFailedException"), Some("one report every 30 minutes")));
    }

    #[tokio::test]
    async fn a_record_says_where_the_report_is() {
        let (reports, _) = reports(dated(json!({
            "AuditReportStatus": "SUCCESS", "S3BucketName": "b", "S3Key": "k.json",
            "CreatedAt": 1_769_860_800.5
        })));
        let record = reports.describe(&CA.parse().unwrap(), REPORT).await.unwrap();
        assert_eq!((record.status, record.bucket.as_str()), (ReportStatus::Success, "b"));
        assert_eq!(record.created_at, Some(datetime!(2026-01-31 12:00:00.5 UTC)));
    }
}
