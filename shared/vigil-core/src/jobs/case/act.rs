//! What the record of a case is made of: one act after another, each with what was known of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::machine::{Move, Ruling};
use crate::{
    cloudtrail::{Deletion, Principal},
    impact::Impact,
    policy::Verdict,
    snapshot::Missing,
};

/// One entry of a case's record: what was learnt, decided or done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// A deletion is known, and the record begins.
    Seen {
        /// How it became known.
        source: Source,
        /// The deletion.
        deletion: Box<Deletion>,
        /// When the window ends.
        #[serde(with = "crate::instant::text")]
        #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
        restorable_until: OffsetDateTime,
        /// There was an object at the case's key, but not a case that holds together: it was
        /// judged anew and written over. The bucket keeps the old version.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        over_unreadable: bool,
        /// What could be neither read nor replaced at the keys before this record's.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed_over: Vec<String>,
    },
    /// The event has come after all.
    Joined {
        /// The deletion as the event describes it.
        deletion: Box<Deletion>,
    },
    /// The policies were asked.
    Judged {
        /// What was known, and what they say.
        judgement: Box<Judgement>,
    },
    /// `earlier`: the cases for which this CA was restored within the day before.
    Restoring {
        /// Keys of those cases.
        earlier: Vec<String>,
        /// Why this restoration is not among the CA's counted ones.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uncounted: Option<String>,
    },
    /// The window is about to end, and policy has the CA restored whatever was decided before: the
    /// dead man's switch.
    Overruled {
        /// The policies that say so.
        policies: Vec<String>,
        /// Cedar's request, as in a judgement.
        request: Value,
        /// An approval that did not count at the end, and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused_approval: Option<String>,
    },
    /// What the CA had before, and has not now, is put back.
    PuttingBack {
        /// When the CA had it.
        #[serde(with = "crate::instant::text")]
        #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
        snapshot_at: OffsetDateTime,
        /// What is put back.
        missing: Box<Missing>,
    },
    /// `request_ids`: of our calls; none where they were made by an attempt that was cut short.
    PutBack {
        /// AWS's request ids.
        request_ids: Vec<String>,
    },
    /// The service refused to restore. Published at once; every sweep tries again.
    Refused {
        /// The error, with its causes.
        cause: String,
    },
    /// The CA is no longer DELETED.
    Restored {
        /// To which the CA came back.
        status: String,
        /// Who restored it.
        by: Restorer,
        /// AWS's request id, if Vigil restored it.
        request_id: Option<String>,
        /// When it was deleted again, if it is.
        #[serde(with = "crate::instant::text::option")]
        #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
        deleted_again_at: Option<OffsetDateTime>,
    },
    /// The CA is to be made ACTIVE, as it was until it was disabled.
    Reactivating {
        /// When it was disabled.
        #[serde(with = "crate::instant::text")]
        #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
        disabled_at: OffsetDateTime,
        /// Who disabled it, where CloudTrail says so.
        disabled_by: Option<Box<Principal>>,
        /// The policies that permit it.
        policies: Vec<String>,
        /// Cedar's request, as in a judgement. Records of before do not have it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        request: Value,
    },
    /// `request_id`: of our call; absent where the attempt that made it was cut short.
    Reactivated {
        /// AWS's request id.
        request_id: Option<String>,
    },
    /// A policy permits the deletion: the CA stays DELETED.
    Permitted {
        /// When the window ends.
        #[serde(with = "crate::instant::text::option")]
        #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
        restorable_until: Option<OffsetDateTime>,
    },
    /// `asked`: because policy says so, and not because of `earlier` restorations.
    Escalated {
        /// Keys of the cases of those restorations.
        earlier: Vec<String>,
        /// A policy asks for a human decision.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asked: bool,
    },
    /// The CA would be restored, and Vigil observes only: an operator decides.
    Withheld,
    /// The window has ended, and the CA with it.
    Lost,
    /// The CA has signed a CRL since it was restored: it works.
    FirstCrl {
        /// thisUpdate of that CRL.
        #[serde(with = "crate::instant::text")]
        #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
        this_update: OffsetDateTime,
    },
    /// The next CRL is overdue. `last`: of the newest that crl-audit has seen, where it looks.
    Unverified {
        /// Its thisUpdate.
        #[serde(with = "crate::instant::text::option")]
        #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
        last: Option<OffsetDateTime>,
    },
    /// `findings`: their ids. `service`: why a restored CA was left as it is.
    Published {
        /// Ids of the findings.
        findings: Vec<String>,
        /// Why the CA stays DISABLED.
        service: Option<String>,
        /// What could not be put back, and why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_put_back: Option<String>,
    },
}

