//! What the record of a case is made of: one act after another, each with what was known of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::machine::{Move, Ruling};
use crate::{
    cloudtrail::{Deletion, Principal},
    policy::Verdict,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    Seen {
        source: Source,
        deletion: Box<Deletion>,
        #[serde(with = "time::serde::rfc3339")]
        restorable_until: OffsetDateTime,
        /// There was an object at the case's key, but not a case that holds together: it was
        /// judged anew and written over. The bucket keeps the old version.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        over_unreadable: bool,
    },
    /// The event has come after all.
    Joined {
        deletion: Box<Deletion>,
    },
    Judged {
        judgement: Box<Judgement>,
    },
    /// `earlier`: the cases for which this CA was restored within the day before.
    Restoring {
        earlier: Vec<String>,
    },
    /// The service refused to restore. Told at once; every sweep tries again.
    Refused {
        cause: String,
    },
    Restored {
        /// To which the CA came back.
        status: String,
        by: Restorer,
        request_id: Option<String>,
        #[serde(with = "time::serde::rfc3339::option")]
        deleted_again_at: Option<OffsetDateTime>,
    },
    /// The CA is to be made ACTIVE, as it was until it was disabled.
    Reactivating {
        #[serde(with = "time::serde::rfc3339")]
        disabled_at: OffsetDateTime,
        disabled_by: Option<Box<Principal>>,
        /// The policies that permit it.
        policies: Vec<String>,
    },
    /// `request_id`: of our call; absent where the attempt that made it was cut short.
    Reactivated {
        request_id: Option<String>,
    },
    Stood {
        #[serde(with = "time::serde::rfc3339::option")]
        restorable_until: Option<OffsetDateTime>,
    },
    Escalated {
        earlier: Vec<String>,
    },
    Lost,
    /// `findings`: their ids. `service`: why a restored CA was left as it is.
    Told {
        findings: Vec<String>,
        service: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// CloudTrail's record of the deletion.
    Event,
    /// The deleted CA, whose event had not come.
    Sweep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restorer {
    /// Somebody, or an attempt of ours that was cut short.
    Another,
    Vigil,
}

/// What was known and what was decided on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The keys of the policies that decided; empty: the built-in ones.
    pub policy_files: Vec<String>,
    /// Why the policies of the evidence bucket did not decide.
    pub policy_problem: Option<String>,
    /// Facts that could not be had, and why.
    pub unknown: Vec<String>,
    /// Cedar's request: principal, action, resource, entities and context.
    pub request: Value,
    /// The CA as it was described.
    pub ca: Value,
}

impl Act {
    pub(super) fn made(&self) -> Move {
        match self {
            Self::Seen { .. } => Move::See,
            Self::Joined { .. } => Move::Join,
            Self::Judged { judgement } => Move::Judge(judgement.ruling()),
            Self::Restoring { .. } => Move::BeginRestoring,
            Self::Refused { .. } => Move::Refuse,
            Self::Restored { .. } => Move::Restore,
            Self::Reactivating { .. } => Move::BeginReactivating,
            Self::Reactivated { .. } => Move::Reactivate,
            Self::Stood { .. } => Move::Stand,
            Self::Escalated { .. } => Move::Escalate,
            Self::Lost => Move::Lose,
            Self::Told { .. } => Move::Tell,
        }
    }

    /// Whether something was decided that must be on record before anything is done about it.
    pub(super) fn is_decision(&self) -> bool {
        match self {
            Self::Joined { .. }
            | Self::Judged { .. }
            | Self::Restoring { .. }
            | Self::Reactivating { .. }
            | Self::Escalated { .. }
            | Self::Stood { .. } => true,
            Self::Seen { .. }
            | Self::Refused { .. }
            | Self::Restored { .. }
            | Self::Reactivated { .. }
            | Self::Lost
            | Self::Told { .. } => false,
        }
    }
}

impl Judgement {
    fn ruling(&self) -> Ruling {
        match self.verdict {
            Verdict::Restore { .. } => Ruling::Restore,
            Verdict::Stand { .. } => Ruling::Stand,
        }
    }
}
