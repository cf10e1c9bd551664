//! The dead man's switch: shortly before the window of a deleted CA ends, policy can require its
//! restoration, whatever was decided before.

use serde_json::Value;
use time::OffsetDateTime;

use super::case::{
    AutoRestoreError, Outcome, RegionRun, TRIES,
    act::{Act, Source},
    deleter::Proof,
    gather::{self, Gathered, RetryUntilKnown},
    limit,
    machine::CaseState,
    record::{Case, RecordSlot, Recorded},
    runner::{CaseRunner, Observation, TIME_TO_REPEAT},
};
use crate::{
    ca::{Ca, CaStatus},
    cloudtrail::Deletion,
    evidence::keys,
    failure::chain,
    policy::{self, Facts, PolicyAnswer, Question},
    ports::PortError,
};

/// A CA whose last threshold has passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastCall<'a> {
    pub(super) ca: &'a Ca,
    pub(super) until: OffsetDateTime,
    /// Whether a valid acknowledgement of the deletion exists.
    pub(super) acknowledged: bool,
    pub(super) now: OffsetDateTime,
}

/// What became of a CA at its last threshold.
#[derive(Debug)]
pub(super) enum AtDeadline {
    /// Policy required a restoration; the case has ended.
    Ended(Box<Outcome>),
    /// Policy requires none.
    NotRequired,
    /// Policy requires it, and Vigil observes only.
    Withheld { policies: Vec<String> },
}

impl AtDeadline {
    fn ended(case: &Case) -> Self {
        Self::Ended(Box::new(Outcome::of(case)))
    }
}

