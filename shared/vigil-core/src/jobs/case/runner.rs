//! Takes one case from where it is to its end.

use time::{Duration, OffsetDateTime};

use super::{
    AutoRestoreError, RegionRun,
    act::{Act, Restorer},
    findings,
    gather::Gathered,
    limit::{self, Taken, When},
    machine::{self, CaseState, Observed, Step},
    reactivation::KeptDisabled,
    record::{Case, Recorded},
};
use crate::{
    ca::{Ca, CaStatus},
    failure::chain,
    jobs::conditional,
    ports::{Described, Etag, PortError},
};

mod held;
mod judging;
mod patience;
mod put_back;
mod reactivating;
mod unrecorded;

use judging::Judged;

/// For so long after a deletion, who permits it has to be known: Lambda repeats the event twice within about
/// three minutes. Then the CA is judged with what is known. A restoration can be undone by another deletion.
const TIME_TO_RETRY: Duration = Duration::minutes(10);

/// With so much left of a window, an invocation that fails has its repetitions, and the next sweep.
pub(in crate::jobs) const TIME_TO_REPEAT: Duration = Duration::minutes(20);

/// With less than this left of the window, a CA that an operator decides about is restored first.
const TIME_TO_DECIDE: Duration = Duration::days(14);

pub(in crate::jobs) struct CaseRunner<'a> {
    run_in: &'a RegionRun<'a>,
    case: Case,
    /// The version of the record that was read.
    etag: Option<Etag>,
    observation: Observation,
    gathered: Option<Gathered>,
    /// Why the CA is left as it is, once that has been looked into.
    left: Option<KeptDisabled>,
    /// Whether the CA has been compared with its snapshot.
    compared: bool,
    /// What could not be put back, and why.
    not_put_back: Option<String>,
    /// Why the decision to restore is not on record, where the CA was restored without.
    unrecorded: Option<PortError>,
}

/// The CA as it was last seen.
#[derive(Clone, Debug)]
pub(in crate::jobs) enum Observation {
    Ca(Box<Described>),
    Gone { as_of: OffsetDateTime },
}

impl Observation {
    pub(in crate::jobs) fn as_of(&self) -> OffsetDateTime {
        match self {
            Self::Ca(seen) => seen.as_of,
            Self::Gone { as_of } => *as_of,
        }
    }

    pub(in crate::jobs) fn ca(&self) -> Option<&Ca> {
        match self {
            Self::Ca(seen) => Some(&seen.ca),
            Self::Gone { .. } => None,
        }
    }
}

impl<'a> CaseRunner<'a> {
    pub(in crate::jobs) fn new(
        run_in: &'a RegionRun<'a>,
        case: Case,
        etag: Option<Etag>,
        observation: Observation,
    ) -> Self {
        Self {
            run_in,
            case,
            etag,
            observation,
            gathered: None,
            left: None,
            compared: false,
            not_put_back: None,
            unrecorded: None,
        }
    }

    /// [`AutoRestoreError::Contended`]: another invocation has written the record meanwhile; what
    /// it wrote decides what is next.
    pub(in crate::jobs) async fn run(mut self) -> Result<Case, AutoRestoreError> {
        if self.case.state() == CaseState::Restored && self.observed() == Observed::Deleted {
            // The record was read after the CA, and is ahead of it.
            self.describe_again().await?;
        }
        loop {
            match machine::next(self.case.position(), self.observed()) {
                Step::Ask => self.add(Act::Escalated { earlier: Vec::new(), asked: true })?,
                Step::Begin | Step::Restore if self.run_in.settings.mode.observes() => {
                    self.add(Act::Withheld)?;
                }
                Step::Begin => self.begin().await?,
                Step::Done => {
                    self.write().await?;
                    return Ok(self.case);
                }
                Step::Judge => {
                    if self.judge().await? == Judged::Later {
                        self.write().await?;
                        return Ok(self.case);
                    }
                }
                Step::Lose => self.add(Act::Lost)?,
                Step::NoteRestored => self.note_restored(Restorer::External, None)?,
                Step::Restore => self.restore().await?,
                Step::Reactivate | Step::Publish if self.unrecorded.is_some() => {
                    return Err(self.publish_unrecorded().await);
                }
                Step::Reactivate if !self.compared => self.mend().await?,
                Step::Reactivate if self.left.is_none() => self.consider_reactivation().await?,
                Step::Reactivate | Step::Publish => self.publish_and_close().await?,
                Step::Permit => {
                    let restorable_until = self.observation.ca().and_then(|ca| ca.restorable_until);
                    self.add(Act::Permitted { restorable_until })?;
                }
            }
        }
    }

