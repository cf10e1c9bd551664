//! Audits every CA's CRL and the bucket it lies in, and publishes what began and what is over.

use serde::Serialize;
use serde_json::Value;
use time::Duration;

use crate::{
    arn::CaArn,
    ca::Ca,
    ports::{Authorities, Buckets, Bus, Distribution, EvidenceStore, Issued, Objects, Pace},
};

mod audit_run;
mod audit_state;
mod certificate_scan;
mod certificates;
mod error;
mod gather;
mod orphans;
mod outcome;
mod partitions;
mod reading;
mod references;
mod report;
mod scan_progress;
mod scope;
mod settle;
mod trigger;
mod work_items;

pub use error::{CheckError, CheckFailure, CrlAuditError};
pub use outcome::{Audit, NotAudited, Outcome};
pub use scope::Skip;

use super::finding_store::{FindingStore, Published};
use audit_run::AuditRun;
use report::Report;
use scope::Scope;
use trigger::Trigger;

/// Five times the million entries that the service's largest CRL has.
pub const MAX_CRL_BYTES: u64 = 256 * 1024 * 1024;

/// The 100 million certificates of a full CA, at 1 KiB each. Their records pass by, and take no memory.
pub const MAX_COMPARED_REPORT_BYTES: u64 = 100 * 1024 * 1024 * 1024;

/// What the job works with.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// ACM PCA: the CAs.
    pub authorities: &'a dyn Authorities,
    /// ACM PCA: certificates that CAs issued.
    pub issued: &'a dyn Issued,
    /// S3: CRLs and their versions, and audit reports.
    pub objects: &'a dyn Objects,
    /// S3 and KMS: how buckets are set up.
    pub buckets: &'a dyn Buckets,
    /// The evidence bucket.
    pub evidence: &'a dyn EvidenceStore,
    /// The event bus that findings are published on.
    pub bus: &'a dyn Bus,
    /// How much time is left, and when the service may be asked again.
    pub pace: &'a dyn Pace,
    /// `None`: what relying parties get is not checked.
    pub distribution: Option<&'a dyn Distribution>,
}

/// What an operator sets for crl-audit. docs/configuration.md has the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A CRL object over this many bytes is not read.
    pub max_crl_bytes: u64,
    /// An audit report over this many bytes is not compared with.
    pub max_report_bytes: u64,
    /// See [`super::restore_deadline::Settings::claim_expires_after`].
    pub claim_expires_after: Duration,
    /// Principals that may change CRL buckets: ids of accounts or ARNs, with the wildcards of IAM.
    pub administrators: Vec<String>,
}

/// How many CAs are audited at the same time: calls wait for each other's answers, not for work.
const AT_ONCE: usize = 16;

/// Each bucket is asked for its twelve facts at once.
const BUCKETS_AT_ONCE: usize = 4;

/// One run: all CAs on a schedule, what it concerns on an event.
///
/// # Errors
///
/// [`CrlAuditError`], after everything that could be audited was audited.
pub async fn run(
    event: &Value,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, CrlAuditError> {
    let trigger = &trigger::read(event).map_err(CrlAuditError::Event)?;
    let listing = ports.authorities.list().await.map_err(CrlAuditError::List)?;
    let now = listing.as_of;
    // In an order that the next run finds again, when this one has to pass CAs on.
    let mut cas: Vec<&Ca> = listing.cas.iter().collect();
    cas.sort_by(|a, b| a.arn.as_str().cmp(b.arn.as_str()));
    let scopes: Vec<_> = cas.into_iter().map(|ca| (ca, scope::of(ca))).collect();
    if let Some(reason) = nothing_to_audit(trigger, &scopes) {
        return Ok(Outcome::not_audited(trigger.about(), reason));
    }
    let finding_store = FindingStore {
        evidence: ports.evidence,
        bus: ports.bus,
        area: "crl-audit",
        now,
        claim_expires_after: settings.claim_expires_after,
    };
    let report = Report::new(now, trigger, &scopes);
    AuditRun { ports, settings, finding_store, trigger, now }.run(&scopes, report).await
}

/// Why an event concerns nothing that is audited.
fn nothing_to_audit(trigger: &Trigger, scopes: &[(&Ca, Result<Scope, Skip>)]) -> Option<String> {
    let of = |wanted: &CaArn| match scopes.iter().find(|(ca, _)| ca.arn == *wanted) {
        Some((_, Ok(_) | Err(Skip::NotEnabled | Skip::NoBucket))) => None,
        Some((_, Err(skip))) => Some(skip.to_string()),
        None => Some("there is no such CA any more".to_owned()),
    };
    match trigger {
        Trigger::Continuation(_) | Trigger::Schedule => None,
        Trigger::Ca(call) => of(&call.ca),
        Trigger::Generation(event) => {
            let scope = scopes.iter().find(|(ca, _)| ca.arn == event.ca);
            match scope {
                Some((_, Err(skip))) => Some(skip.to_string()),
                _ => of(&event.ca),
            }
        }
        Trigger::Bucket(_) | Trigger::Object(_) => {
            let used = |scope: &Scope| trigger.concerns_bucket(&scope.bucket);
            let is_used = scopes.iter().any(|(_, scope)| scope.as_ref().is_ok_and(used));
            (!is_used).then(|| "no CA writes its CRL to the bucket".to_owned())
        }
    }
}

/// For results and reports: which CA was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Skipped {
    /// The CA.
    pub ca: CaArn,
    /// Why it was left out.
    pub reason: String,
}

#[cfg(test)]
mod tests;
