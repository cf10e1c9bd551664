//! A report that lies in a bucket, and that ACM PCA may no longer know.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::{
    arn::CaArn,
    ports::{AuditReports, CreatedReport, PortError, ReportRecord, ReportStatus},
};

/// The audit reports of ACM PCA, and one that was found in a bucket.
pub(super) struct InBucket<'a> {
    pub(super) audit_reports: &'a dyn AuditReports,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) last_modified: OffsetDateTime,
}

#[async_trait]
impl AuditReports for InBucket<'_> {
    async fn create(&self, ca: &CaArn, bucket: &str) -> Result<CreatedReport, PortError> {
        self.audit_reports.create(ca, bucket).await
    }

    /// ACM PCA writes a report once: its object was modified when it was made.
    async fn describe(&self, ca: &CaArn, report: &str) -> Result<ReportRecord, PortError> {
        match self.audit_reports.describe(ca, report).await {
            Err(PortError::NotFound { .. }) => Ok(ReportRecord {
                status: ReportStatus::Success,
                bucket: self.bucket.to_owned(),
                key: self.key.to_owned(),
                created_at: Some(self.last_modified),
            }),
            answer => answer,
        }
    }
}
