//! Who deleted a CA: what an event claims, held against CloudTrail's event history.
//!
//! A principal that may invoke a function can make up an event. Such an event may restore a CA. Before it
//! lets a deletion stand that an unknown caller could not have made stand, the history must have it.

use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use super::{RegionRun, SKEW};
use crate::{
    ca::Ca,
    cloudtrail::{self, Deletion},
    failure::chain,
};

/// CloudTrail writes its times to the second, and the service takes a moment to change a state.
pub(in crate::jobs) const TOLERANCE: Duration = Duration::minutes(1);

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
    span: Mutex<Option<(OffsetDateTime, OffsetDateTime)>>,
    answer: Mutex<Option<Answer>>,
}

type Answer = Result<Vec<Deletion>, (String, bool)>;

impl Lookup {
    /// Has the one question be about all these deletions.
    pub(in crate::jobs) fn cover(&self, cas: &[&Ca], now: OffsetDateTime) {
        let earliest = cas.iter().filter_map(|ca| ca.last_state_change_at).min();
        let span = earliest.map(|at| (at - SKEW, now + SKEW));
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
        let mut recorded = self.recorded_near(&seen, seen.at).await.unwrap_or_default();
        let last = recorded.iter().map(|of| of.at).max();
        recorded.retain(|of| Some(of.at) == last);
        recorded.sort_by(|one, other| one.event_id.cmp(&other.event_id));
        let mut callers = Vec::new();
        recorded.retain(|of| {
            let is_new = !callers.contains(&of.by);
            callers.push(of.by.clone());
            is_new
        });
        recorded
    }

    async fn recorded_near(
        &self,
        deletion: &Deletion,
        at: OffsetDateTime,
    ) -> Result<Vec<Deletion>, (String, bool)> {
        let mut found = self.looked_up(at).await?;
        found.retain(|of| of.ca == deletion.ca && (of.at - at).abs() <= TOLERANCE);
        Ok(found)
    }

    async fn looked_up(&self, at: OffsetDateTime) -> Answer {
        let lock = || self.lookup.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = lock().clone() {
            return answer;
        }
        let span = *self.lookup.span.lock().unwrap_or_else(PoisonError::into_inner);
        let (from, to) = span.unwrap_or((at - SKEW, at + SKEW));
        let answer = match self.history.deletions(from, to).await {
            // What is no record of a deletion that succeeded proves none.
            Ok(records) => Ok(records
                .iter()
                .filter_map(|one| cloudtrail::recorded_deletion(one).ok())
                .collect()),
            Err(error) => Err((chain(&error), error.is_lasting())),
        };
        *lock() = Some(answer.clone());
        answer
    }
}
