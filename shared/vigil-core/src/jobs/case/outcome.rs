//! What an invocation did, and if nothing, why: the result that Lambda shows.

use serde::Serialize;
use time::OffsetDateTime;

use super::{act::Act, machine::CaseState, record::Case};
use crate::{arn::CaArn, policy::Verdict};

/// What one invocation of auto-restore did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A case is closed, as it was or by this invocation.
    Case(CaseOutcome),
    /// This delivery of the event changed nothing: the case is closed.
    Duplicate {
        /// The CA of the event.
        ca: CaArn,
        /// The case's key in the evidence bucket.
        case: String,
    },
    /// Another principal restored the CA before this event arrived.
    NotDeleted {
        /// The CA of the event.
        ca: CaArn,
        /// The status that it has.
        status: String,
    },
    /// The event of a disabling; `recorded`: whether it changed the record of the CA.
    DisablingRecorded {
        /// The CA that was disabled.
        ca: CaArn,
        /// When.
        #[serde(with = "crate::instant::text")]
        disabled_at: OffsetDateTime,
        /// The record of the CA was changed.
        recorded: bool,
    },
    /// The event of a change to a CA's policy, permissions or tags; `recorded`: whether its snapshot changed.
    AttachmentsFollowed {
        /// The CA that was changed.
        ca: CaArn,
        /// When.
        #[serde(with = "crate::instant::text")]
        changed_at: OffsetDateTime,
        /// The snapshot of the CA was changed.
        recorded: bool,
    },
    /// The event records a call that was refused, or that disabled nothing.
    NothingDone {
        /// Why.
        reason: String,
    },
    /// The CA was restored and deleted anew; that deletion has its own event.
    Superseded {
        /// The CA of the event.
        ca: CaArn,
        /// When it was deleted anew.
        #[serde(with = "crate::instant::text")]
        deleted_again_at: OffsetDateTime,
    },
    /// `deleted`: the deleted CAs, and those whose case was still open.
    Swept {
        /// Those that answered.
        regions: Vec<String>,
        /// The latest time that a Region gave.
        #[serde(with = "crate::instant::text")]
        as_of: OffsetDateTime,
        /// CAs of all states.
        seen: usize,
        /// What became of each.
        deleted: Vec<Swept>,
    },
}

/// How one case stands after the invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseOutcome {
    /// The CA that was deleted.
    pub ca: CaArn,
    /// The key of its record in the evidence bucket.
    pub case: String,
    /// The state of the case.
    pub state: CaseState,
    /// To which a CA came back.
    pub status: Option<String>,
    /// The policies that decided.
    pub policies: Vec<String>,
    /// Policies that could not be evaluated, and why.
    pub errors: Vec<String>,
    /// Ids of the findings that were published.
    pub findings: Vec<String>,
    /// Why a restored CA was left as it is.
    pub service: Option<String>,
}

/// What a sweep did about one CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// The CA.
    pub ca: CaArn,
    /// What was done.
    #[serde(flatten)]
    pub result: SweepResult,
}

/// What a sweep did about one CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum SweepResult {
    /// Nothing: its case is closed.
    Closed {
        /// How it ended.
        state: CaseState,
    },
    /// Deleted so lately that its event may be on its way.
    EventAwaited,
    /// Another invocation works on the case, or did until a moment ago.
    InHand {
        /// The state as the record has it.
        state: CaseState,
    },
    /// The service gives no RestorableUntil.
    NoWindow,
    /// The case was run.
    Run {
        /// With this result.
        outcome: Box<Outcome>,
    },
}

impl Outcome {
    pub(in crate::jobs) fn of(case: &Case) -> Self {
        let verdict = case.judgement().map(|judgement| &judgement.verdict);
        let policies = verdict.map_or(&[][..], Verdict::policies).to_vec();
        let errors = verdict.map_or(&[][..], Verdict::errors).to_vec();
        let status = case.entries().iter().rev().find_map(|entry| match &entry.act {
            Act::Reactivated { .. } => Some("ACTIVE".to_owned()),
            Act::Restored { status, .. } => Some(status.clone()),
            _ => None,
        });
        let (findings, service) = case.last_published().unwrap_or_default();
        Self::Case(CaseOutcome {
            ca: case.ca().clone(),
            case: case.key(),
            state: case.state(),
            status,
            policies,
            errors,
            findings: findings.to_vec(),
            service: service.map(str::to_owned),
        })
    }
}
