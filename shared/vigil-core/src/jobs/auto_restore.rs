//! Undoes the deletion of a CA that no policy permitted, and makes the CA ACTIVE again.
//!
//! Gather, decide, act, and all of it safe to repeat: what was decided is on record before anything
//! is done, and a case is closed when everything is done and published. Whatever happens in
//! between, the next delivery of the event, or the next sweep, finds the record and goes on from
//! there. Restoring a CA that is back already changes nothing, and findings have stable ids.
//!
//! Four things set it off: the event of a deletion; the event of a change to a CA's policy, permissions
//! or tags, which its snapshot follows; the event of a disabling, which is noted so
//! that a CA which was ACTIVE until it was disabled to be deleted can be made so again; and a
//! schedule, because events are delivered at best effort.

use serde_json::Value;

use crate::{
    arn::CaArn,
    cloudtrail::{self, EventRejection},
    ports::{RegionPorts, Regions},
};

mod deletion;
mod deletion_match;
mod disabling;
mod first_crl;
mod rejected_events;
mod snapshots;
mod sweep;
mod sweep_disabled;
pub(in crate::jobs) mod vanished;
mod watch;

pub use super::case::{
    Act, AutoRestoreError, CaFailure, Case, CaseEntry, CaseError, CaseOutcome, CaseState,
    Judgement, Outcome, Ports, Restorer, Settings, Source, SweepResult, Swept,
};

use super::case::RegionRun;

/// One invocation: one delivery of an event, or a sweep of all Regions.
///
/// # Errors
///
/// [`AutoRestoreError`]; Lambda then repeats the invocation.
pub async fn run(
    event: &Value,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, AutoRestoreError> {
    if is_sweep(event) {
        return sweep::all(ports, settings).await;
    }
    let ended = if cloudtrail::is_attachment_change(event) {
        match cloudtrail::attachment_change(event) {
            Ok((ca, at)) => match place(&ca, ports.regions, settings) {
                Ok(region) => {
                    let job = RegionRun::new(region, ports, settings);
                    return job.follow_attachments(&ca, at).await;
                }
                Err(refusal) => refusal,
            },
            Err(refusal) => refusal,
        }
    } else if cloudtrail::is_update(event) {
        match cloudtrail::disabling(event) {
            Ok(disabling) => match place(&disabling.ca, ports.regions, settings) {
                Ok(region) => {
                    let job = RegionRun::new(region, ports, settings);
                    return job.disabling(disabling).await;
                }
                Err(refusal) => refusal,
            },
            Err(refusal) => refusal,
        }
    } else {
        match cloudtrail::deletion(event) {
            Ok(deletion) => match place(&deletion.ca, ports.regions, settings) {
                Ok(region) => {
                    let job = RegionRun::new(region, ports, settings);
                    return job.deletion(deletion).await;
                }
                Err(refusal) => refusal,
            },
            Err(refusal) => refusal,
        }
    };
    match ended {
        EventRejection::FailedCall { .. } | EventRejection::NotDisabled { .. } => {
            Ok(Outcome::NothingDone { reason: ended.to_string() })
        }
        refusal => Err(rejected_events::keep(ports.evidence, event, refusal).await),
    }
}

/// The service that a CA belongs to, if it is one that is watched.
fn place<'r>(
    ca: &CaArn,
    regions: &'r dyn Regions,
    settings: &Settings,
) -> Result<RegionPorts<'r>, EventRejection> {
    if let Some(own) = &settings.account
        && own != ca.account()
    {
        return Err(EventRejection::OtherAccount { ca: ca.to_string(), own: own.clone() });
    }
    regions.of(ca.region()).ok_or_else(|| EventRejection::OtherRegion {
        ca: ca.to_string(),
        watched: regions.names().join(", "),
    })
}

/// The template passes this as the schedule's `Input`; nothing that merely resembles it is one.
fn is_sweep(event: &Value) -> bool {
    event.as_object().is_some_and(|event| {
        event.len() == 1 && event.get("task").and_then(Value::as_str) == Some("sweep")
    })
}

#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod tests;
