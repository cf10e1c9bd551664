//! Asking ACM PCA for audit reports.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::PortError;
use crate::arn::CaArn;

/// ACM PCA: audit reports.
#[async_trait]
pub trait AuditReports: Send + Sync {
    /// CreateCertificateAuthorityAuditReport, in JSON, to `bucket`.
    ///
    /// # Errors
    ///
    /// [`PortError`]; that another report is in progress is [`CreatedReport::TooSoon`].
    async fn create(&self, ca: &CaArn, bucket: &str) -> Result<CreatedReport, PortError>;

    /// DescribeCertificateAuthorityAuditReport; `report` is the report's id.
    ///
    /// # Errors
    ///
    /// [`PortError::NotFound`] for a report that the service does not know.
    async fn describe(&self, ca: &CaArn, report: &str) -> Result<ReportRecord, PortError>;
}

/// The answer to the request for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreatedReport {
    /// The service makes the report.
    Created {
        /// The report's id.
        report: String,
        /// Its key in the bucket.
        key: String,
    },
    /// Another one is being made, or was made less than 30 minutes ago; in the service's words.
    TooSoon {
        /// The service's message.
        reason: String,
    },
}

/// What the service says of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRecord {
    /// Whether it is ready.
    pub status: ReportStatus,
    /// The bucket that it is written to.
    pub bucket: String,
    /// Its key there.
    pub key: String,
    /// When it was requested.
    pub created_at: Option<OffsetDateTime>,
}

/// `AuditReportStatus`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportStatus {
    /// CREATING.
    Creating,
    /// FAILED.
    Failed,
    /// SUCCESS.
    Success,
    /// A status that this version does not know.
    Unknown(String),
}
