//! An audit report that was asked for.

use aws_sdk_acmpca::types::{AuditReportResponseFormat, AuditReportStatus};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::model::{values::word, wait::Wait};

/// One audit report of a CA: what was asked for, and how far it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AuditReport {
    #[serde(with = "word")]
    pub(crate) status: AuditReportStatus,
    #[serde(with = "word")]
    pub(crate) format: AuditReportResponseFormat,
    /// What its writing waits for; taken by who writes it.
    pub(crate) wait: Option<Wait>,
    /// It is to fail, on request.
    pub(crate) fails: bool,
    pub(crate) bucket: String,
    pub(crate) key: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
}

impl AuditReport {
    pub(crate) fn is_pending(&self) -> bool {
        self.status == AuditReportStatus::Creating
    }
}
