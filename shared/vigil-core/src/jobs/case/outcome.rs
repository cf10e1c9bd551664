//! What an invocation did, and if nothing, why: the result that Lambda shows.

use serde::Serialize;
use time::OffsetDateTime;

use super::{act::Act, machine::CaseState, record::Case};
use crate::{arn::CaArn, policy::Verdict};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A case is closed, as it was or by this invocation.
    Case(CaseOutcome),
    /// This delivery of the event changed nothing: the case is closed.
    Duplicate { ca: CaArn, case: String },
    /// Another principal restored the CA before this event arrived.
    NotDeleted { ca: CaArn, status: String },
    /// The event of a disabling; `recorded`: whether it changed the record of the CA.
    DisablingRecorded {
        ca: CaArn,
        #[serde(with = "time::serde::rfc3339")]
        disabled_at: OffsetDateTime,
        recorded: bool,
    },
    /// The event tells of a call that was refused, or that disabled nothing.
    NothingDone { reason: String },
    /// The CA was restored and deleted anew; that deletion has its own event.
    Superseded {
        ca: CaArn,
        #[serde(with = "time::serde::rfc3339")]
        deleted_again_at: OffsetDateTime,
    },
    /// `deleted`: the deleted CAs, and those whose case was still open.
    Swept {
        /// Those that answered.
        regions: Vec<String>,
        #[serde(with = "time::serde::rfc3339")]
        as_of: OffsetDateTime,
        /// CAs of all states.
        seen: usize,
        deleted: Vec<Swept>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseOutcome {
    pub ca: CaArn,
    pub case: String,
    pub state: CaseState,
    /// To which a CA came back.
    pub status: Option<String>,
    pub policies: Vec<String>,
    pub errors: Vec<String>,
    pub findings: Vec<String>,
    /// Why a restored CA was left as it is.
    pub service: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Swept {
    pub ca: CaArn,
    #[serde(flatten)]
    pub result: SweepResult,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum SweepResult {
    Closed {
        state: CaseState,
    },
    /// Deleted so lately that its event may be on its way.
    EventAwaited,
    /// Another invocation is at it, or was until a moment ago.
    InHand {
        state: CaseState,
    },
    /// The service gives no RestorableUntil.
    NoWindow,
    Run {
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
