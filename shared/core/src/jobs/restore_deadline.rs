//! Tells people, threshold by threshold, that a deleted CA is about to be lost for good, and in the
//! end how it ended.

use time::{Duration, OffsetDateTime};

use crate::{
    ca::{Ca, CaStatus},
    jobs::conditional,
    ports::{Authorities, Bus, Entry, Etag, Ledger},
    span::Span,
};

mod ack;
mod alert;
mod announce;
mod ending;
mod error;
mod guard;
mod outcome;
mod thresholds;

pub use ack::{Ack, AckError};
pub use ending::Ending;
pub use error::{CaFailure, RestoreDeadlineError, Step};
pub use outcome::{Closed, Outcome, Watch, Watched};
pub use thresholds::{NotThresholds, Thresholds};

use alert::{Alert, State};
use thresholds::Due;

#[derive(Clone, Debug)]
pub struct Settings {
    pub thresholds: Thresholds,
    /// A claim older than this was left by a crash: at least the function's timeout, because as
    /// long as that its maker may still be at work.
    pub claim_expires_after: Duration,
}

/// Looks at every DELETED CA once, the one nearest its end first, and alerts where a threshold has
/// passed. A CA that cannot be handled does not keep the others from their turn.
pub async fn run<A: Authorities, L: Ledger, B: Bus>(
    authorities: &A,
    ledger: &L,
    bus: &B,
    settings: &Settings,
) -> Result<Outcome, RestoreDeadlineError> {
    let listing = authorities.list().await.map_err(RestoreDeadlineError::List)?;
    let seen = listing.cas.len();
    let mut deleted: Vec<&Ca> =
        listing.cas.iter().filter(|ca| ca.status == CaStatus::Deleted).collect();
    deleted.sort_by_key(|ca| (ca.restorable_until, &ca.arn));

    let (as_of, closed) = (listing.as_of, Vec::new());
    let mut outcome = Outcome { as_of, seen, deleted: Vec::new(), closed };
    let mut failures = Vec::new();
    let job = Job { ledger, bus, settings, now: listing.as_of };
    for ca in deleted {
        match job.watch(ca).await {
            Ok(watch) => outcome.deleted.push(Watched::of(ca, watch)),
            Err(step) => failures.push(CaFailure { ca: Some(ca.arn.clone()), step }),
        }
    }
    job.close_ended(&listing.cas, &mut outcome.closed, &mut failures).await;
    if failures.is_empty() {
        Ok(outcome)
    } else {
        Err(RestoreDeadlineError::Incomplete { outcome, failures })
    }
}

struct Job<'a, L, B> {
    ledger: &'a L,
    bus: &'a B,
    settings: &'a Settings,
    now: OffsetDateTime,
}

