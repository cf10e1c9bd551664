//! Undoes the deletion of a CA that no policy permitted.
//!
//! Gather, decide, act, and all of it safe to repeat: what was decided is written down before
//! anything is done (state `judged`), and marked when everything is done and told (state `closed`).
//! Whatever happens in between, the next delivery of the event finds the judgement and carries it
//! out again. Restoring a CA that is back already changes nothing, and findings have stable ids.

use serde_json::Value;

use crate::{
    ca::CaStatus,
    cloudtrail::{self, Deletion, Refusal},
    finding::Finding,
    policy::{self, Facts, Verdict},
    ports::{Authorities, Bus, Creation, Described, Etag, Ledger, PortError, Replacement},
};

mod announce;
mod case;
mod error;
mod gather;
mod outcome;
mod standing;

pub use case::{Case, Ending, Judgement, State};
pub use error::AutoRestoreError;
pub use outcome::Outcome;

use case::Recorded;
use standing::Standing;

/// Takes one delivery of a deletion's event through to its end.
pub async fn run<A: Authorities, L: Ledger, B: Bus>(
    event: &Value,
    authorities: &A,
    ledger: &L,
    bus: &B,
) -> Result<Outcome, AutoRestoreError> {
    let deletion = match cloudtrail::deletion(event) {
        Ok(deletion) => deletion,
        Err(refusal @ Refusal::FailedCall { .. }) => {
            return Ok(Outcome::NothingDeleted { reason: refusal.to_string() });
        }
        Err(refusal) => return Err(AutoRestoreError::Event(refusal)),
    };
    let key = case::key(&deletion);
    Job { authorities, ledger, bus, deletion, key }.run().await
}

struct Job<'a, A, L, B> {
    authorities: &'a A,
    ledger: &'a L,
    bus: &'a B,
    deletion: Deletion,
    key: String,
}

