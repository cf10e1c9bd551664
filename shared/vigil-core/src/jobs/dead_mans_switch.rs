//! The dead man's switch: shortly before the window of a deleted CA ends, policy can require its
//! restoration, whatever was decided before.

use time::{Duration, OffsetDateTime};

use super::case::{
    AutoRestoreError, Outcome, Ports, RegionRun, Settings, TRIES,
    act::Act,
    gather::{self, RetryUntilKnown},
    limit,
    machine::CaseState,
    record::Recorded,
    runner::{CaseRunner, Observation},
};
use crate::{
    ca::{Ca, CaStatus},
    evidence::keys,
    policy::{self, Permission, Question},
    ports::{PortError, RegionPorts},
};

/// With so much left of a window, an invocation that fails has its repetitions, and the next sweep.
const TIME_TO_REPEAT: Duration = Duration::minutes(20);

/// A CA whose last threshold has passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastCall<'a> {
    pub(super) ca: &'a Ca,
    pub(super) until: OffsetDateTime,
    /// Whether a valid acknowledgement of the deletion exists.
    pub(super) acknowledged: bool,
    pub(super) now: OffsetDateTime,
}

/// Restores the CA if policy requires it. `None`: policy does not.
pub(super) async fn run(
    call: LastCall<'_>,
    region: RegionPorts<'_>,
    ports: &Ports<'_>,
    settings: &Settings,
) -> Result<Option<Outcome>, AutoRestoreError> {
    RegionRun::new(region, ports, settings).at_deadline(call).await
}

impl RegionRun<'_> {
    pub(super) async fn at_deadline(
        &self,
        call: LastCall<'_>,
    ) -> Result<Option<Outcome>, AutoRestoreError> {
        let mut tries = 1;
        loop {
            match self.at_deadline_once(call).await {
                Err(AutoRestoreError::Contended { .. }) if tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    async fn at_deadline_once(
        &self,
        call: LastCall<'_>,
    ) -> Result<Option<Outcome>, AutoRestoreError> {
        let LastCall { ca, until, acknowledged, now } = call;
        let (mut case, etag) = match self.recorded(&keys::case(&ca.arn, until)).await? {
            Recorded::Absent => (self.open(ca, now, false)?, None),
            Recorded::Unreadable(etag) => (self.open(ca, now, true)?, Some(etag)),
            Recorded::Case(case, etag) => (*case, Some(etag)),
        };
        match case.state() {
            CaseState::Seen
            | CaseState::Judged
            | CaseState::Restoring
            | CaseState::Permitted
            | CaseState::Escalated => {}
            CaseState::Lost => return Ok(None),
            CaseState::Restored | CaseState::Reactivated => {
                // Somebody was faster; or it is deleted again, which the sweep sees to.
                let seen = self.authorities.describe(&ca.arn).await;
                let seen = seen.map_err(AutoRestoreError::Describe)?;
                let is_back = seen.ca.status != CaStatus::Deleted;
                return Ok(is_back.then(|| Outcome::of(&case)));
            }
        }
        // The next sweep asks again, if there is one before the end.
        let retry_until_known =
            if until - now > TIME_TO_REPEAT { RetryUntilKnown::Yes } else { RetryUntilKnown::No };
        let gathered =
            gather::gather(self.evidence, &ca.arn, &case.occasion(), now, retry_until_known).await;
        let mut gathered = gathered?;
        gathered.recall_approval(&case);
        let facts = gathered.facts(case.deletion(), ca);
        let answer = policy::must_restore_at_deadline(&gathered.policies, &facts, acknowledged);
        let Permission::Granted { policies } = answer else { return Ok(None) };
        let request = policy::request_json(&facts, Question::Deadline { acknowledged });
        let observation = match self.authorities.describe(&ca.arn).await {
            Ok(seen) => Observation::Ca(Box::new(seen)),
            Err(PortError::NotFound { .. }) => Observation::Gone { as_of: now },
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        };
        let overruled = Act::Overruled { policies, request };
        case.add(now, overruled).map_err(AutoRestoreError::Record)?;
        // Once the CA is back, only this leads a sweep to a case whose maker was cut short.
        limit::note(self.evidence, &ca.arn, &case.occasion(), now).await?;
        let case = CaseRunner::new(self, case, etag, observation).run().await?;
        Ok(Some(Outcome::of(&case)))
    }
}
