//! Restores every DELETED CA whose window is about to end, whatever else of Vigil says or has come to.
//!
//! It reads no policy and no state, writes no record, and restores first and tells then. What it cannot
//! know permits nothing. A deletion stands if [`PermittedDeletions`] names it, or if its approval is signed
//! with the keys that the stack names, by others than who deleted the CA: CloudTrail's event history says who
//! did. A bucket, a KMS or a history that does not answer restores.

use futures::future::join_all;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::{Ca, CaStatus},
    cloudtrail::Deletion,
    evidence::keys,
    failure::{Failure, chain},
    finding::{Finding, Kind, Names, Observation},
    instant::{in_key, rfc3339},
    jobs::{authentic, case::SKEW, on_record},
    mode::Mode,
    permit::PermittedDeletions,
    ports::{Bus, EvidenceStore, PortError, PublishError, RegionPorts, Regions, Signatures},
    rules::last_resort::{OBSERVED, RESTORED, TAKEN_BACK},
    signed::Signers,
};

/// The ports that it needs.
#[derive(Clone, Copy)]
pub struct Ports<'a> {
    /// ACM PCA in each Region that is watched.
    pub regions: &'a dyn Regions,
    /// The event bus that findings are published on.
    pub bus: &'a dyn Bus,
    /// Where approvals are. It is read for a CA that is about to be lost, and for nothing else.
    pub evidence: &'a dyn EvidenceStore,
    /// What says whether a key has signed.
    pub signatures: &'a dyn Signatures,
}

/// What lets a deletion stand, and whether it is undone otherwise.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// By parameter.
    pub permitted: PermittedDeletions,
    /// The keys of who may approve.
    pub approvers: Signers,
    /// Whether CAs are restored, or findings published only.
    pub mode: Mode,
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
    /// The CAs that would have been restored, if Vigil did not only observe.
    pub withheld: Vec<CaArn>,
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
pub async fn run(ports: &Ports<'_>, settings: &Settings) -> Result<Outcome, LastResortError> {
    let mut outcome =
        Outcome { seen: 0, restored: Vec::new(), withheld: Vec::new(), permitted: Vec::new() };
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
        let recorded = recorded(region, settings, &ending).await;
        // All at once: a bucket that does not answer holds up no other CA.
        let permits = ending.iter().map(|ca| permit(ports, settings, ca, &recorded));
        let permits = join_all(permits).await;
        for (ca, permit) in ending.into_iter().zip(permits) {
            let no_permit = match permit {
                Permit::Given => {
                    outcome.permitted.push(ca.arn.clone());
                    continue;
                }
                Permit::None(why) => why,
            };
            if settings.mode.observes() {
                outcome.withheld.push(ca.arn.clone());
                findings.push(finding(OBSERVED, ca, no_permit.as_deref(), listing.as_of));
                continue;
            }
            match restore(region, ca).await {
                Ok(status) => {
                    outcome.restored.push(ca.arn.clone());
                    let ca = &Ca { status, ..ca.clone() };
                    findings.push(finding(TAKEN_BACK, ca, no_permit.as_deref(), listing.as_of));
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

/// Whether a CA may be lost.
enum Permit {
    Given,
    /// The reason, if there is an approval.
    None(Option<String>),
}

/// The deletions that the event history has, or why it has none to show. It is asked once for all CAs, and
/// only if the answer can matter.
async fn recorded(
    region: RegionPorts<'_>,
    settings: &Settings,
    ending: &[&Ca],
) -> Result<Vec<Deletion>, String> {
    let deleted = || ending.iter().filter_map(|ca| ca.last_state_change_at);
    let Some((first, last)) = deleted().min().zip(deleted().max()) else { return Ok(Vec::new()) };
    if !settings.approvers.names_holders() {
        return Ok(Vec::new());
    }
    let answer = on_record::between(region.history, (first - SKEW, last + SKEW)).await;
    answer.map_err(|error| chain(&error))
}

async fn permit(
    ports: &Ports<'_>,
    settings: &Settings,
    ca: &Ca,
    recorded: &Result<Vec<Deletion>, String>,
) -> Permit {
    if settings.permitted.may_end(ca) {
        return Permit::Given;
    }
    let (Some(until), Some(deleted_at)) = (ca.restorable_until, ca.last_state_change_at) else {
        return Permit::None(None);
    };
    let approvers = &settings.approvers;
    if approvers.are_none() {
        return Permit::None(None);
    }
    let approval = authentic::approval(ports.evidence, ports.signatures, approvers, &ca.arn).await;
    let approval = match approval {
        Ok(Some(approval)) => approval,
        Ok(None) => return Permit::None(None),
        Err(gap) => return Permit::None(Some(gap.in_words())),
    };
    let why = approval
        .misfit(deleted_at, until)
        .map(str::to_owned)
        .or_else(|| on_record::refused_deleter(&approval, ca, recorded.clone()));
    match why {
        None => Permit::Given,
        Some(why) => Permit::None(Some(format!("{}: {why}", keys::approval(&ca.arn)))),
    }
}

/// The status to which it came back. That another was faster is as good.
async fn restore(region: RegionPorts<'_>, ca: &Ca) -> Result<CaStatus, PortError> {
    match region.authorities.restore(&ca.arn).await {
        Ok(_) | Err(PortError::InvalidState { .. }) => {}
        Err(cause) => return Err(cause),
    }
    Ok(region.authorities.describe(&ca.arn).await?.ca.status)
}

fn finding(kind: Kind, ca: &Ca, refused: Option<&str>, now: OffsetDateTime) -> Finding {
    let until = ca.restorable_until.unwrap_or(now);
    let call = if kind.id == OBSERVED.id {
        "DeleteCertificateAuthority"
    } else {
        "RestoreCertificateAuthority"
    };
    let names = Names::new(format!("CloudTrail: {call} of {}", ca.arn));
    let no_permit = refused.map_or_else(
        || "No permit named this deletion, so".to_owned(),
        |why| format!("Its approval does not count ({why}), so"),
    );
    Observation::new(kind)
        .discriminator(in_key(until))
        .with("restorable_until", rfc3339(until))
        .with("deleted_at", ca.last_state_change_at.map(rfc3339))
        .with("status", ca.status.as_str())
        .with("refused_approval", refused)
        .name("no_permit", no_permit)
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
