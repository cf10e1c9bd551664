//! Requests an audit report of every CA, and summarises each report that is ready.

use serde_json::Value;
use time::Duration;

use crate::{
    ports::{AuditReports, Authorities, Bus, EvidenceStore, Objects, Pace},
    service_event::{self, AUDIT_REPORT_GENERATION, ServiceEvent},
};

mod analyse;
mod error;
mod findings;
mod newest;
mod outcome;
mod request;

pub use error::{AuditReportError, RequestFailure};
pub use outcome::{Analysis, Outcome, RequestResult, RequestedReport, Requests};

/// The largest report that is read: the 100 million certificates of a full CA, at 1 KiB each.
pub const MAX_REPORT_BYTES: u64 = 100 * 1024 * 1024 * 1024;

/// What the job works with.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// ACM PCA: the CAs.
    pub authorities: &'a dyn Authorities,
    /// ACM PCA: audit reports.
    pub audit_reports: &'a dyn AuditReports,
    /// S3: the report objects.
    pub objects: &'a dyn Objects,
    /// The evidence bucket.
    pub evidence: &'a dyn EvidenceStore,
    /// The event bus that findings are published on.
    pub bus: &'a dyn Bus,
    /// Waits between calls, and knows how much time is left.
    pub pace: &'a dyn Pace,
}

/// What operators configure.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bucket that ACM PCA writes reports to.
    pub report_bucket: String,
    /// A report over this many bytes is not read.
    pub max_report_bytes: u64,
    /// See [`super::restore_deadline::Settings::claim_expires_after`].
    pub claim_expires_after: Duration,
}

/// One run: requests reports on a schedule, summarises one on ACM PCA's event about it.
///
/// # Errors
///
/// [`AuditReportError`] says what could not be read, written or published.
pub async fn run(
    event: &Value,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AuditReportError> {
    if service_event::is_schedule(event) {
        return request::run(ports, settings).await;
    }
    let event =
        ServiceEvent::read(event, AUDIT_REPORT_GENERATION).map_err(AuditReportError::Event)?;
    analyse::run(&event, ports, settings).await
}

#[cfg(test)]
mod tests;
