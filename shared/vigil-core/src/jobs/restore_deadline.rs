//! Sends an alert at each threshold before a deleted CA is lost, and publishes how the restoration
//! window ended.

use futures::{
    future::join_all,
    stream::{self, StreamExt as _},
};
use serde::Deserialize;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::{
    ca::{Ca, CaStatus},
    evidence::keys,
    jobs::{
        case::{self, RegionRun},
        conditional,
        dead_mans_switch::{AtDeadline, LastCall},
        isolated::isolated,
        stored,
    },
    permit::PermittedDeletions,
    ports::{Etag, Heartbeat, Listing, RegionPorts, StoredObject},
    span::Span,
};

mod alert;
mod anchoring;
mod background;
mod end_permit;
mod ending;
mod error;
mod findings;
mod outcome;
mod refused;
mod thresholds;
mod tracked_window;
mod window_tracker;

use super::acknowledgement::Acknowledged;
pub use super::acknowledgement::{Ack, AckError};
pub use error::{CaError, CaFailure, RestoreDeadlineError};
pub use outcome::{Closed, Outcome, Watch, Watched};
pub use thresholds::{NotThresholds, Thresholds};
pub use tracked_window::Ending;

use alert::{Alert, AlertState};
use background::Background;
use thresholds::Due;

/// The ports that restore-deadline needs: the same as auto-restore, which its last threshold may
/// call on.
pub type Ports<'a> = case::Ports<'a>;

/// What an operator sets for restore-deadline. docs/configuration.md has the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When alerts are sent, before the end of a window.
    pub thresholds: Thresholds,
    /// A claim older than this was left by a crash: at least the function's timeout, because as
    /// long as that its maker may still be at work.
    pub claim_expires_after: Duration,
    /// The deletions that may end with the loss of the CA.
    pub permitted: PermittedDeletions,
    /// For the dead man's switch, which restores as auto-restore does.
    pub rescue: case::Settings,
}

/// How many deleted CAs of a Region are handled at once.
const AT_ONCE: usize = 8;

/// Handles every DELETED CA of all Regions once, in each the one nearest its end first, and alerts
/// where a threshold has passed. A Region or a CA that cannot be handled does not keep the others
/// from their turn.
///
/// # Errors
///
/// [`RestoreDeadlineError`], after every CA was handled that could be.
pub async fn run(
    event: &Value,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Outcome, RestoreDeadlineError> {
    let Trigger {} = Trigger::deserialize(event).map_err(RestoreDeadlineError::Event)?;
    let names = ports.regions.names().iter();
    let watched = names.filter_map(|name| Some((name, ports.regions.of(name)?)));
    let region_sweeps = join_all(watched.map(|(name, region)| async move {
        match region.authorities.list().await {
            Ok(listing) => {
                let job = RegionWatch::new(region, ports, settings, listing.as_of);
                Ok(job.sweep(name, listing).await)
            }
            Err(cause) => Err((name, cause)),
        }
    }));
    let (mut answered, mut failures) = (Vec::new(), Vec::new());
    for region_sweep in region_sweeps.await {
        match region_sweep {
            Ok(region_sweep) => answered.push(region_sweep),
            Err((region, cause)) => {
                failures.push(CaFailure::of_region(region, CaError::List(cause)))
            }
        }
    }
    let Some(as_of) = answered.iter().map(|region_sweep| region_sweep.listing.as_of).max() else {
        return Err(RestoreDeadlineError::Unanswered { failures });
    };
    let mut outcome =
        Outcome { as_of, regions: Vec::new(), seen: 0, deleted: Vec::new(), closed: Vec::new() };
    for region_sweep in &mut answered {
        outcome.regions.push(region_sweep.region.clone());
        outcome.seen += region_sweep.listing.cas.len();
        outcome.deleted.append(&mut region_sweep.watched);
        failures.append(&mut region_sweep.failures);
    }
    window_tracker::close_ended(&answered, ports, settings, &mut outcome, &mut failures).await;
    if let Err(step) = isolated(anchoring::anchor(ports, as_of)).await {
        failures.push(CaFailure::of_all(step));
    }
    let beat = Heartbeat {
        function: "restore-deadline".to_owned(),
        as_of,
        regions: outcome.regions.clone(),
        deleted: outcome.deleted.len(),
        failures: failures.len(),
    };
    if let Err(cause) = ports.bus.beat(&beat).await {
        failures.push(CaFailure::of_all(CaError::Beat(cause)));
    }
    if failures.is_empty() {
        Ok(outcome)
    } else {
        Err(RestoreDeadlineError::Incomplete { outcome, failures })
    }
}

/// The template passes this as the schedule's `Input`. A misspelt field must not start a run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {}

/// What the sweep of one Region saw and did.
struct RegionSweep {
    region: String,
    listing: Listing,
    watched: Vec<Watched>,
    failures: Vec<CaFailure>,
}

struct RegionWatch<'a> {
    /// With which the dead man's switch restores.
    region: RegionRun<'a>,
    ports: Ports<'a>,
    settings: &'a Settings,
    now: OffsetDateTime,
}

