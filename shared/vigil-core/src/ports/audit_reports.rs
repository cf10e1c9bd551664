//! Asking ACM PCA for audit reports.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::PortError;
use crate::arn::CaArn;

#[async_trait]
pub trait AuditReports: Send + Sync {
    /// CreateCertificateAuthorityAuditReport, in JSON.
    async fn create(&self, ca: &CaArn, bucket: &str) -> Result<CreatedReport, PortError>;

    /// DescribeCertificateAuthorityAuditReport.
    async fn describe(&self, ca: &CaArn, report: &str) -> Result<ReportRecord, PortError>;
}

/// What the service answered to the wish for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreatedReport {
    Created {
        report: String,
        key: String,
    },
    /// Another one is being made, or was made less than 30 minutes ago; in the service's words.
    TooSoon {
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRecord {
    pub status: ReportStatus,
    pub bucket: String,
    pub key: String,
    pub created_at: Option<OffsetDateTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportStatus {
    Creating,
    Failed,
    Success,
    Unknown(String),
}