impl<A: Authorities, L: Ledger, B: Bus> Job<'_, A, L, B> {
    async fn run(&self) -> Result<Outcome, AutoRestoreError> {
        let recorded = self.recorded().await?;
        if matches!(recorded, Recorded::Closed) {
            return Ok(self.duplicate());
        }
        let seen = match self.authorities.describe(&self.deletion.ca).await {
            Ok(seen) => seen,
            Err(PortError::NotFound { .. }) => return self.gone(recorded).await,
            Err(cause) => return Err(AutoRestoreError::Describe(cause)),
        };
        let standing = standing::of(&self.deletion, &seen.ca);
        let (case, etag) = match recorded {
            Recorded::Open(case, etag) => (*case, etag),
            Recorded::Closed => return Ok(self.duplicate()),
            undecided @ (Recorded::Absent | Recorded::Unreadable(_)) => {
                if let Some(outcome) = self.moot(standing, &seen.ca.status) {
                    return Ok(outcome);
                }
                match self.judge(&seen, undecided.etag()).await? {
                    Some(open) => open,
                    None => return Ok(self.duplicate()),
                }
            }
        };
        let ending = self.carry_out(&case, standing, &seen).await?;
        self.close(case, &etag, ending, &seen).await
    }

    fn duplicate(&self) -> Outcome {
        Outcome::Duplicate { ca: self.deletion.ca.clone(), case: self.key.clone() }
    }

    /// Nothing has been decided yet; here nothing needs to be.
    fn moot(&self, standing: Standing, status: &CaStatus) -> Option<Outcome> {
        let ca = self.deletion.ca.clone();
        match standing {
            Standing::Deleted => None,
            Standing::DeletedAgain { at } => Some(Outcome::Superseded { ca, deleted_again_at: at }),
            Standing::NotDeleted => Some(Outcome::NotDeleted { ca, status: status.to_string() }),
        }
    }

    /// Gathers, decides, and writes the judgement down. `None`: somebody else has closed the case
    /// in the meantime.
    async fn judge(
        &self,
        seen: &Described,
        over: Option<&Etag>,
    ) -> Result<Option<(Case, Etag)>, AutoRestoreError> {
        let gathered = gather::gather(self.authorities, self.ledger, &self.deletion.ca).await;
        let facts = Facts {
            deletion: &self.deletion,
            ca: &seen.ca,
            approval: gathered.approval.as_ref(),
            tags: gathered.tags.as_ref(),
        };
        let judgement = Judgement {
            at: seen.as_of,
            verdict: policy::judge(&gathered.policies, &facts),
            policy_files: gathered.policy_files.clone(),
            policy_problem: gathered.policy_problem.clone(),
            unknown: gathered.unknown.clone(),
            request: policy::entities_json(&facts),
            ca: serde_json::to_value(&seen.ca).map_err(AutoRestoreError::Write)?,
        };
        let case = Case::judged(self.deletion.clone(), judgement);
        match self.write(&case, over).await? {
            Some(etag) => Ok(Some((case, etag))),
            // Another delivery of the same event was faster: its judgement holds.
            None => match self.recorded().await? {
                Recorded::Open(case, etag) => Ok(Some((*case, etag))),
                Recorded::Closed => Ok(None),
                Recorded::Absent | Recorded::Unreadable(_) => {
                    Err(AutoRestoreError::Contended { key: self.key.clone() })
                }
            },
        }
    }

    async fn carry_out(
        &self,
        case: &Case,
        standing: Standing,
        seen: &Described,
    ) -> Result<Ending, AutoRestoreError> {
        let verdict = case.judgement.as_ref().map(|judgement| &judgement.verdict);
        match (verdict, standing) {
            (_, Standing::DeletedAgain { at }) => Ok(Ending::Superseded { deleted_again_at: at }),
            (_, Standing::NotDeleted) => {
                // Ours from an attempt that was cut short, another delivery's, or somebody's.
                Ok(Ending::restored(seen.as_of, &seen.ca))
            }
            (Some(Verdict::Stand { .. }), Standing::Deleted) => {
                Ok(Ending::Stood { restorable_until: seen.ca.restorable_until })
            }
            (Some(Verdict::Restore { .. }) | None, Standing::Deleted) => {
                self.restore(case, seen).await
            }
        }
    }

    async fn restore(&self, case: &Case, seen: &Described) -> Result<Ending, AutoRestoreError> {
        let ca = &self.deletion.ca;
        match self.authorities.restore(ca).await {
            // InvalidState: it is no longer DELETED; describing it tells.
            Ok(_) | Err(PortError::InvalidState { .. }) => {}
            Err(PortError::NotFound { .. }) => return Ok(Ending::Gone { at: seen.as_of }),
            Err(cause @ PortError::Denied { .. }) => {
                let finding = announce::refused(case, &seen.ca, seen.as_of);
                let unpublished = self.bus.publish(&[finding]).await.err().map(Box::new);
                return Err(AutoRestoreError::Refused { cause, unpublished });
            }
            Err(cause) => return Err(AutoRestoreError::Restore(cause)),
        }
        let after = self.authorities.describe(ca).await.map_err(AutoRestoreError::Verify)?;
        if after.ca.status == CaStatus::Deleted {
            return Err(AutoRestoreError::StillDeleted { ca: ca.clone() });
        }
        Ok(Ending::restored(after.as_of, &after.ca))
    }

    /// Tells first and closes then: a crash in between tells the same findings again, where the
    /// other order would lose them.
    async fn close(
        &self,
        case: Case,
        etag: &Etag,
        ending: Ending,
        seen: &Described,
    ) -> Result<Outcome, AutoRestoreError> {
        let findings = announce::findings(&case, &ending, Some(&seen.ca), seen.as_of);
        self.publish(&findings).await?;
        let closed = case.closed(ending.clone(), &findings);
        match self.write(&closed, Some(etag)).await? {
            Some(_) => Ok(Outcome::of(&self.deletion.ca, &self.key, &closed, ending)),
            None => Ok(self.duplicate()),
        }
    }

    /// The CA is not there any more. A list confirms it and dates it; there is nothing to judge.
    async fn gone(&self, recorded: Recorded) -> Result<Outcome, AutoRestoreError> {
        let listing = self.authorities.list().await.map_err(AutoRestoreError::List)?;
        let ca = &self.deletion.ca;
        if listing.cas.iter().any(|listed| listed.arn == *ca) {
            return Err(AutoRestoreError::Inconsistent { ca: ca.clone() });
        }
        let ending = Ending::Gone { at: listing.as_of };
        let unjudged = || Case::unjudged(self.deletion.clone());
        let (case, over) = match recorded {
            Recorded::Open(case, etag) => (*case, Some(etag)),
            Recorded::Unreadable(etag) => (unjudged(), Some(etag)),
            Recorded::Absent | Recorded::Closed => (unjudged(), None),
        };
        let findings = announce::findings(&case, &ending, None, listing.as_of);
        self.publish(&findings).await?;
        let closed = case.closed(ending.clone(), &findings);
        match self.write(&closed, over.as_ref()).await? {
            Some(_) => Ok(Outcome::of(ca, &self.key, &closed, ending)),
            None => Ok(self.duplicate()),
        }
    }

    async fn publish(&self, findings: &[Finding]) -> Result<(), AutoRestoreError> {
        if findings.is_empty() {
            return Ok(());
        }
        self.bus.publish(findings).await.map_err(AutoRestoreError::Publish)
    }

    async fn recorded(&self) -> Result<Recorded, AutoRestoreError> {
        let entry = self.ledger.read(&self.key).await.map_err(AutoRestoreError::Ledger)?;
        Ok(Recorded::from_entry(entry))
    }

    /// Writes where there is nothing, or over what was read. `None`: somebody else was faster.
    async fn write(
        &self,
        case: &Case,
        over: Option<&Etag>,
    ) -> Result<Option<Etag>, AutoRestoreError> {
        let body = case.to_json().map_err(AutoRestoreError::Write)?;
        let Some(seen) = over else {
            let created = self.ledger.create(&self.key, body).await;
            return match created.map_err(AutoRestoreError::Ledger)? {
                Creation::Created(etag) => Ok(Some(etag)),
                Creation::AlreadyExists => Ok(None),
            };
        };
        let replaced = self.ledger.replace(&self.key, body, seen).await;
        match replaced.map_err(AutoRestoreError::Ledger)? {
            Replacement::Replaced(etag) => Ok(Some(etag)),
            Replacement::Changed => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
