//! Puts back what a restored CA had before and has not now. AWS does not say what a deletion takes
//! along.

use time::Duration;

use super::{super::SKEW, CaseRunner};
use crate::{
    ca::{Ca, CaStatus},
    failure::chain,
    jobs::case::{AutoRestoreError, act::Act, machine::Ruling, reactivation::OBSERVES},
    policy::{self, PolicyAnswer, Question},
    ports::PortError,
    snapshot::{Missing, Snapshot},
};

/// How much older than the deletion a snapshot may be that is put back.
const FRESH: Duration = Duration::hours(1);

impl CaseRunner<'_> {
    /// Compares the CA with its last snapshot, once. What may not or cannot be put back is
    /// published, and does not keep the CA DISABLED.
    pub(super) async fn mend(&mut self) -> Result<(), AutoRestoreError> {
        self.compared = true;
        let Some(ca) = self.observation.ca().cloned() else { return Ok(()) };
        // Who was restored by others is theirs to look after.
        if self.case.position().ruling != Some(Ruling::Restore) {
            return Ok(());
        }
        // Done by an attempt before, or asked for by one that was cut short.
        let begun = match self.case.put_back() {
            Some((_, true)) => return Ok(()),
            Some((_, false)) => true,
            None => false,
        };
        self.gather(&ca).await?;
        let snapshot = self.gathered.as_ref().and_then(|gathered| gathered.snapshot.clone());
        let Some(snapshot) = snapshot else { return Ok(()) };
        let now = match self.run_in.attachments.attached(&ca.arn).await {
            Ok(now) => now,
            Err(cause) => return self.cannot_mend(cause),
        };
        let mut missing = Missing::of(&snapshot.attached, &now);
        if !matches!(ca.status, CaStatus::Active | CaStatus::Disabled) {
            // UpdateCertificateAuthority takes no other.
            missing.revocation = None;
        }
        if missing.is_empty() {
            return if begun { self.add(Act::PutBack { request_ids: Vec::new() }) } else { Ok(()) };
        }
        if let Err(why) = self.may_put_back(&ca, &snapshot) {
            self.not_put_back = Some(format!("{}: {why}", missing.in_words()));
            return Ok(());
        }
        let (snapshot_at, boxed) = (snapshot.as_of, Box::new(missing.clone()));
        self.add(Act::PuttingBack { snapshot_at, missing: boxed })?;
        self.write().await?;
        let receipts = match self.run_in.attachments.put_back(&ca.arn, &missing).await {
            Ok(receipts) => receipts,
            Err(cause) => return self.cannot_mend(cause),
        };
        let request_ids = receipts.into_iter().filter_map(|receipt| receipt.request_id).collect();
        match self.run_in.attachments.attached(&ca.arn).await {
            Ok(now) => {
                let mut still = Missing::of(&snapshot.attached, &now);
                if missing.revocation.is_none() {
                    still.revocation = None;
                }
                if !still.is_empty() {
                    let why = "the service took it and does not show it";
                    self.not_put_back = Some(format!("{}: {why}", still.in_words()));
                    return Ok(());
                }
            }
            Err(cause) => return self.cannot_mend(cause),
        }
        self.add(Act::PutBack { request_ids })
    }

    /// Why what is missing is only published. A record in a bucket is not the owner's word, and the
    /// owner may have taken away since what a snapshot shows.
    fn may_put_back(&self, ca: &Ca, snapshot: &Snapshot) -> Result<(), String> {
        if self.run_in.settings.mode.observes() {
            return Err(OBSERVES.to_owned());
        }
        if !self.run_in.settings.put_back {
            return Err("the setting PutBack is off".to_owned());
        }
        let (deleted_at, snapshot_at) = (self.case.deletion().at, snapshot.as_of);
        if snapshot.changed_at.is_some() {
            return Err("the snapshot is older than the owner's last change".to_owned());
        }
        if snapshot_at < deleted_at - FRESH {
            return Err("the snapshot may be older than the owner's last change".to_owned());
        }
        if snapshot_at > deleted_at + SKEW {
            return Err("the snapshot is later than the deletion".to_owned());
        }
        let Some(gathered) = &self.gathered else { return Err("nothing is known".to_owned()) };
        let facts = gathered.facts(self.case.deletion(), ca);
        let request = policy::request_json(&facts, Question::PutBack);
        match policy::put_back(&gathered.policies, &request) {
            PolicyAnswer::Granted { .. } => Ok(()),
            PolicyAnswer::Denied { .. } => Err("no policy permits to put it back".to_owned()),
        }
    }

    fn cannot_mend(&mut self, cause: PortError) -> Result<(), AutoRestoreError> {
        match cause {
            PortError::Denied { .. }
            | PortError::InvalidState { .. }
            | PortError::NotFound { .. }
            | PortError::Unauthentic { .. } => {
                self.not_put_back = Some(chain(&cause));
                Ok(())
            }
            PortError::Other { .. } | PortError::Throttled { .. } | PortError::Undated { .. } => {
                Err(AutoRestoreError::PutBack(cause))
            }
        }
    }
}