impl<'a> RegionWatch<'a> {
    fn new(
        region: RegionPorts<'a>,
        ports: &Ports<'a>,
        settings: &'a Settings,
        now: OffsetDateTime,
    ) -> Self {
        let region = RegionRun::new(region, ports, &settings.rescue);
        Self { region, ports: *ports, settings, now }
    }

    async fn sweep(&self, region: &str, listing: Listing) -> RegionSweep {
        let mut deleted: Vec<&Ca> =
            listing.cas.iter().filter(|ca| ca.status == CaStatus::Deleted).collect();
        deleted.sort_by_key(|ca| (ca.restorable_until, &ca.arn));
        // The switch asks CloudTrail once about all of them: the account has two calls a second.
        let is_ending = |until: OffsetDateTime| until - self.now <= self.settings.rescue.last_call;
        let ending = deleted.iter().filter(|ca| ca.restorable_until.is_some_and(is_ending));
        let ending: Vec<&Ca> = ending.copied().collect();
        let latest = ending.iter().filter_map(|ca| ca.last_state_change_at).max();
        self.region.lookup.cover(&ending, latest.unwrap_or(self.now));
        let watches =
            deleted.into_iter().map(|ca| async move { (ca, isolated(self.watch(ca)).await) });
        let watches: Vec<_> = stream::iter(watches).buffered(AT_ONCE).collect().await;
        let (mut watched, mut failures) = (Vec::new(), Vec::new());
        for (ca, watch) in watches {
            match watch {
                Ok(watch) => watched.push(Watched::of(ca, watch)),
                Err(step) => failures.push(CaFailure::new(&ca.arn, step)),
            }
        }
        RegionSweep { region: region.to_owned(), listing, watched, failures }
    }

    async fn watch(&self, ca: &Ca) -> Result<Watch, CaError> {
        let Some(until) = ca.restorable_until else {
            // CREATING and FAILED CAs have no restoration window: nothing can be done, or lost.
            return Ok(Watch::NoWindow);
        };
        // The service's time comes in whole seconds; a fraction here would put off a threshold
        // that passes at a sweep's very second until the next sweep.
        let until = until.replace_nanosecond(0).unwrap_or(until);
        // A window that cannot be recorded keeps no CA from being restored.
        let recorded = self.record_window(ca, until).await;
        let window = ca.last_state_change_at.map(|deleted_at| until - deleted_at);
        let position = self.settings.thresholds.position(window, until, self.now);
        let Some(due) = &position.due else {
            recorded?;
            return Ok(Watch::Waiting { next: position.next });
        };
        // An acknowledgement that cannot be had acknowledges nothing.
        let approvers = &self.settings.rescue.approvers;
        let read = (self.ports.evidence, self.ports.signatures);
        let (ack, refused) = match Ack::of(read, approvers, ca, until).await {
            Ok(Acknowledged::Yes(ack)) => (Some(ack), None),
            Ok(Acknowledged::Refused(why)) => (None, Some(why)),
            Ok(Acknowledged::No) | Err(_) => (None, None),
        };
        // The last one: after it there is no other threshold.
        let mut withheld = Vec::new();
        if position.next.is_none() && self.now < until {
            match self.rescue(ca, until, due, ack.as_ref()).await? {
                AtDeadline::Ended(outcome) => {
                    recorded?;
                    return Ok(Watch::Rescued { threshold: due.threshold.to_string(), outcome });
                }
                AtDeadline::Withheld { policies } => withheld = policies,
                AtDeadline::NotRequired => {}
            }
        }
        recorded?;
        if let Some(why) = refused {
            self.publish_refused(ca, until, &why).await?;
        }
        let due = &Due { withheld, ..due.clone() };
        self.reach(ca, until, due, position.next.clone(), ack.as_ref()).await
    }

    /// The dead man's switch: what policy does not let end is restored, and needs no alert. Where
    /// that fails, the alert is sent as well.
    async fn rescue(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        due: &Due,
        ack: Option<&Ack>,
    ) -> Result<AtDeadline, CaError> {
        let acknowledged = ack.is_some_and(|ack| self.now < ack.until);
        let call = LastCall { ca, until, acknowledged, now: self.now };
        match Box::pin(self.region.at_deadline(call)).await {
            Ok(ended) => Ok(ended),
            Err(error) => {
                let alerted = self.reach(ca, until, due, None, ack).await;
                alerted.and(Err(CaError::Rescue(Box::new(error))))
            }
        }
    }

