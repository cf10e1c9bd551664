//! Judges a deletion by what is known of it.

use super::{CaseRunner, TIME_TO_DECIDE, TIME_TO_RETRY};
use crate::{
    ca::Ca,
    cloudtrail::Deletion,
    jobs::case::{
        AutoRestoreError,
        act::{Act, Judgement},
        deleter::Proof,
        gather::{self, Gathered, RetryUntilKnown},
    },
    policy::{self, Question, Verdict},
};

/// Whether a verdict is on record, or waits for CloudTrail's event history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    Now,
    Later,
}

/// A verdict, and the deletion that it is about.
struct Ruled {
    verdict: Verdict,
    deletion: Deletion,
    unknown: Option<String>,
    contradiction: Option<String>,
}

impl CaseRunner<'_> {
    pub(super) async fn judge(&mut self) -> Result<Judged, AutoRestoreError> {
        let Some(ca) = self.observation.ca().cloned() else { return Ok(Judged::Now) };
        self.gather(&ca).await?;
        let Some(gathered) = &self.gathered else { return Ok(Judged::Now) };
        let Some(ruled) = self.rule(gathered, &ca).await else { return Ok(Judged::Later) };
        let facts = gathered.facts(&ruled.deletion, &ca);
        let mut suspicious = gathered.suspicious.clone();
        suspicious.extend(gathered.refused_approval(self.case.deletion(), &ca));
        let mut unknown = gathered.unknown.clone();
        unknown.extend(ruled.unknown);
        let judgement = Judgement {
            restore_first: self.is_short() && matches!(ruled.verdict, Verdict::Ask { .. }),
            verdict: ruled.verdict,
            policy_files: gathered.policy_files.clone(),
            policy_problem: gathered.policy_problem.clone(),
            unknown,
            suspicious,
            request: policy::request_json(&facts, Question::Deletion),
            ca: serde_json::to_value(&ca).map_err(AutoRestoreError::Write)?,
            impact: gathered.impact.clone(),
            contradiction: ruled.contradiction,
        };
        self.add(Act::Judged { judgement: Box::new(judgement) })?;
        Ok(Judged::Now)
    }

    /// The verdict. `None`: it depends on who deleted the CA, and CloudTrail may not have recorded that yet.
    ///
    /// An event may make the verdict stricter than that on an unknown caller. It makes it milder only if the
    /// event history has the event.
    async fn rule(&self, gathered: &Gathered, ca: &Ca) -> Option<Ruled> {
        let claimed = self.case.deletion();
        let judge = |deletion: &Deletion| {
            let facts = gathered.facts(deletion, ca);
            policy::judge(&gathered.policies, &facts)
        };
        let ruled =
            |verdict, deletion| Ruled { verdict, deletion, unknown: None, contradiction: None };
        if let Some(why) = self.case.contradiction() {
            return Some(contradicted(claimed, why));
        }
        let verdict = judge(claimed);
        let unknown = claimed.by_unknown(ca);
        let on_unknown = judge(&unknown);
        if self.mildness(&verdict) <= self.mildness(&on_unknown) {
            return Some(ruled(verdict, claimed.clone()));
        }
        let why = match self.run_in.proof(claimed).await {
            Proof::Recorded(recorded) => return Some(ruled(judge(&recorded), *recorded)),
            Proof::Contradicted(why) => return Some(contradicted(claimed, why)),
            Proof::NotRecorded if self.may_be_recorded_later(ca) => return None,
            Proof::Unasked { is_lasting: false, .. } if self.may_be_recorded_later(ca) => {
                return None;
            }
            Proof::NotRecorded => "CloudTrail's event history does not have the event".to_owned(),
            Proof::Unasked { why, .. } => why,
        };
        let unknown_caller = Some(format!("who deleted the CA: {why}"));
        Some(Ruled { unknown: unknown_caller, ..ruled(on_unknown, unknown) })
    }

    /// How far the CA is left as it is.
    fn mildness(&self, verdict: &Verdict) -> u8 {
        match verdict {
            Verdict::Restore { .. } => 0,
            Verdict::Ask { .. } if self.is_short() => 0,
            Verdict::Ask { .. } => 1,
            Verdict::Permit { .. } => 2,
        }
    }

    /// Whether a CA that an operator decides about is restored first.
    fn is_short(&self) -> bool {
        self.case.until() - self.observation.as_of() < TIME_TO_DECIDE
    }

    /// A record takes some minutes to appear. The sweep asks again.
    fn may_be_recorded_later(&self, ca: &Ca) -> bool {
        let since = ca.last_state_change_at.unwrap_or_else(|| self.case.deletion().at);
        self.observation.as_of() - since < self.run_in.settings.settle
    }

    pub(super) async fn gather(&mut self, ca: &Ca) -> Result<(), AutoRestoreError> {
        if self.gathered.is_none() {
            let (occasion, as_of) = (self.case.occasion(), self.observation.as_of());
            let is_fresh = as_of - self.case.deletion().at < TIME_TO_RETRY;
            let retry_until_known =
                if is_fresh { RetryUntilKnown::Yes } else { RetryUntilKnown::No };
            let gathered =
                gather::gather(self.run_in, &ca.arn, &occasion, as_of, retry_until_known).await;
            self.gathered = Some(gathered?);
        }
        Ok(())
    }
}

/// Two events of one deletion: one may be made up, and it is not known which. The CA is restored.
fn contradicted(deletion: &Deletion, why: String) -> Ruled {
    let verdict = Verdict::Restore { policies: Vec::new(), errors: Vec::new() };
    let (deletion, contradiction) = (deletion.clone(), Some(why));
    Ruled { verdict, deletion, unknown: None, contradiction }
}
