//! One delivery of a deletion's event: which case it belongs to, and that case's end.

use time::{Duration, OffsetDateTime};

use super::deletion_match::{self, DeletionMatch};
use crate::{
    cloudtrail::Deletion,
    evidence::keys,
    failure::chain,
    jobs::case::{
        AutoRestoreError, Outcome, RegionRun, TRIES,
        act::{Act, Source},
        lookup,
        machine::CaseState,
        record::{Case, RecordSlot, Recorded},
        runner::{CaseRunner, Observation},
    },
    ports::{Etag, PortError},
};

/// By how much the end of the window can differ from what the event leads to expect.
const TOLERANCE: Duration = Duration::minutes(1);

/// Where an event belongs.
enum CaseOfEvent {
    /// To the case of another deletion whose window ends at the same second.
    Again(Box<Case>, Etag),
    /// To a case that has it already.
    Known(Box<Case>, Etag),
    /// To a case that was found without an event, or by another event of the same deletion.
    Late(Box<Case>, Etag),
    /// To none yet.
    New { until: OffsetDateTime, slot: RecordSlot },
    /// To none, and there is nothing to decide any more.
    NotApplicable(Outcome),
}

impl RegionRun<'_> {
    pub(super) async fn deletion(&self, deletion: Deletion) -> Result<Outcome, AutoRestoreError> {
        let mut tries = 1;
        loop {
            match self.deletion_once(&deletion).await {
                Err(AutoRestoreError::Contended { .. }) if tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    async fn deletion_once(&self, deletion: &Deletion) -> Result<Outcome, AutoRestoreError> {
        let observation = self.observe(deletion).await?;
        let now = observation.as_of();
        let (case, etag) = match self.case_of_event(deletion, &observation).await? {
            CaseOfEvent::NotApplicable(outcome) => return Ok(outcome),
            CaseOfEvent::Known(case, _) if case.is_closed() => {
                return Ok(Outcome::Duplicate { ca: deletion.ca.clone(), case: case.key() });
            }
            CaseOfEvent::Known(case, etag) => (*case, Some(etag)),
            CaseOfEvent::Again(mut case, etag) => {
                let source = Source::Event;
                case.reopen(source, deletion.clone(), now).map_err(AutoRestoreError::Record)?;
                (*case, Some(etag))
            }
            CaseOfEvent::Late(mut case, etag) => {
                let joined = Act::Joined { deletion: Box::new(deletion.clone()) };
                case.add(now, joined).map_err(AutoRestoreError::Record)?;
                (*case, Some(etag))
            }
            CaseOfEvent::New { until, slot } => {
                let over = slot.over.clone();
                let times = (until, now);
                let case = Case::open_at(slot, Source::Event, deletion.clone(), times);
                (case.map_err(AutoRestoreError::Record)?, over)
            }
        };
        let case = CaseRunner::new(self, case, etag, observation).run().await?;
        Ok(Outcome::of(&case))
    }

    /// The CA, or that it is gone: a list confirms and dates that.
    async fn observe(&self, deletion: &Deletion) -> Result<Observation, AutoRestoreError> {
        match self.authorities.describe(&deletion.ca).await {
            Ok(seen) => return Ok(Observation::Ca(Box::new(seen))),
            Err(PortError::NotFound { .. }) => {}
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        }
        let listing = self.authorities.list().await.map_err(AutoRestoreError::List)?;
        if listing.cas.iter().any(|listed| listed.arn == deletion.ca) {
            return Err(AutoRestoreError::Inconsistent { ca: deletion.ca.clone() });
        }
        Ok(Observation::Gone { as_of: listing.as_of })
    }

    async fn case_of_event(
        &self,
        deletion: &Deletion,
        observation: &Observation,
    ) -> Result<CaseOfEvent, AutoRestoreError> {
        let expected = deletion.expected_until();
        let deletion_match = observation.ca().map(|ca| deletion_match::of(deletion, ca));
        let until = match (deletion_match, observation.ca()) {
            (Some(DeletionMatch::Deleted), Some(ca)) => {
                Some(ca.restorable_until.unwrap_or(expected))
            }
            _ => None,
        };
        let now = observation.as_of();
        let (mut late, mut other) = (None, None);
        let (slot, records) = self.records_near(deletion, until, expected, now).await?;
        for (is_own, recorded) in records {
            match recorded {
                Recorded::Absent | Recorded::Blocked(_) | Recorded::Unreadable(_) => {}
                // Its id with another caller or time contradicts the case of the present deletion. Of a past
                // one, nothing is left to decide.
                Recorded::Case(case, etag)
                    if case.knows(deletion) || (!is_own && case.knows_id_of(deletion)) =>
                {
                    return Ok(CaseOfEvent::Known(case, etag));
                }
                // Where the CA still stands as the event left it, only its own key counts.
                Recorded::Case(..) if !is_own && until.is_some() => {}
                Recorded::Case(case, etag) if case.deletion().event_id.is_none() => {
                    late = Some((case, etag));
                }
                Recorded::Case(case, etag) => other = is_own.then_some((case, etag)),
            }
        }
        if let Some((case, etag)) = late {
            return Ok(CaseOfEvent::Late(case, etag));
        }
        let ca = deletion.ca.clone();
        Ok(match (deletion_match, observation.ca()) {
            (Some(DeletionMatch::Deleted), Some(seen)) if other.is_some() => match other {
                Some((case, etag)) if contradicts(&case) => CaseOfEvent::Late(case, etag),
                Some((case, etag)) if case.is_closed() && deletion.at >= case.deletion().at => {
                    CaseOfEvent::Again(case, etag)
                }
                // Within a minute restored and deleted anew; that deletion has its own event.
                _ => {
                    let at = seen.last_state_change_at.unwrap_or(deletion.at);
                    CaseOfEvent::NotApplicable(Outcome::Superseded { ca, deleted_again_at: at })
                }
            },
            (Some(DeletionMatch::Deleted), _) => {
                CaseOfEvent::New { until: until.unwrap_or(expected), slot }
            }
            (Some(DeletionMatch::DeletedAgain { at }), _) => {
                CaseOfEvent::NotApplicable(Outcome::Superseded { ca, deleted_again_at: at })
            }
            (Some(DeletionMatch::NotDeleted), Some(seen)) => {
                CaseOfEvent::NotApplicable(Outcome::NotDeleted {
                    ca,
                    status: seen.status.to_string(),
                })
            }
            (None | Some(DeletionMatch::NotDeleted), _) => {
                let slot = RecordSlot { copy: 1, ..RecordSlot::default() };
                CaseOfEvent::New { until: expected, slot }
            }
        })
    }

    /// The records that the event can belong to, each with whether it is at a key of the CA's present
    /// deletion, and where a new one goes.
    async fn records_near(
        &self,
        deletion: &Deletion,
        until: Option<OffsetDateTime>,
        expected: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(RecordSlot, Vec<(bool, Recorded)>), AutoRestoreError> {
        let prefix = keys::cases(&deletion.ca);
        let (listed, unlisted) = match self.evidence.list(&prefix).await {
            Ok(keys) => (Some(keys), None),
            // What cannot be listed may perhaps be read.
            Err(cause) if cause.is_lasting() => (None, Some(cause)),
            Err(cause) => return Err(AutoRestoreError::EvidenceStore(cause)),
        };
        let own = until.map(OffsetDateTime::unix_timestamp);
        let until_of = |key: &String| lookup::until_in(key);
        let is_own = |key: &String| {
            own.is_some() && until_of(key).map(OffsetDateTime::unix_timestamp) == own
        };
        let (mut slot, mut records) = (RecordSlot { copy: 1, ..RecordSlot::default() }, Vec::new());
        if let Some(until) = until
            && listed.as_ref().is_none_or(|keys| keys.iter().any(is_own))
        {
            let (own_slot, recorded) = self.find(&deletion.ca, until, true, now).await?;
            slot = own_slot;
            records.push((true, recorded));
        }
        if let Some(cause) = unlisted {
            let key = keys::case(&deletion.ca, expected);
            if !is_own(&key) {
                records.push((false, self.recorded(&key).await?));
            }
            slot.passed_over.push(format!("{prefix}: {}", chain(&cause)));
        }
        for key in listed.iter().flatten().filter(|key| !is_own(key)) {
            if until_of(key).is_some_and(|until| (until - expected).abs() <= TOLERANCE) {
                records.push((false, self.recorded(key).await?));
            }
        }
        Ok((slot, records))
    }
}

/// Whether another event of the same deletion contradicts the case: the CA has not been restored since the
/// first one, so one of the two may be made up.
fn contradicts(case: &Case) -> bool {
    match case.state() {
        CaseState::Seen | CaseState::Judged | CaseState::Permitted | CaseState::Escalated => true,
        CaseState::Restoring | CaseState::Restored | CaseState::Reactivated | CaseState::Lost => {
            false
        }
    }
}
