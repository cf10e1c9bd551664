//! Asking ACM PCA for audit reports.

use std::future::Future;

use time::OffsetDateTime;

use super::PortError;
use crate::arn::CaArn;

pub trait AuditReports: Send + Sync {
    /// CreateCertificateAuthorityAuditReport, in JSON.
    fn create(
        &self,
        ca: &CaArn,
        bucket: &str,
    ) -> impl Future<Output = Result<CreatedReport, PortError>> + Send;

    /// DescribeCertificateAuthorityAuditReport.
    fn describe(
        &self,
        ca: &CaArn,
        report: &str,
    ) -> impl Future<Output = Result<ReportRecord, PortError>> + Send;
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
