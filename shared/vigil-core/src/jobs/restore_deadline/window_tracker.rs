//! Which deletions are being watched: `state/deadline/<CA id>.json`, one for each CA that was ever
//! found DELETED. Without it a run could not see that a CA has come back, or has gone.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{
    CaError, CaFailure, Closed, Outcome, Ports, RegionSweep, RegionWatch, Settings,
    alert::{Alert, AlertState},
    ending,
    tracked_window::{Ending, TrackedWindow},
};
use crate::{
    ca::{Ca, CaStatus},
    evidence::keys,
    finding::Finding,
    jobs::{conditional, isolated::isolated, listed::Listed, stored},
    ports::Etag,
    span::Span,
};

/// Publishes how the deletions ended that were watched and are over. What belongs to a Region that
/// has not answered is left to the next run.
pub(super) async fn close_ended(
    answered: &[RegionSweep],
    ports: &Ports<'_>,
    settings: &Settings,
    outcome: &mut Outcome,
    failures: &mut Vec<CaFailure>,
) {
    let listed: BTreeMap<String, &Ca> = answered
        .iter()
        .flat_map(|of| &of.listing.cas)
        .map(|ca| (keys::window(&ca.arn), ca))
        .collect();
    let keys = match Listed::below(ports.evidence, keys::WINDOWS).await {
        Ok(Listed::Keys(keys)) => keys,
        // Those of CAs that are gone stay unknown, and the run fails.
        Ok(Listed::Unknown(cause)) => {
            failures.push(CaFailure::of_all(CaError::EvidenceStore(cause)));
            listed.keys().cloned().collect()
        }
        Err(cause) => return failures.push(CaFailure::of_all(CaError::EvidenceStore(cause))),
    };
    // One for each Region: what CloudTrail answered about one CA may be about others, too.
    let jobs: BTreeMap<&str, RegionWatch<'_>> = answered
        .iter()
        .filter_map(|RegionSweep { region, listing, .. }| {
            let ports_there = ports.regions.of(region)?;
            let job = RegionWatch::new(ports_there, ports, settings, listing.as_of);
            Some((region.as_str(), job))
        })
        .collect();
    for key in keys {
        let ca = listed.get(&key);
        if ca.is_some_and(|ca| ca.status == CaStatus::Deleted) {
            continue;
        }
        let found = match stored::object(ports.evidence, &key).await {
            Ok(found) => found,
            Err(cause) => {
                failures.push(CaFailure::of_all(CaError::EvidenceStore(cause)));
                continue;
            }
        };
        let Some(found) = found else { continue };
        let Ok(window) = serde_json::from_slice::<TrackedWindow>(&found.body) else { continue };
        let Some(job) = jobs.get(window.ca.region()) else { continue };
        let of = window.ca.clone();
        match isolated(job.close(window, &found.etag, ca.is_some())).await {
            Ok(closed) => outcome.closed.extend(closed),
            Err(step) => failures.push(CaFailure::new(&of, step)),
        }
    }
}

