//! Who deleted a CA: what an event claims, held against CloudTrail's event history.
//!
//! A principal that may invoke a function can make up an event. Such an event may restore a CA. Before it
//! lets a deletion stand that an unknown caller could not have made stand, the history must have it.

use std::sync::{Mutex, PoisonError};

use futures::lock;
use time::OffsetDateTime;

use super::{AutoRestoreError, RegionRun, SKEW, gather::RetryUntilKnown};
use crate::{ca::Ca, cloudtrail::Deletion, failure::chain, jobs::on_record, policy::Approval};

/// What the event history says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jobs) enum Proof {
    /// It has the very event. The record is judged, and not what the event says.
    Recorded(Box<Deletion>),
    /// It has another, or another caller for it.
    Contradicted(String),
    /// It has no event of the deletion, or not yet.
    NotRecorded,
    /// It could not be asked. `is_lasting`: nor can it be later.
    Unasked { why: String, is_lasting: bool },
}

/// The answer of the event history, which one invocation asks for once: the account has two calls a second.
#[derive(Default)]
pub(in crate::jobs) struct Lookup {
    span: Mutex<Option<Span>>,
    answer: lock::Mutex<Option<(Span, Answer)>>,
}

/// From and to.
type Span = (OffsetDateTime, OffsetDateTime);

/// Why it could not be asked, and whether that is lasting.
pub(in crate::jobs) type Answer = Result<Vec<Deletion>, (String, bool)>;

impl Lookup {
    /// Has the one question be about all these deletions, of which none is later than `latest`.
    pub(in crate::jobs) fn cover(&self, cas: &[&Ca], latest: OffsetDateTime) {
        let earliest = cas.iter().filter_map(|ca| ca.last_state_change_at).min();
        let span = earliest.map(|at| (at - SKEW, latest + SKEW));
        *self.span.lock().unwrap_or_else(PoisonError::into_inner) = span;
    }
}

impl RegionRun<'_> {
    /// Whether CloudTrail recorded the deletion as it is claimed.
    pub(in crate::jobs) async fn proof(&self, claimed: &Deletion) -> Proof {
        let Some(id) = claimed.event_id.as_deref() else { return Proof::NotRecorded };
        let recorded = match self.recorded_near(claimed, claimed.at).await {
            Ok(recorded) => recorded,
            Err((why, is_lasting)) => return Proof::Unasked { why, is_lasting },
        };
        let is_same = |of: &&Deletion| of.event_id.as_deref() == Some(id);
        if let Some(same) = recorded.iter().find(is_same)
            && let Some(other) = recorded.iter().find(|of| of.at > same.at && of.by != same.by)
        {
            return Proof::Contradicted(format!(
                "{id} is by {}, and CloudTrail's event history has a later deletion, {} by {}",
                same.by.name(),
                other.event_id.as_deref().unwrap_or_default(),
                other.by.name()
            ));
        }
        match (recorded.iter().find(is_same), recorded.first()) {
            (Some(same), _) if (&same.by, same.at) == (&claimed.by, claimed.at) => {
                Proof::Recorded(Box::new(same.clone()))
            }
            (Some(same), _) => Proof::Contradicted(format!(
                "an event names {} as the caller of {id}, and CloudTrail's event history {}",
                claimed.by.name(),
                same.by.name()
            )),
            (None, Some(other)) => Proof::Contradicted(format!(
                "an event {id} names {} as the caller, and CloudTrail's event history has {} by {} instead",
                claimed.by.name(),
                other.event_id.as_deref().unwrap_or_default(),
                other.by.name()
            )),
            (None, None) => Proof::NotRecorded,
        }
    }

    /// The deletion that left the CA as it is, by the event history: the last one of this moment. Several,
    /// where callers differ within one second; none, where the history has none or cannot be asked.
    pub(in crate::jobs) async fn deletions_on_record(
        &self,
        ca: &Ca,
        now: OffsetDateTime,
    ) -> Vec<Deletion> {
        let seen = Deletion::without_event(ca, now);
        on_record::last(self.recorded_near(&seen, seen.at).await.unwrap_or_default())
    }

    /// Why an approval does not count because of who deleted the CA, by the event history, or because that is
    /// not known. An error where the history could not be asked, and the next attempt may succeed.
    pub(in crate::jobs) async fn refused_deleter(
        &self,
        approval: &Approval,
        ca: &Ca,
        now: OffsetDateTime,
        retry_until_known: RetryUntilKnown,
    ) -> Result<Option<String>, AutoRestoreError> {
        match self.looked_up(ca.last_state_change_at.unwrap_or(now)).await {
            Err((why, false)) if retry_until_known == RetryUntilKnown::Yes => {
                Err(AutoRestoreError::EventHistory { why })
            }
            answer => {
                let recorded = answer.map_err(|(why, _)| why);
                Ok(on_record::refused_deleter(approval, ca, recorded))
            }
        }
    }

    async fn recorded_near(
        &self,
        deletion: &Deletion,
        at: OffsetDateTime,
    ) -> Result<Vec<Deletion>, (String, bool)> {
        Ok(on_record::near(self.looked_up(at).await?, &deletion.ca, at))
    }

    /// The deletions of the Region around this time, by the event history.
    pub(in crate::jobs) async fn looked_up(&self, at: OffsetDateTime) -> Answer {
        let has = |(from, to): &Span| (*from..=*to).contains(&at);
        // Locked while it is asked: who asks at the same time waits for the same answer.
        let mut known = self.lookup.answer.lock().await;
        if let Some((span, answer)) = &*known
            && has(span)
        {
            return answer.clone();
        }
        let span = *self.lookup.span.lock().unwrap_or_else(PoisonError::into_inner);
        let span = span.filter(has).unwrap_or((at - SKEW, at + SKEW));
        let answer = on_record::between(self.history, span).await;
        let answer = answer.map_err(|error| (chain(&error), error.is_lasting()));
        *known = Some((span, answer.clone()));
        answer
    }
}
