//! Asks for an audit report of every CA, and turns each report that is ready into a summary.

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

/// The hundred million certificates that a CA can issue and still have reported, at 1 KiB each.
pub const MAX_REPORT_BYTES: u64 = 100 * 1024 * 1024 * 1024;

/// What the job works with.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    pub authorities: &'a dyn Authorities,
    pub audit_reports: &'a dyn AuditReports,
    pub objects: &'a dyn Objects,
    pub evidence: &'a dyn EvidenceStore,
    pub bus: &'a dyn Bus,
    pub pace: &'a dyn Pace,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the service is to write reports.
    pub report_bucket: String,
    /// A report over this many bytes is not read.
    pub max_report_bytes: u64,
    /// See [`super::restore_deadline::Settings::claim_expires_after`].
    pub claim_expires_after: Duration,
}

/// One run: requests on a schedule, an analysis on the service's event about a report.
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