    /// A case that is closed, and whose CA may become ACTIVE after all.
    pub(in crate::jobs) async fn run_late_reactivation(mut self) -> Result<Case, AutoRestoreError> {
        self.consider_reactivation().await?;
        self.run().await
    }

    async fn describe_again(&mut self) -> Result<(), AutoRestoreError> {
        match self.run_in.authorities.describe(self.case.ca()).await {
            Ok(seen) => self.observation = Observation::Ca(Box::new(seen)),
            Err(PortError::NotFound { .. }) => {
                self.observation = Observation::Gone { as_of: self.observation.as_of() };
            }
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        }
        Ok(())
    }

    fn observed(&self) -> Observed {
        let ca = match &self.observation {
            Observation::Ca(seen) => &seen.ca,
            Observation::Gone { .. } => return Observed::Gone,
        };
        if ca.status != CaStatus::Deleted {
            return Observed::Back;
        }
        match ca.restorable_until {
            Some(until) if until.unix_timestamp() != self.case.until().unix_timestamp() => {
                Observed::DeletedAgain
            }
            Some(_) | None => Observed::Deleted,
        }
    }

    async fn begin(&mut self) -> Result<(), AutoRestoreError> {
        let (evidence, per_day) = (self.run_in.evidence, self.run_in.settings.restores_per_day);
        let (ca, occasion, now) = (self.case.ca(), self.case.occasion(), self.observation.as_of());
        let deleted_at = self.observation.ca().and_then(|ca| ca.last_state_change_at);
        let when = When { now, deleted_at: deleted_at.unwrap_or(now) };
        match limit::take(evidence, ca, &occasion, when, per_day).await {
            Ok(Taken::NoneLeft { earlier, .. }) => {
                self.add(Act::Escalated { earlier, asked: false })
            }
            Ok(Taken::Allowed { earlier }) => self.add(Act::Restoring { earlier, uncounted: None }),
            Ok(Taken::Uncounted { why }) => self.restore_uncounted(why),
            Err(error) => {
                self.note_race(&error);
                if self.must_not_wait(&error) {
                    return self.restore_uncounted(chain(&error));
                }
                Err(error)
            }
        }
    }

    fn restore_uncounted(&mut self, why: String) -> Result<(), AutoRestoreError> {
        self.add(Act::Restoring { earlier: Vec::new(), uncounted: Some(why) })
    }

    async fn restore(&mut self) -> Result<(), AutoRestoreError> {
        self.record_decision().await?;
        let ca = self.case.ca().clone();
        let (by, request_id) = match self.run_in.authorities.restore(&ca).await {
            Ok(receipt) => (Restorer::Vigil, receipt.request_id),
            // It is no longer DELETED; describing it shows the status.
            Err(PortError::InvalidState { .. }) => (Restorer::External, None),
            Err(PortError::NotFound { .. }) => {
                self.observation = Observation::Gone { as_of: self.observation.as_of() };
                return Ok(());
            }
            Err(cause @ PortError::Denied { .. }) => return self.refused(cause).await,
            Err(cause) => return Err(AutoRestoreError::Restore(cause)),
        };
        self.describe_until(|observed, _| observed != Observed::Deleted).await?;
        if self.observed() == Observed::Deleted {
            return Err(AutoRestoreError::StillDeleted { ca });
        }
        self.note_restored(by, request_id)
    }

