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
        let is_lasting =
            matches!(cause, AutoRestoreError::EvidenceStore(cause) if cause.is_lasting());
        let repeated = now - self.case.deletion().at >= REPETITIONS_TAKE;
        left < TIME_TO_REPEAT || (is_lasting && (repeated || left < TIME_TO_RECORD))
    }

    /// Puts the decision to restore on record, or goes on without where that must not wait.
    pub(super) async fn record_decision(&mut self) -> Result<(), AutoRestoreError> {
        let written = self.write().await;
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
