//! What a sweep saw and did, CA by CA: the result that Lambda shows.

use serde::Serialize;
use time::OffsetDateTime;

use super::{thresholds::Next, tracked_window::Ending};
use crate::{arn::CaArn, ca::Ca, jobs::case};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
    /// Those that answered.
    pub regions: Vec<String>,
    /// CAs of all states.
    pub seen: usize,
    /// The deleted ones, in each Region the one nearest its end first.
    pub deleted: Vec<Watched>,
    /// Deletions that have ended since the sweep before.
    pub closed: Vec<Closed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closed {
    pub ca: CaArn,
    #[serde(with = "time::serde::rfc3339")]
    pub restorable_until: OffsetDateTime,
    pub ending: Ending,
    /// The ids of the findings that were published of it.
    pub findings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Watched {
    pub ca: CaArn,
    #[serde(with = "time::serde::rfc3339::option")]
    pub restorable_until: Option<OffsetDateTime>,
    #[serde(flatten)]
    pub watch: Watch,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "watch", rename_all = "kebab-case")]
pub enum Watch {
    /// The deletion is acknowledged: no alert is sent.
    Acknowledged {
        threshold: String,
        by: String,
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
        next: Next,
    },
    Alerted {
        threshold: String,
        delay_seconds: i64,
        missed: Vec<String>,
        finding: String,
    },
    AlreadyAlerted {
        threshold: String,
        next: Option<Next>,
    },
    /// Another invocation is at it, or was until a moment ago.
    Claimed {
        threshold: String,
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
    /// The service gives no RestorableUntil.
    NoWindow,
    /// By the dead man's switch.
    Rescued {
        threshold: String,
        outcome: Box<case::Outcome>,
    },
    /// No threshold has passed.
    Waiting {
        next: Option<Next>,
    },
}

impl Watched {
    pub(super) fn of(ca: &Ca, watch: Watch) -> Self {
        Self { ca: ca.arn.clone(), restorable_until: ca.restorable_until, watch }
    }
}
