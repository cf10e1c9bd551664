//! Restores every DELETED CA whose window is about to end, whatever else of Vigil says or has come to.
//!
//! It reads no policy and no state, writes no record, and restores first and tells then. What it cannot
//! know permits nothing. A deletion stands if [`PermittedDeletions`] names it, or if its approval is signed
//! with the keys that the stack names, by others than who deleted the CA: CloudTrail's event history says who
//! did. A bucket, a KMS or a history that does not answer restores.

use futures::{
    FutureExt as _,
    future::join_all,
    stream::{self, StreamExt as _},
};
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
    jobs::{
        authentic,
        case::SKEW,
        isolated::{Panicked, isolated},
        on_record,
    },
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
    let watched = ports.regions.names().iter();
    let watched = watched.filter_map(|name| Some((name, ports.regions.of(name)?)));
    let of_regions = watched.map(|(name, region)| of_region(ports, settings, name, region));
    let mut outcome =
        Outcome { seen: 0, restored: Vec::new(), withheld: Vec::new(), permitted: Vec::new() };
    let mut failures = Vec::new();
    for of_region in join_all(of_regions).await {
        let (seen, done) = match of_region {
            Ok(seen_and_done) => seen_and_done,
            Err(why) => {
                failures.push(why);
                continue;
            }
        };
        outcome.seen += seen;
        for (ca, done) in done {
            match done {
                Done::Permitted => outcome.permitted.push(ca),
                Done::Withheld(unpublished) => {
                    outcome.withheld.push(ca);
                    failures.extend(unpublished);
                }
                Done::Restored(unpublished) => {
                    outcome.restored.push(ca);
                    failures.extend(unpublished);
                }
                Done::Failed(why) => failures.push(why),
            }
        }
    }
    if failures.is_empty() { Ok(outcome) } else { Err(LastResortError { outcome, failures }) }
}

/// What was done about a CA that is about to end, and why its finding could not be published.
enum Done {
    Permitted,
    Withheld(Option<String>),
    Restored(Option<String>),
    Failed(String),
}

/// So many CAs are restored at once: one call that is not answered holds up no other CA, and the quota of
/// RestoreCertificateAuthority is some calls a second.
const TOGETHER: usize = 8;

/// How many CAs a Region has, and what was done about those that are about to end; or why it did not answer.
async fn of_region(
    ports: &Ports<'_>,
    settings: &Settings,
    name: &str,
    region: RegionPorts<'_>,
) -> Result<(usize, Vec<(CaArn, Done)>), String> {
    let listing = region.authorities.list().await;
    let listing = listing.map_err(|cause| format!("{name}: {}", chain(&cause)))?;
    let mut ending: Vec<&Ca> =
        listing.cas.iter().filter(|ca| is_ending(ca, listing.as_of)).collect();
    ending.sort_by_key(|ca| (ca.restorable_until, &ca.arn));
    let recorded = recorded(region, settings, &ending).await;
    // All at once: a bucket that does not answer holds up no other CA.
    // A panic gives no permit: a CA is not lost to a defect of ours.
    let recorded = &recorded;
    let permits = ending.iter().map(|ca| async move {
        let permit = isolated(permit(ports, settings, ca, recorded).map(Ok::<_, Panicked>)).await;
        permit.unwrap_or_else(|why| Permit::None(Some(why.to_string())))
    });
    let permits = join_all(permits).await;
    let acts = ending.into_iter().zip(permits).map(|(ca, permit)| async move {
        let done = act(ports, settings, region, (ca, permit), listing.as_of);
        let done = isolated(done.map(Ok::<_, Panicked>)).await;
        (ca.arn.clone(), done.unwrap_or_else(|why| Done::Failed(format!("{}: {why}", ca.arn))))
    });
    let mut done: Vec<_> = stream::iter(acts).buffer_unordered(TOGETHER).collect().await;
    done.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok((listing.cas.len(), done))
}

/// The finding is published as soon as the CA is back: an invocation may end before its last CA.
async fn act(
    ports: &Ports<'_>,
    settings: &Settings,
    region: RegionPorts<'_>,
    (ca, permit): (&Ca, Permit),
    now: OffsetDateTime,
) -> Done {
    let no_permit = match permit {
        Permit::Given => return Done::Permitted,
        Permit::None(why) => why,
    };
    let publish = async |finding| {
        let published = ports.bus.publish(&[finding]).await;
        published.err().map(|error| unpublished(&error))
    };
    if settings.mode.observes() {
        return Done::Withheld(publish(finding(OBSERVED, ca, no_permit.as_deref(), now)).await);
    }
    match restore(region, ca).await {
        Ok(status) => {
            let ca = &Ca { status, ..ca.clone() };
            Done::Restored(publish(finding(TAKEN_BACK, ca, no_permit.as_deref(), now)).await)
        }
        Err(cause) => Done::Failed(format!("{}: {}", ca.arn, chain(&cause))),
    }
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
