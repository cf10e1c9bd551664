//! The rules put to each CA by `vigil assess`, which has no hourly run.

use std::collections::BTreeSet;

use time::{Duration, OffsetDateTime};

use super::{AuditReportError, JOB, Ports, RequestFailure, judge_all, newest, request::note};
use crate::{ca::Ca, fleet::RuleResult, jobs::finding_store::FindingStore};

/// What the CAs of a Region are judged by.
pub(in crate::jobs) struct Assessed<'a> {
    pub(in crate::jobs) cas: &'a [Ca],
    /// The serial numbers of the CAs of all Regions, or why they are not known.
    pub(in crate::jobs) authorities: &'a Result<BTreeSet<String>, String>,
    pub(in crate::jobs) now: OffsetDateTime,
    pub(in crate::jobs) claim_expires_after: Duration,
}

/// Judges every CA by its newest report, and publishes what is new and what is over. The verdicts are of
/// all rules, and the failures of CAs that were not judged.
pub(in crate::jobs) async fn judge(
    ports: &Ports<'_>,
    of: &Assessed<'_>,
) -> Result<(Vec<RuleResult>, Vec<RequestFailure>), AuditReportError> {
    let finding_store = FindingStore {
        evidence: ports.evidence,
        bus: ports.bus,
        area: JOB,
        now: of.now,
        claim_expires_after: of.claim_expires_after,
    };
    let authorities = match of.authorities {
        Ok(everywhere) => {
            let mut known = judge_all::authorities(ports, of.cas).await?;
            known.extend(everywhere.iter().cloned());
            Ok(known)
        }
        Err(why) => Err(why.clone()),
    };
    let (judged, _) = judge_all::all(ports, &finding_store, of.cas, authorities).await?;
    for ca in of.cas {
        watch(ports, ca).await?;
    }
    Ok((judged.verdicts, judged.unjudged))
}

/// The next run says what has come since the newest report of this one.
async fn watch(ports: &Ports<'_>, ca: &Ca) -> Result<(), AuditReportError> {
    let Some(newest) = newest::of(ports.evidence, &ca.arn).await? else { return Ok(()) };
    note(ports, &ca.arn, |state| state.since = state.since.or(Some(newest.created_at))).await
}
