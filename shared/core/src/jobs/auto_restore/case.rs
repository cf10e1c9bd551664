//! The record of one deletion: `cases/<CA id>/<CloudTrail event id>.json` in the evidence bucket.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    ca::Ca,
    cloudtrail::Deletion,
    finding::Finding,
    policy::Verdict,
    ports::{Entry, Etag},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub state: State,
    pub deletion: Deletion,
    /// Absent where the CA was gone before anything could be judged.
    pub judgement: Option<Judgement>,
    pub ending: Option<Ending>,
    /// The ids of the findings that were told.
    pub findings: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Judged,
    Closed,
}

/// What was known and what was decided on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The keys of the policies that decided; empty: the built-in ones.
    pub policy_files: Vec<String>,
    /// Why the policies of the evidence bucket did not decide.
    pub policy_problem: Option<String>,
    /// Facts that could not be had, and why.
    pub unknown: Vec<String>,
    /// Cedar's entities and context.
    pub request: Value,
    /// The CA as it was described.
    pub ca: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Ending {
    /// Removed for good.
    Gone {
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    Restored {
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
        /// To which the CA came back.
        status: String,
    },
    Stood {
        #[serde(with = "time::serde::rfc3339::option")]
        restorable_until: Option<OffsetDateTime>,
    },
    Superseded {
        #[serde(with = "time::serde::rfc3339")]
        deleted_again_at: OffsetDateTime,
    },
}

/// What the ledger holds on a deletion.
#[derive(Debug)]
pub(super) enum Recorded {
    Absent,
    Closed,
    Open(Box<Case>, Etag),
    /// Not a case: it is judged anew and written over; the bucket keeps the old version.
    Unreadable(Etag),
}

pub(super) fn key(deletion: &Deletion) -> String {
    format!("cases/{}/{}.json", deletion.ca.id(), deletion.event_id)
}

impl Recorded {
    pub(super) fn from_entry(entry: Option<Entry>) -> Self {
        let Some(Entry { body, etag }) = entry else {
            return Self::Absent;
        };
        match serde_json::from_slice::<Case>(&body) {
            Ok(Case { state: State::Closed, .. }) => Self::Closed,
            Ok(case) => Self::Open(Box::new(case), etag),
            Err(_) => Self::Unreadable(etag),
        }
    }

    /// The version to write over.
    pub(super) fn etag(&self) -> Option<&Etag> {
        match self {
            Self::Open(_, etag) | Self::Unreadable(etag) => Some(etag),
            Self::Absent | Self::Closed => None,
        }
    }
}

impl Case {
    pub(super) fn judged(deletion: Deletion, judgement: Judgement) -> Self {
        Self {
            state: State::Judged,
            deletion,
            judgement: Some(judgement),
            ending: None,
            findings: Vec::new(),
        }
    }

    pub(super) fn unjudged(deletion: Deletion) -> Self {
        Self { state: State::Judged, deletion, judgement: None, ending: None, findings: Vec::new() }
    }

    pub(super) fn closed(self, ending: Ending, findings: &[Finding]) -> Self {
        let findings = findings.iter().map(|finding| finding.id.clone()).collect();
        Self { state: State::Closed, ending: Some(ending), findings, ..self }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}

impl Ending {
    pub(super) fn restored(at: OffsetDateTime, ca: &Ca) -> Self {
        Self::Restored { at, status: ca.status.to_string() }
    }
}