/// How a deletion became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// CloudTrail's record of the deletion, as EventBridge delivered it.
    Event,
    /// The deleted CA, whose event had not come, and CloudTrail's event history.
    History,
    /// The deleted CA, whose event had not come.
    Sweep,
}

/// Who restored a CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Restorer {
    /// Another principal, or an attempt of Vigil's that was cut short.
    External,
    /// A call of Vigil's.
    Vigil,
}

/// What was known and what was decided on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Judgement {
    /// What the policies say.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// People are asked, and the CA is restored meanwhile: the window is short.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restore_first: bool,
    /// The keys of the policies that decided; empty: the built-in ones.
    pub policy_files: Vec<String>,
    /// Why the policies of the evidence bucket did not decide.
    pub policy_problem: Option<String>,
    /// Facts that could not be had, and why.
    pub unknown: Vec<String>,
    /// Objects that are there and cannot be used, and why. They count as absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicious: Vec<String>,
    /// Cedar's request: principal, action, resource, entities and context.
    pub request: Value,
    /// The CA as it was described.
    pub ca: Value,
    /// What its loss would affect.
    #[serde(default)]
    pub impact: Impact,
    /// Why the events of the deletion cannot all be true. Then the CA is restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contradiction: Option<String>,
}

impl Act {
    pub(in crate::jobs) fn made(&self) -> Move {
        match self {
            Self::Seen { .. } => Move::See,
            Self::Joined { .. } => Move::Join,
            Self::Judged { judgement } => Move::Judge(judgement.ruling()),
            Self::Restoring { .. } => Move::BeginRestoring,
            Self::Overruled { .. } => Move::Overrule,
            Self::PuttingBack { .. } | Self::PutBack { .. } => Move::Mend,
            Self::Refused { .. } => Move::Refuse,
            Self::Restored { .. } => Move::Restore,
            Self::Reactivating { .. } => Move::BeginReactivating,
            Self::Reactivated { .. } => Move::Reactivate,
            Self::Permitted { .. } => Move::Permit,
            Self::Escalated { .. } => Move::Escalate,
            Self::Withheld => Move::Withhold,
            Self::Lost => Move::Lose,
            Self::FirstCrl { .. } | Self::Unverified { .. } => Move::Verify,
            Self::Published { .. } => Move::Publish,
        }
    }

    /// Whether something was decided that must be on record before anything is done about it.
    pub(in crate::jobs) fn is_decision(&self) -> bool {
        match self {
            Self::Joined { .. }
            | Self::Judged { .. }
            | Self::Restoring { .. }
            | Self::Overruled { .. }
            | Self::PuttingBack { .. }
            | Self::Reactivating { .. }
            | Self::Escalated { .. }
            | Self::Withheld
            | Self::Permitted { .. } => true,
            Self::Seen { .. }
            | Self::PutBack { .. }
            | Self::Refused { .. }
            | Self::Restored { .. }
            | Self::Reactivated { .. }
            | Self::Lost
            | Self::FirstCrl { .. }
            | Self::Unverified { .. }
            | Self::Published { .. } => false,
        }
    }
}

impl Judgement {
    fn ruling(&self) -> Ruling {
        match self.verdict {
            Verdict::Ask { .. } if !self.restore_first => Ruling::Ask,
            Verdict::Ask { .. } | Verdict::Restore { .. } => Ruling::Restore,
            Verdict::Permit { .. } => Ruling::Permit,
        }
    }
}