impl RegionWatch<'_> {
    /// Notes a deletion that is seen for the first time; another one of the same CA that was noted
    /// before has ended with the CA having been restored.
    pub(super) async fn record_window(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
    ) -> Result<(), CaError> {
        let found = self.window(&keys::window(&ca.arn)).await?;
        let over = match found {
            Some((Some(old), _)) if old.restorable_until == until && old.ending.is_none() => {
                return Ok(());
            }
            Some((Some(old), etag)) => {
                if old.ending.is_none() {
                    self.resolve(&old).await?;
                }
                Some(etag)
            }
            Some((None, etag)) => Some(etag),
            None => None,
        };
        let window = TrackedWindow {
            ca: ca.arn.clone(),
            restorable_until: until,
            common_name: ca.common_name.clone(),
            had_certificate: ca.had_certificate(),
            deleted_at: ca.last_state_change_at,
            ca_not_after: ca.not_after,
            ending: None,
        };
        // If another run was faster, it has recorded the same.
        self.note(&window, over.as_ref()).await
    }

    async fn close(
        &self,
        window: TrackedWindow,
        etag: &Etag,
        is_back: bool,
    ) -> Result<Option<Closed>, CaError> {
        if window.ending.is_some() {
            return Ok(None);
        }
        let (ending, findings) = if is_back {
            (Ending::Restored, self.resolve(&window).await?)
        } else {
            let ending = Ending::of_gone(self.is_announced(&window).await?, &window, self.now);
            let is_permitted = self.was_permitted(&window).await;
            let finding = ending::finding(&window, ending, is_permitted, self.now);
            self.publish(std::slice::from_ref(&finding)).await?;
            (ending, vec![finding.id])
        };
        let ended = TrackedWindow { ending: Some(ending), ..window };
        self.note(&ended, Some(etag)).await?;
        let (ca, restorable_until) = (ended.ca, ended.restorable_until);
        Ok(Some(Closed { ca, restorable_until, ending, findings }))
    }

    /// Whether the alert of the last threshold was sent.
    async fn is_announced(&self, window: &TrackedWindow) -> Result<bool, CaError> {
        let Some(last) = self.settings.thresholds.last() else { return Ok(false) };
        let key = keys::alert(&window.ca, window.restorable_until, last);
        let entry = stored::object(self.ports.evidence, &key).await;
        let entry = entry.map_err(CaError::EvidenceStore)?;
        let alert = entry.and_then(|entry| Alert::read(&entry.body));
        Ok(alert.is_some_and(|alert| alert.state == AlertState::Sent))
    }

    /// Publishes that every alert of a deletion is over; gives their ids.
    async fn resolve(&self, window: &TrackedWindow) -> Result<Vec<String>, CaError> {
        let prefix = keys::alerts(&window.ca, window.restorable_until);
        let mut findings = Vec::new();
        let keys = match Listed::below(self.ports.evidence, &prefix).await {
            Ok(Listed::Keys(keys)) => keys,
            Ok(Listed::Unknown(_)) => {
                let of = |span: &Span| keys::alert(&window.ca, window.restorable_until, *span);
                self.settings.thresholds.spans().iter().map(of).collect()
            }
            Err(cause) => return Err(CaError::EvidenceStore(cause)),
        };
        for key in keys {
            let Some(entry) =
                stored::object(self.ports.evidence, &key).await.map_err(CaError::EvidenceStore)?
            else {
                continue;
            };
            let Some(alert) = Alert::read(&entry.body) else { continue };
            // A claim was perhaps sent before its maker crashed.
            if !matches!(alert.state, AlertState::Sent | AlertState::Claimed) {
                continue;
            }
            let finding = alert.finding.resolved(self.now, "the CA was restored");
            self.publish(std::slice::from_ref(&finding)).await?;
            findings.push(finding.id.clone());
            let resolved = Alert { state: AlertState::Resolved, at: self.now, finding };
            self.write(&key, &resolved, Some(&entry.etag)).await?;
        }
        Ok(findings)
    }

    async fn publish(&self, findings: &[Finding]) -> Result<(), CaError> {
        self.ports.bus.publish(findings).await.map_err(CaError::Publish)
    }

    async fn window(&self, key: &str) -> Result<Option<(Option<TrackedWindow>, Etag)>, CaError> {
        let entry = stored::object(self.ports.evidence, key).await;
        let entry = entry.map_err(CaError::EvidenceStore)?;
        Ok(entry.map(|entry| (serde_json::from_slice(&entry.body).ok(), entry.etag)))
    }

    async fn note(&self, window: &TrackedWindow, over: Option<&Etag>) -> Result<(), CaError> {
        let body = serde_json::to_vec_pretty(window).map_err(CaError::Write)?;
        let written =
            conditional::write(self.ports.evidence, &keys::window(&window.ca), body, over).await;
        written.map_err(CaError::EvidenceStore)?;
        Ok(())
    }
}