    /// Published at once and recorded once; tried again by every repetition and every sweep.
    async fn refused(&mut self, cause: PortError) -> Result<(), AutoRestoreError> {
        let last = self.case.entries().last().map(|entry| &entry.act);
        if matches!(last, Some(Act::Refused { .. })) {
            return Err(AutoRestoreError::Refused { cause, unpublished: None });
        }
        let finding =
            findings::refused(&self.case, self.observation.ca(), self.observation.as_of());
        if let Err(error) = self.run_in.bus.publish(&[finding]).await {
            let unpublished = Some(Box::new(error));
            return Err(AutoRestoreError::Refused { cause, unpublished });
        }
        self.add(Act::Refused { cause: chain(&cause) })?;
        self.write().await?;
        Err(AutoRestoreError::Refused { cause, unpublished: None })
    }

    fn note_restored(
        &mut self,
        by: Restorer,
        request_id: Option<String>,
    ) -> Result<(), AutoRestoreError> {
        let again = self.observed() == Observed::DeletedAgain;
        let Some(ca) = self.observation.ca() else { return Ok(()) };
        let deleted_again_at =
            again.then(|| ca.last_state_change_at.unwrap_or(self.observation.as_of()));
        let status = ca.status.to_string();
        self.add(Act::Restored { status, by, request_id, deleted_again_at })
    }

    /// Publishes first and closes then: after a crash in between, the same findings are published
    /// again, where the other order would lose them.
    async fn publish_and_close(&mut self) -> Result<(), AutoRestoreError> {
        if self.case.has_unwritten_decision() {
            self.write().await?;
        }
        let (ca, as_of) = (self.observation.ca(), self.observation.as_of());
        let not_put_back = self.not_put_back.as_deref();
        let findings = findings::findings(&self.case, ca, self.left.as_ref(), not_put_back, as_of);
        if !findings.is_empty() {
            self.run_in.bus.publish(&findings).await.map_err(AutoRestoreError::Publish)?;
        }
        let findings = findings.into_iter().map(|finding| finding.id).collect();
        let service = self.left.as_ref().map(KeptDisabled::because);
        let not_put_back = self.not_put_back.clone();
        self.add(Act::Published { findings, service, not_put_back })?;
        match self.write().await {
            Err(AutoRestoreError::Contended { key }) => {
                self.correct().await?;
                return Err(AutoRestoreError::Contended { key });
            }
            written => written?,
        }
        // An invocation that records a disabling reads the case afterwards; this one, which has
        // closed the case, reads that record. One of the two sees the other's.
        if self.case.state() == CaseState::Restored
            && self.left == Some(KeptDisabled::NotRecorded)
            && self.disabled().await?.is_some()
        {
            self.left = None;
            self.consider_reactivation().await?;
        }
        Ok(())
    }

    /// Another invocation has closed the case while this one published. If it published another
    /// end, this one's findings came last and are out of date: the other's are published again.
    async fn correct(&self) -> Result<(), AutoRestoreError> {
        let Recorded::Case(theirs, _) = self.run_in.recorded(&self.case.key()).await? else {
            return Ok(());
        };
        if !theirs.is_closed() || theirs.state() == self.case.state() {
            return Ok(());
        }
        let findings = findings::findings(
            &theirs,
            self.observation.ca(),
            None,
            None,
            self.observation.as_of(),
        );
        self.run_in.bus.publish(&findings).await.map_err(AutoRestoreError::Publish)
    }

    fn add(&mut self, act: Act) -> Result<(), AutoRestoreError> {
        self.case.add(self.observation.as_of(), act).map_err(AutoRestoreError::Record)
    }

    async fn write(&mut self) -> Result<(), AutoRestoreError> {
        if self.case.is_written() {
            return Ok(());
        }
        let key = self.case.key();
        let body = self.case.to_json().map_err(AutoRestoreError::Record)?;
        let written =
            conditional::write(self.run_in.evidence, &key, body, self.etag.as_ref()).await;
        let Some(etag) = written.map_err(AutoRestoreError::EvidenceStore)? else {
            return Err(AutoRestoreError::Contended { key });
        };
        self.etag = Some(etag);
        self.case.mark_written();
        Ok(())
    }
}
