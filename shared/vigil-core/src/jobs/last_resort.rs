//! Restores every DELETED CA whose window is about to end, whatever else of Vigil says or has come to.
//!
//! It reads no bucket and no policy, writes no record, and restores first and publishes then. What
//! it cannot know permits nothing; the one exception is [`PermittedDeletions`].

use futures::future::join_all;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    failure::{Failure, chain},
    finding::{Finding, Names, Observation},
    instant::{in_key, rfc3339},
    permit::PermittedDeletions,
    ports::{Bus, PortError, PublishError, RegionPorts, Regions},
    rules::last_resort::{RESTORED, TAKEN_BACK},
};

/// The ports that it needs.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// ACM PCA in each Region that is watched.
    pub regions: &'a dyn Regions,
    /// The event bus that findings are published on.
    pub bus: &'a dyn Bus,
}

/// With less than this left of its window, a CA is restored.
pub const TIME_LEFT: Duration = Duration::hours(2);

/// What one run saw and did.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// CAs of all states, in the Regions that answered.
    pub seen: usize,
    /// The CAs that were restored.
    pub restored: Vec<CaArn>,
    /// The CAs that are about to end, and may.
    pub permitted: Vec<CaArn>,
}

/// What went wrong, after every Region and every CA had its turn.
#[derive(Debug, thiserror::Error)]
#[error("{}", .failures.join("; "))]
pub struct LastResortError {
    /// What was done all the same.
    pub outcome: Outcome,
    failures: Vec<String>,
}

/// One run: over all Regions at once.
///
/// # Errors
///
/// [`LastResortError`] if a Region did not answer, a CA could not be restored, or the restorations
/// could not be published.
pub async fn run(
    ports: &Ports<'_>,
    permitted: &PermittedDeletions,
) -> Result<Outcome, LastResortError> {
    let mut outcome = Outcome { seen: 0, restored: Vec::new(), permitted: Vec::new() };
    let (mut failures, mut findings) = (Vec::new(), Vec::new());
    let watched = ports.regions.names().iter();
    let watched = watched.filter_map(|name| Some((name, ports.regions.of(name)?)));
    let listed = join_all(
        watched
            .map(|(name, region)| async move { (name, region, region.authorities.list().await) }),
    );
    for (name, region, listing) in listed.await {
        let listing = match listing {
            Ok(listing) => listing,
            Err(cause) => {
                failures.push(format!("{name}: {}", chain(&cause)));
                continue;
            }
        };
        outcome.seen += listing.cas.len();
        let mut ending: Vec<&Ca> =
            listing.cas.iter().filter(|ca| is_ending(ca, listing.as_of)).collect();
        ending.sort_by_key(|ca| (ca.restorable_until, &ca.arn));
        for ca in ending {
            if permitted.may_end(ca) {
                outcome.permitted.push(ca.arn.clone());
                continue;
            }
            match restore(region, ca).await {
                Ok(status) => {
                    outcome.restored.push(ca.arn.clone());
                    findings.push(finding(ca, &status, listing.as_of));
                }
                Err(cause) => failures.push(format!("{}: {}", ca.arn, chain(&cause))),
            }
        }
    }
    if !findings.is_empty()
        && let Err(error) = ports.bus.publish(&findings).await
    {
        failures.push(unpublished(&error));
    }
    if failures.is_empty() { Ok(outcome) } else { Err(LastResortError { outcome, failures }) }
}

fn is_ending(ca: &Ca, now: OffsetDateTime) -> bool {
    ca.status == CaStatus::Deleted
        && ca.restorable_until.is_some_and(|until| until - now < TIME_LEFT)
}

/// The status to which it came back. That another was faster is as good.
async fn restore(region: RegionPorts<'_>, ca: &Ca) -> Result<CaStatus, PortError> {
    match region.authorities.restore(&ca.arn).await {
        Ok(_) | Err(PortError::InvalidState { .. }) => {}
        Err(cause) => return Err(cause),
    }
    Ok(region.authorities.describe(&ca.arn).await?.ca.status)
}

fn finding(ca: &Ca, status: &CaStatus, now: OffsetDateTime) -> Finding {
    let until = ca.restorable_until.unwrap_or(now);
    let names = Names::new(format!("CloudTrail: RestoreCertificateAuthority of {}", ca.arn));
    Observation::new(TAKEN_BACK)
        .discriminator(in_key(until))
        .with("restorable_until", rfc3339(until))
        .with("deleted_at", ca.last_state_change_at.map(rfc3339))
        .with("status", status.as_str())
        .finding(&RESTORED, &names.of_ca(&ca.arn, ca.common_name.as_deref()), ca.arn.as_str(), now)
}

fn unpublished(error: &PublishError) -> String {
    format!("what was restored could not be published: {}", chain(error))
}

impl Failure for LastResortError {
    fn error_type(&self) -> &'static str {
        "LastResortIncomplete"
    }
}

#[cfg(test)]
mod tests;