impl RegionRun<'_> {
    /// Restores the CA if policy requires it.
    pub(super) async fn at_deadline(
        &self,
        call: LastCall<'_>,
    ) -> Result<AtDeadline, AutoRestoreError> {
        let mut tries = 1;
        loop {
            match self.at_deadline_once(call).await {
                Err(AutoRestoreError::Contended { .. }) if tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    async fn at_deadline_once(&self, call: LastCall<'_>) -> Result<AtDeadline, AutoRestoreError> {
        let LastCall { ca, until, now, .. } = call;
        let (mut case, etag) = match self.find_at_deadline(ca, until, now).await? {
            (_, Recorded::Case(case, etag)) => (*case, Some(etag)),
            (slot, _) => {
                let over = slot.over.clone();
                (self.open(ca, None, now, slot)?, over)
            }
        };
        match case.state() {
            CaseState::Seen
            | CaseState::Judged
            | CaseState::Restoring
            | CaseState::Permitted
            | CaseState::Escalated => {}
            CaseState::Lost => return Ok(AtDeadline::NotRequired),
            CaseState::Restored | CaseState::Reactivated => {
                // Another invocation was faster; or it is deleted again, which the sweep sees to.
                let seen = self.authorities.describe(&ca.arn).await;
                let seen = seen.map_err(AutoRestoreError::Describe)?;
                if seen.ca.status != CaStatus::Deleted {
                    return Ok(AtDeadline::ended(&case));
                }
                // The case is closed, and says what is no longer so, or never was.
                if !case.is_closed() {
                    return Ok(AtDeadline::NotRequired);
                }
                case.reopen(Source::Sweep, Deletion::without_event(ca, now), now)
                    .map_err(AutoRestoreError::Record)?;
            }
        }
        // The next sweep asks again, if there is one before the end.
        let retry_until_known =
            if until - now > TIME_TO_REPEAT { RetryUntilKnown::Yes } else { RetryUntilKnown::No };
        let gathered =
            gather::gather(self, &ca.arn, &case.occasion(), now, retry_until_known).await;
        let mut gathered = gathered?;
        gathered.recall_approval(&case, &self.settings.approvers);
        let refused_approval =
            self.refused_approval(&gathered, case.deletion(), call, retry_until_known).await?;
        let is_approved = refused_approval.is_none();
        let required = self.must_restore(&gathered, case.deletion(), call, is_approved).await;
        let Some((policies, request)) = required else {
            return Ok(AtDeadline::NotRequired);
        };
        if self.settings.mode.observes() {
            return Ok(AtDeadline::Withheld { policies });
        }
        let observation = match self.authorities.describe(&ca.arn).await {
            Ok(seen) => Observation::Ca(Box::new(seen)),
            Err(PortError::NotFound { .. }) => Observation::Gone { as_of: now },
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        };
        let overruled = Act::Overruled { policies, request, refused_approval };
        case.add(now, overruled).map_err(AutoRestoreError::Record)?;
        // Once the CA is back, only this leads a sweep to a case whose maker was cut short.
        let noted = limit::note(self.evidence, &ca.arn, &case.occasion(), now).await;
        // Without it the CA is restored all the same, when no other invocation follows.
        if let Err(error) = noted
            && until - now > TIME_TO_REPEAT
        {
            return Err(error);
        }
        let case = CaseRunner::new(self, case, etag, observation).run().await?;
        Ok(AtDeadline::ended(&case))
    }

    /// Why the approval of a single group does not count at the end, where the CA stays DELETED because of it: the
    /// event history does not name another caller. The event that the deletion was judged by may be made up.
    async fn refused_approval(
        &self,
        gathered: &Gathered,
        claimed: &Deletion,
        call: LastCall<'_>,
        retry_until_known: RetryUntilKnown,
    ) -> Result<Option<String>, AutoRestoreError> {
        let LastCall { ca, now, .. } = call;
        let Some(approval) = gathered.approval_of_one_group() else { return Ok(None) };
        let unknown = claimed.by_unknown(ca);
        let is_required = |deletion: &Deletion, is_approved: bool| {
            ask(gathered, deletion, call, is_approved).is_some()
        };
        if is_required(claimed, true)
            || !(is_required(claimed, false) || is_required(&unknown, false))
        {
            return Ok(None);
        }
        let refused = self.refused_deleter(approval, ca, now, retry_until_known).await?;
        Ok(refused.map(|why| format!("{}: {why}", keys::approval(&ca.arn))))
    }

    /// The policies that restore the CA, and what they were asked. A CA stays DELETED because of its deleter
    /// only if CloudTrail recorded that deleter.
    async fn must_restore(
        &self,
        gathered: &Gathered,
        claimed: &Deletion,
        call: LastCall<'_>,
        is_approved: bool,
    ) -> Option<(Vec<String>, Value)> {
        if let Some(answer) = ask(gathered, claimed, call, is_approved) {
            return Some(answer);
        }
        let of_unknown = ask(gathered, &claimed.by_unknown(call.ca), call, is_approved)?;
        match self.proof(claimed).await {
            Proof::Recorded(recorded) => ask(gathered, &recorded, call, is_approved),
            _ => Some(of_unknown),
        }
    }

    /// What cannot be read at the last moment counts as absent, for whatever reason.
    async fn find_at_deadline(
        &self,
        ca: &Ca,
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(RecordSlot, Recorded), AutoRestoreError> {
        match self.find(&ca.arn, until, true, now).await {
            Err(error) if until - now <= TIME_TO_REPEAT => {
                let slot = RecordSlot { copy: 2, over: None, passed_over: vec![chain(&error)] };
                Ok((slot, Recorded::Absent))
            }
            found => found,
        }
    }
}

/// The policies that restore the CA, and what they were asked. `is_approved`: an approval counts, if there is one.
fn ask(
    gathered: &Gathered,
    deletion: &Deletion,
    call: LastCall<'_>,
    is_approved: bool,
) -> Option<(Vec<String>, Value)> {
    let LastCall { ca, acknowledged, .. } = call;
    let facts = gathered.facts(deletion, ca);
    let facts = if is_approved { facts } else { Facts { approval: None, ..facts } };
    match policy::must_restore_at_deadline(&gathered.policies, &facts, acknowledged) {
        PolicyAnswer::Granted { policies } => {
            let question = Question::Deadline { acknowledged };
            Some((policies, policy::request_json(&facts, question)))
        }
        PolicyAnswer::Denied { .. } => None,
    }
}
