//! The event of a CA having been disabled: it is noted, and a CA that was restored before the event
//! came becomes ACTIVE after all.

use crate::{
    ca::CaStatus,
    cloudtrail::Disabling,
    evidence::keys,
    jobs::{
        case::{
            AutoRestoreError, Outcome, RegionRun, TRIES, disabled, lookup,
            machine::CaseState,
            record::{Case, Recorded},
            runner::{CaseRunner, Observation},
        },
        conditional,
        stored::{self, Stored},
    },
    ports::{Described, Etag, PortError},
};

impl RegionRun<'_> {
    pub(super) async fn disabling(&self, event: Disabling) -> Result<Outcome, AutoRestoreError> {
        let mut tries = 1;
        loop {
            match self.disabling_once(&event).await {
                Err(AutoRestoreError::Contended { .. }) if tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    async fn disabling_once(&self, event: &Disabling) -> Result<Outcome, AutoRestoreError> {
        let seen = match self.authorities.describe(&event.ca).await {
            Ok(seen) => Some(seen),
            Err(PortError::NotFound { .. }) => None,
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        };
        let recorded = self.note(event, seen.as_ref()).await?;
        if let Some(seen) = &seen
            && recorded
            && seen.ca.status != CaStatus::Deleted
        {
            // A disabled CA may be deleted next, and its attributes cannot be read then. If this
            // fails, an older snapshot has to do.
            let _ = self.take_snapshot(&seen.ca, seen.as_of).await;
        }
        let can_serve =
            |seen: &Described| matches!(seen.ca.status, CaStatus::Active | CaStatus::Disabled);
        if let Some(seen) = seen.filter(can_serve)
            && let Some((case, etag)) = self.restored_case(event).await?
        {
            let observation = Observation::Ca(Box::new(seen));
            let case = CaseRunner::new(self, case, Some(etag), observation)
                .run_late_reactivation()
                .await?;
            if case.state() == CaseState::Reactivated {
                return Ok(Outcome::of(&case));
            }
        }
        Ok(Outcome::DisablingRecorded { ca: event.ca.clone(), disabled_at: event.at, recorded })
    }

    async fn note(
        &self,
        event: &Disabling,
        seen: Option<&Described>,
    ) -> Result<bool, AutoRestoreError> {
        let key = keys::disabled(&event.ca);
        let stored = stored::read(self.evidence, &key).await;
        let (old, over) = match stored.map_err(AutoRestoreError::EvidenceStore)? {
            Stored::Known(old, etag) => (Some(old), Some(etag)),
            Stored::Absent => (None, None),
            Stored::Unusable { etag: Some(etag), .. } => (None, Some(etag)),
            // It can be neither read nor replaced: the CA stays DISABLED when it is restored.
            Stored::Unusable { etag: None, .. } => return Ok(false),
        };
        let ca = seen.map(|seen| &seen.ca);
        let Some(record) = disabled::by_event(old.as_ref(), event, ca) else {
            return Ok(false);
        };
        let body = serde_json::to_vec_pretty(&record).map_err(AutoRestoreError::Write)?;
        let written = conditional::write(self.evidence, &key, body, over.as_ref()).await;
        match written.map_err(AutoRestoreError::EvidenceStore)? {
            Some(_) => Ok(true),
            None => Err(AutoRestoreError::Contended { key }),
        }
    }

    /// A case that was closed with the CA left DISABLED, or was about to become ACTIVE, and whose
    /// deletion followed this event.
    async fn restored_case(
        &self,
        event: &Disabling,
    ) -> Result<Option<(Case, Etag)>, AutoRestoreError> {
        let keys = self.evidence.list(&keys::cases(&event.ca)).await;
        let mut keys = keys.map_err(AutoRestoreError::EvidenceStore)?;
        // The windows of deletions that came after the event end after it.
        keys.retain(|key| lookup::until_in(key).is_some_and(|until| until > event.at));
        for key in keys.iter().rev() {
            if let Recorded::Case(case, etag) = self.recorded(key).await?
                && case.state() == CaseState::Restored
                && (case.is_closed() || case.is_reactivating())
            {
                return Ok(Some((*case, etag)));
            }
        }
        Ok(None)
    }
}