    /// A threshold has passed: alerts, unless that is done or not wanted.
    async fn reach(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        due: &Due,
        next: Option<thresholds::Next>,
        ack: Option<&Ack>,
    ) -> Result<Watch, CaError> {
        let key = keys::alert(&ca.arn, until, due.threshold);
        let seen = stored::object(self.ports.evidence, &key).await;
        let seen = seen.map_err(CaError::EvidenceStore)?;
        match seen.as_ref().map(|entry| Alert::read(&entry.body)) {
            Some(Some(Alert { state: AlertState::Sent | AlertState::Resolved, .. })) => {
                let threshold = due.threshold.to_string();
                return Ok(Watch::AlreadyAlerted { threshold, next });
            }
            Some(Some(alert)) if self.is_claimed(&alert) => {
                return Ok(Watch::Claimed { threshold: due.threshold.to_string(), at: alert.at });
            }
            Some(_) | None => {}
        }
        // The last threshold is alerted even if the deletion was acknowledged.
        if let (Some(ack), Some(next)) = (ack, next)
            && ack.covers(due.at)
        {
            let (by, until) = (ack.by.clone(), ack.until);
            let threshold = due.threshold.to_string();
            return Ok(Watch::Acknowledged { threshold, by, until, next });
        }
        self.alert(ca, until, due, ack, (&key, seen)).await
    }

    /// Claims, publishes, marks as published. An invocation that loses the claim has nothing to do.
    async fn alert(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        due: &Due,
        ack: Option<&Ack>,
        (key, seen): (&str, Option<StoredObject>),
    ) -> Result<Watch, CaError> {
        let missed = self.missed(ca, until, due, ack).await?;
        let permit = self.end_permit(&ca.arn, ca.last_state_change_at, until).await;
        let evidence = self.ports.evidence;
        let background = Background::gather(evidence, &ca.arn, until, permit, self.now).await;
        let finding = findings::finding(ca, until, due, &missed, &background, self.now);
        let threshold = due.threshold.to_string();
        let claim = Alert { state: AlertState::Claimed, at: self.now, finding };
        let Some(etag) = self.write(key, &claim, seen.as_ref().map(|entry| &entry.etag)).await?
        else {
            return Ok(Watch::Claimed { threshold, at: self.now });
        };
        if let Err(error) = self.ports.bus.publish(std::slice::from_ref(&claim.finding)).await {
            // So that the next attempt need not wait for the claim to expire. If this fails as
            // well, it waits.
            let unsent = Alert { state: AlertState::Unsent, ..claim };
            let _ = self.write(key, &unsent, Some(&etag)).await;
            return Err(CaError::Publish(error));
        }
        let sent = Alert { state: AlertState::Sent, ..claim };
        self.write(key, &sent, Some(&etag)).await?;
        Ok(Watch::Alerted {
            threshold,
            delay_seconds: (self.now - due.at).whole_seconds(),
            missed,
            finding: sent.finding.id,
        })
    }

    /// Thresholds that passed without an alert since the last one, while the schedule was down: the
    /// alert for the most urgent one stands for them, too. Those that were acknowledged were not
    /// missed.
    async fn missed(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        due: &Due,
        ack: Option<&Ack>,
    ) -> Result<Vec<String>, CaError> {
        if due.earlier.is_empty() {
            return Ok(Vec::new());
        }
        let mut since = due.earlier.len();
        while let Some(last) = since.checked_sub(1) {
            if self.is_there(&keys::alert(&ca.arn, until, due.earlier[last])).await? {
                break;
            }
            since = last;
        }
        let is_missed = |span: &&Span| ack.is_none_or(|ack| !ack.covers(until - span.duration()));
        Ok(due.earlier[since..].iter().filter(is_missed).map(ToString::to_string).collect())
    }

    async fn is_there(&self, key: &str) -> Result<bool, CaError> {
        match stored::object(self.ports.evidence, key).await {
            Ok(found) => Ok(found.is_some()),
            // There is something that cannot be read.
            Err(cause) if cause.is_lasting() => Ok(true),
            Err(cause) => Err(CaError::EvidenceStore(cause)),
        }
    }

    fn is_claimed(&self, alert: &Alert) -> bool {
        let age = (self.now - alert.at).abs();
        alert.state == AlertState::Claimed && age < self.settings.claim_expires_after
    }

    /// Writes where there is nothing, or over what was read. `None`: another invocation was faster.
    async fn write(
        &self,
        key: &str,
        alert: &Alert,
        over: Option<&Etag>,
    ) -> Result<Option<Etag>, CaError> {
        let body = alert.to_json().map_err(CaError::Write)?;
        conditional::write(self.ports.evidence, key, body, over)
            .await
            .map_err(CaError::EvidenceStore)
    }
}

#[cfg(test)]
mod tests;
