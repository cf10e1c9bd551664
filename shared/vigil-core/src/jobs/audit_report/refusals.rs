//! Which CAs are refused a report, and for which cause: `state/audit-report/refused.json`.
//!
//! A cause is one finding, however many CAs it concerns. It is over when no CA is refused for it any
//! more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{AuditReportError, Ports, Settings, document};
use crate::{
    arn::CaArn,
    ca::Ca,
    evidence::keys,
    jobs::finding_store::{FindingStore, Published},
    rules::audit_report::{Cause, refused_finding, refused_id},
};

/// By CA: the id of the cause's kind, and the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Refusals {
    #[serde(default)]
    cas: BTreeMap<CaArn, Refusal>,
    /// Causes whose finding is open.
    #[serde(default)]
    open: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Refusal {
    cause: String,
    error: String,
}

/// What one invocation has learnt: the refusal of a CA, or that it is not refused.
#[derive(Debug, Default)]
pub(super) struct Learnt(BTreeMap<CaArn, Option<(Cause, String)>>);

impl Learnt {
    pub(super) fn refused(&mut self, ca: &CaArn, cause: Cause, error: &str) {
        let error = error.chars().take(MAX_ERROR).collect();
        self.0.insert(ca.clone(), Some((cause, error)));
    }

    pub(super) fn accepted(&mut self, ca: &CaArn) {
        self.0.insert(ca.clone(), None);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Of an answer that is kept: with 1,000 CAs the object stays far below 1 MiB.
const MAX_ERROR: usize = 400;

/// Adds what was learnt, and publishes causes that are new or over. `can_have`: CAs that can have a
/// report; what is known of others is over.
pub(super) async fn settle(
    ports: &Ports<'_>,
    settings: &Settings,
    finding_store: &FindingStore<'_>,
    learnt: &Learnt,
    can_have: &[Ca],
    now: OffsetDateTime,
) -> Result<Published, AuditReportError> {
    let noted =
        document::update(ports.evidence, keys::REFUSED_REPORTS, |refusals: &mut Refusals| {
            for (ca, refusal) in &learnt.0 {
                match refusal {
                    None => drop(refusals.cas.remove(ca)),
                    Some((cause, error)) => {
                        let cause = cause.kind().id.to_owned();
                        refusals.cas.insert(ca.clone(), Refusal { cause, error: error.clone() });
                    }
                }
            }
            refusals.cas.retain(|arn, _| can_have.iter().any(|ca| ca.arn == *arn));
            // On record as open before it is published, so that it is resolved also after a crash.
            for refusal in refusals.cas.values() {
                if !refusals.open.contains(&refusal.cause) {
                    refusals.open.push(refusal.cause.clone());
                }
            }
        })
        .await?;
    let (mut found, mut over) = (Vec::new(), Vec::new());
    for cause in noted.open.iter().filter_map(|id| Cause::of_id(id)) {
        let of_cause = noted.cas.iter().filter(|(_, refusal)| refusal.cause == cause.kind().id);
        let listed = |arn: &CaArn| can_have.iter().find(|ca| ca.arn == *arn);
        let of_cause = of_cause.filter_map(|(arn, refusal)| Some((listed(arn)?, refusal)));
        let (cas, errors): (Vec<_>, Vec<_>) =
            of_cause.map(|(ca, refusal)| (ca, refusal.error.as_str())).unzip();
        let error = errors.first().copied().unwrap_or_default();
        match refused_finding(cause, &settings.report_bucket, &cas, error, now) {
            Some(finding) => found.push(finding),
            None => over.push(cause),
        }
    }
    let mut published =
        finding_store.announce(&found).await.map_err(AuditReportError::FindingStore)?;
    if over.is_empty() {
        return Ok(published);
    }
    published.resolved = end(ports, settings, finding_store, &over, can_have).await?;
    Ok(published)
}

async fn end(
    ports: &Ports<'_>,
    settings: &Settings,
    finding_store: &FindingStore<'_>,
    over: &[Cause],
    can_have: &[Ca],
) -> Result<Vec<String>, AuditReportError> {
    // Without any CA there is no partition to name the bucket by; the next CA ends it.
    let Some(ca) = can_have.first() else { return Ok(Vec::new()) };
    let ids: Vec<_> =
        over.iter().filter_map(|cause| refused_id(*cause, &settings.report_bucket, ca)).collect();
    let because = "no CA is refused a report for this cause any more";
    let resolved =
        finding_store.resolve(&ids, because).await.map_err(AuditReportError::FindingStore)?;
    let over: Vec<&str> = over.iter().map(|cause| cause.kind().id).collect();
    document::update(ports.evidence, keys::REFUSED_REPORTS, |refusals: &mut Refusals| {
        let Refusals { cas, open } = refusals;
        open.retain(|id| {
            !over.contains(&id.as_str()) || cas.values().any(|refusal| refusal.cause == *id)
        });
    })
    .await?;
    Ok(resolved)
}