impl<L: Ledger, B: Bus> Job<'_, L, B> {
    async fn watch(&self, ca: &Ca) -> Result<Watch, Step> {
        let Some(until) = ca.restorable_until else {
            // CREATING and FAILED CAs have no restoration window: nothing can be done, or lost.
            return Ok(Watch::NoWindow);
        };
        // The service's time comes in whole seconds; a fraction here would put off a threshold
        // that passes at a sweep's very second until the next sweep.
        let until = until.replace_nanosecond(0).unwrap_or(until);
        self.remember(ca, until).await?;
        let window = ca.last_state_change_at.map(|deleted_at| until - deleted_at);
        let position = self.settings.thresholds.position(window, until, self.now);
        let Some(due) = position.due else {
            return Ok(Watch::Waiting { next: position.next });
        };
        let key = alert::key(&ca.arn, until, due.threshold);
        let seen = self.ledger.read(&key).await.map_err(Step::Ledger)?;
        match seen.as_ref().map(|entry| Alert::read(&entry.body)) {
            Some(Some(Alert { state: State::Sent | State::Resolved, .. })) => {
                let threshold = due.threshold.to_string();
                return Ok(Watch::AlreadyAlerted { threshold, next: position.next });
            }
            Some(Some(alert)) if self.is_claimed(&alert) => {
                return Ok(Watch::Claimed { threshold: due.threshold.to_string(), at: alert.at });
            }
            Some(_) | None => {}
        }
        let ack = self.ack(ca, until).await?;
        // The last threshold is alerted whatever anybody has acknowledged.
        if let (Some(ack), Some(next)) = (&ack, &position.next)
            && ack.covers(due.at)
        {
            let (by, until) = (ack.by.clone(), ack.until);
            let (threshold, next) = (due.threshold.to_string(), next.clone());
            return Ok(Watch::Acknowledged { threshold, by, until, next });
        }
        self.alert(ca, until, &due, ack.as_ref(), (&key, seen)).await
    }

    /// The acknowledgement of this deletion; what cannot be read as one silences nothing.
    async fn ack(&self, ca: &Ca, until: OffsetDateTime) -> Result<Option<Ack>, Step> {
        let entry = self.ledger.read(&Ack::key(&ca.arn)).await.map_err(Step::Ledger)?;
        let ack = entry.and_then(|entry| Ack::read(&entry.body, &ca.arn).ok());
        Ok(ack.filter(|ack| ack.is_for(until)))
    }

    /// Claims, tells, marks as told. Whoever loses the claim has nothing to do.
    async fn alert(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        due: &Due,
        ack: Option<&Ack>,
        (key, seen): (&str, Option<Entry>),
    ) -> Result<Watch, Step> {
        let missed = self.missed(ca, until, due, ack).await?;
        let finding = announce::finding(ca, until, due, &missed, self.now);
        let threshold = due.threshold.to_string();
        let claim = Alert { state: State::Claimed, at: self.now, finding };
        let Some(etag) = self.write(key, &claim, seen.as_ref().map(|entry| &entry.etag)).await?
        else {
            return Ok(Watch::Claimed { threshold, at: self.now });
        };
        if let Err(error) = self.bus.publish(std::slice::from_ref(&claim.finding)).await {
            // So that the next attempt need not wait for the claim to expire. If this fails as
            // well, it waits.
            let unsent = Alert { state: State::Unsent, ..claim };
            let _ = self.write(key, &unsent, Some(&etag)).await;
            return Err(Step::Publish(error));
        }
        let sent = Alert { state: State::Sent, ..claim };
        self.write(key, &sent, Some(&etag)).await?;
        Ok(Watch::Alerted {
            threshold,
            delay_seconds: (self.now - due.at).whole_seconds(),
            missed,
            finding: sent.finding.id,
        })
    }

    /// Thresholds that passed without an alert since the last one, while the schedule was down:
    /// the alert for the most urgent one speaks for them, too. Those that somebody has acknowledged
    /// were not missed.
    async fn missed(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        due: &Due,
        ack: Option<&Ack>,
    ) -> Result<Vec<String>, Step> {
        if due.earlier.is_empty() {
            return Ok(Vec::new());
        }
        let prefix = alert::prefix(&ca.arn, until);
        let alerted = self.ledger.list(&prefix).await.map_err(Step::Ledger)?;
        let is_alerted = |span: &Span| alerted.contains(&alert::key(&ca.arn, until, *span));
        let since = due.earlier.iter().rposition(is_alerted).map_or(0, |last| last + 1);
        let is_missed = |span: &&Span| ack.is_none_or(|ack| !ack.covers(until - span.duration()));
        Ok(due.earlier[since..].iter().filter(is_missed).map(ToString::to_string).collect())
    }

    fn is_claimed(&self, alert: &Alert) -> bool {
        let age = (self.now - alert.at).abs();
        alert.state == State::Claimed && age < self.settings.claim_expires_after
    }

    /// Writes where there is nothing, or over what was read. `None`: somebody else was faster.
    async fn write(
        &self,
        key: &str,
        alert: &Alert,
        over: Option<&Etag>,
    ) -> Result<Option<Etag>, Step> {
        let body = alert.to_json().map_err(Step::Write)?;
        conditional::write(self.ledger, key, body, over).await.map_err(Step::Ledger)
    }
}

#[cfg(test)]
mod tests;
