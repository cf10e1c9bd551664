//! Requests the reports, one CA after the other, within the quota of ACM PCA.

use time::Duration;

use super::{
    AuditReportError, Outcome, Ports, RequestFailure, RequestResult, RequestedReport, Requests,
    Settings,
};
use crate::{
    arn::CaArn,
    ca::CaStatus,
    failure::chain,
    ports::{CreatedReport, PortError, TimeIsUp},
};

/// CreateCertificateAuthorityAuditReport may be called once a second (AWS General Reference, AWS
/// Private CA quotas); the tenth on top is for clocks that disagree.
const INTERVAL: Duration = Duration::milliseconds(1100);

pub(super) async fn run(
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AuditReportError> {
    let listing = ports.authorities.list().await.map_err(AuditReportError::List)?;
    let mut requests =
        Requests { as_of: listing.as_of, seen: listing.cas.len(), requests: Vec::new() };
    let mut failures = Vec::new();
    let mut is_first = true;
    for ca in &listing.cas {
        let result = match ca.status {
            CaStatus::Active | CaStatus::Disabled => {
                let pace = if is_first { Duration::ZERO } else { INTERVAL };
                is_first = false;
                request(ports, settings, &ca.arn, pace).await
            }
            _ => Ok(RequestResult::Skipped {
                reason: format!("it is {}: reports are made of ACTIVE and DISABLED CAs", ca.status),
            }),
        };
        match result {
            Ok(result) => requests.requests.push(RequestedReport { ca: ca.arn.clone(), result }),
            Err(reason) => failures.push(RequestFailure { ca: ca.arn.clone(), reason }),
        }
    }
    if failures.is_empty() {
        Ok(Outcome::Requested(requests))
    } else {
        Err(AuditReportError::Incomplete { requests, failures })
    }
}

/// Waits after throttling, twice as long each time, while the invocation has time. `Err` says why
/// no report was requested.
async fn request(
    ports: &Ports<'_>,
    settings: &Settings,
    ca: &CaArn,
    pace: Duration,
) -> Result<RequestResult, String> {
    let mut pause = pace;
    loop {
        if let Err(TimeIsUp) = ports.pace.pause(pause).await {
            return Err("no time was left to ask for it".to_owned());
        }
        match ports.audit_reports.create(ca, &settings.report_bucket).await {
            Ok(CreatedReport::Created { report, key }) => {
                return Ok(RequestResult::Requested { report, key });
            }
            Ok(CreatedReport::TooSoon { reason }) => return Ok(RequestResult::Skipped { reason }),
            // Deleted or disposed of since it was listed.
            Err(PortError::NotFound { .. } | PortError::InvalidState { .. }) => {
                let reason = "it changed its state since it was listed".to_owned();
                return Ok(RequestResult::Skipped { reason });
            }
            Err(PortError::Throttled { .. }) => pause = INTERVAL.max(pause * 2),
            Err(error) => return Err(chain(&error)),
        }
    }
}
