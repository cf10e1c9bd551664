//! A restoration whose decision cannot be put on record.
//!
//! A decision is on record before anything is done. But a bucket that takes no record must not cost a
//! CA: after the repetitions of the event, and near the end of the window, the CA is restored without.

use time::Duration;

use super::{CaseRunner, TIME_TO_REPEAT};
use crate::{
    jobs::case::{AutoRestoreError, findings, lookup::COPIES, reactivation::KeptDisabled},
    ports::PortError,
};

/// Lambda delivers an event three times within about three minutes. Then a sweep comes.
const REPETITIONS_TAKE: Duration = Duration::minutes(10);

/// With less than this left of the window, nothing waits for a bucket that refuses.
const TIME_TO_RECORD: Duration = Duration::hours(6);

impl CaseRunner<'_> {
    /// Whether the CA is restored even if this keeps it from being put on record. A fault that may
    /// pass is waited for as long as another invocation follows.
    pub(super) fn must_not_wait(&self, cause: &AutoRestoreError) -> bool {
        let now = self.observation.as_of();
        let left = self.case.until() - now;
        let is_lasting = match cause {
            AutoRestoreError::EvidenceStore(cause) => cause.is_lasting(),
            AutoRestoreError::Contended { .. } => self.run_in.races.are_lost_for(self.case.ca()),
            _ => false,
        };
        let repeated = now - self.case.deletion().at >= REPETITIONS_TAKE;
        left < TIME_TO_REPEAT || (is_lasting && (repeated || left < TIME_TO_RECORD))
    }

    pub(super) fn note_race(&self, cause: &AutoRestoreError) {
        if let AutoRestoreError::Contended { key } = cause {
            self.run_in.races.lose(key);
        }
    }

    /// Puts the decision to restore on record, or goes on without where that must not wait.
    pub(super) async fn record_decision(&mut self) -> Result<(), AutoRestoreError> {
        let written = self.write().await;
        if let Err(cause) = &written {
            self.note_race(cause);
        }
        let must_not_wait = written.as_ref().is_err_and(|cause| self.must_not_wait(cause));
        match written {
            Err(AutoRestoreError::EvidenceStore(cause)) if must_not_wait => {
                self.unrecorded = Some(cause);
                Ok(())
            }
            // All keys of the record are taken by what cannot be used.
            Err(AutoRestoreError::Contended { key }) if self.case.copy() > COPIES => {
                let cause = "no key is left for the record".into();
                self.unrecorded =
                    Some(PortError::InvalidState { operation: "PutObject", resource: key, cause });
                Ok(())
            }
            // Another invocation that has won would have been read by now.
            Err(AutoRestoreError::Contended { key })
                if must_not_wait && self.run_in.races.are_lost_for(self.case.ca()) =>
            {
                let cause = "another writer is faster each time".into();
                self.unrecorded =
                    Some(PortError::InvalidState { operation: "PutObject", resource: key, cause });
                Ok(())
            }
            written => written,
        }
    }

    /// Tells of the restored CA by the bus. The invocation fails in any case: there is no record.
    pub(super) async fn publish_unrecorded(&mut self) -> AutoRestoreError {
        let Some(cause) = self.unrecorded.take() else {
            return AutoRestoreError::Contended { key: self.case.key() };
        };
        let (ca, as_of) = (self.observation.ca(), self.observation.as_of());
        let left = KeptDisabled::Unrecorded;
        let mut findings = findings::findings(&self.case, ca, Some(&left), None, as_of);
        findings.push(findings::unrecorded(&self.case, ca, &cause, as_of));
        let unpublished = self.run_in.bus.publish(&findings).await.err().map(Box::new);
        AutoRestoreError::Unrecorded { cause, unpublished }
    }
}
