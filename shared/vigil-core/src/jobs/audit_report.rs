//! Requests an audit report of every CA each day, and summarises each report that is ready.
//!
//! Events are delivered at best. So each request is on record before its answer is used, and an hourly
//! sweep finds reports whose event did not come.

use serde::Deserialize as _;
use serde_json::Value;
use time::Duration;

use crate::{
    export::MakePage,
    finding::SOURCE,
    jobs::notify::Deployment,
    ports::{
        AuditReports, Authorities, Buckets, Bus, CONTINUATION, Continuation, EvidenceStore,
        Objects, Pace, Pages, ReportTags, Signatures,
    },
    service_event::{self, AUDIT_REPORT_GENERATION, EventError, ServiceEvent},
    signed::Signers,
};

mod analyse;
mod assessed;
mod document;
mod due;
mod error;
mod findings;
mod judge_all;
mod judging;
mod newest;
mod one_report;
mod outcome;
mod progress;
mod publish;
mod refusals;
mod request;
mod request_state;
mod retention;
mod staleness;
mod succeeding;
mod sweep;
mod turns;

pub use analyse::MAX_INDEXED_BYTES;
pub(super) use assessed::{Assessed, judge};
pub use error::{AuditReportError, RequestFailure};
pub(super) use judging::NOT_SUMMARISED;
pub use outcome::{Analysis, Outcome, RequestResult, RequestedReport, Requests, Superseded};

/// The largest report that is read: the 100 million certificates of a full CA, at 1 KiB each.
pub const MAX_REPORT_BYTES: u64 = 100 * 1024 * 1024 * 1024;

/// The function's name, in continuations and keys.
const JOB: &str = "audit-report";

/// A run that is continued for ever does not end by itself. 100 GiB take some ten invocations.
const MAX_HOPS: u32 = 200;

/// What the job works with.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// ACM PCA: the CAs.
    pub authorities: &'a dyn Authorities,
    /// ACM PCA: audit reports.
    pub audit_reports: &'a dyn AuditReports,
    /// S3: the report objects.
    pub objects: &'a dyn Objects,
    /// S3: the configuration of the report bucket, read after a refusal.
    pub buckets: &'a dyn Buckets,
    /// The evidence bucket.
    pub evidence: &'a dyn EvidenceStore,
    /// The event bus that findings are published on.
    pub bus: &'a dyn Bus,
    /// Waits between calls, and knows how much time is left.
    pub pace: &'a dyn Pace,
    /// Tags reports that are no longer the newest of their month. `None`: all are kept as long.
    pub report_tags: Option<&'a dyn ReportTags>,
    /// What the fleet report is written with. `None`: none is written.
    pub publishing: Option<Publishing<'a>>,
    /// `None`: no acknowledgement counts.
    pub acknowledging: Option<Acknowledging<'a>>,
}

/// What acknowledgements of findings are verified with.
#[derive(Clone, Copy)]
pub struct Acknowledging<'a> {
    /// KMS.
    pub signatures: &'a dyn Signatures,
    /// The keys that count.
    pub approvers: &'a Signers,
}

/// What a fleet report is written with.
#[derive(Clone, Copy)]
pub struct Publishing<'a> {
    /// The evidence bucket.
    pub pages: &'a dyn Pages,
    /// Makes the page.
    pub page: MakePage,
    /// What commands of findings are completed with.
    pub deployment: &'a Deployment,
}

/// What operators configure.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bucket that ACM PCA writes reports to.
    pub report_bucket: String,
    /// A report over this many bytes is not read.
    pub max_report_bytes: u64,
    /// At which ages the newest report of a CA is a finding.
    pub stale: StaleAfter,
    /// Whether a run that requests reports judges all CAs, too. `vigil assess` does so later, when it has
    /// read the reports and knows the CAs of all Regions.
    pub judges: bool,
    /// See [`super::restore_deadline::Settings::claim_expires_after`].
    pub claim_expires_after: Duration,
}

pub use staleness::{NotStaleAfter, StaleAfter};

/// What started the invocation.
enum Trigger {
    /// ACM PCA has finished a report, or failed to.
    Event(ServiceEvent),
    /// The rest of an earlier invocation: requests, or a report.
    Continuation(Continuation),
    Schedule,
}

/// One run: requests reports and sweeps on a schedule, summarises one on ACM PCA's event about it.
///
/// # Errors
///
/// [`AuditReportError`] says what could not be read, written or published.
pub async fn run(
    event: &Value,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AuditReportError> {
    match read(event).map_err(AuditReportError::Event)? {
        Trigger::Schedule => sweep::run(ports, settings, 0).await,
        Trigger::Continuation(rest) => match one_report::OneReport::of(&rest.from) {
            Some(report) => analyse::continued(&report, rest.hop, ports, settings).await,
            None => sweep::run(ports, settings, rest.hop).await,
        },
        Trigger::Event(event) => analyse::on_event(&event, ports, settings).await,
    }
}

fn read(event: &Value) -> Result<Trigger, EventError> {
    if service_event::is_schedule(event) {
        return Ok(Trigger::Schedule);
    }
    let named = |member: &str| event.get(member).and_then(Value::as_str);
    if (named("source"), named("detail-type")) == (Some(SOURCE), Some(CONTINUATION)) {
        let rest = Continuation::deserialize(event.get("detail").unwrap_or(&Value::Null));
        return rest.map(Trigger::Continuation).map_err(EventError::Shape);
    }
    ServiceEvent::read(event, AUDIT_REPORT_GENERATION).map(Trigger::Event)
}

#[cfg(test)]
mod tests;
