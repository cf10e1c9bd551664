//! What a sweep saw and did, CA by CA: the result that Lambda shows.

use serde::Serialize;
use time::OffsetDateTime;

use super::{thresholds::Next, tracked_window::Ending};
use crate::{arn::CaArn, ca::Ca, jobs::case};

/// What one sweep did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The latest time that a Region gave.
    #[serde(with = "crate::instant::text")]
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

/// A window that has ended since the sweep before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// The CA.
    pub ca: CaArn,
    /// When its window ended, or would have.
    #[serde(with = "crate::instant::text")]
    pub restorable_until: OffsetDateTime,
    /// How it ended.
    pub ending: Ending,
    /// The ids of the findings that were published of it.
    pub findings: Vec<String>,
}

/// A deleted CA, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// The CA.
    pub ca: CaArn,
    /// When its window ends.
    #[serde(with = "crate::instant::text::option")]
    pub restorable_until: Option<OffsetDateTime>,
    /// What was done.
    #[serde(flatten)]
    pub watch: Watch,
}

/// What a sweep did about one deleted CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "watch", rename_all = "kebab-case")]
pub enum Watch {
    /// The deletion is acknowledged: no alert is sent.
    Acknowledged {
        /// The threshold that has passed, such as `1d`.
        threshold: String,
        /// Who acknowledged the deletion.
        by: String,
        /// Until when.
        #[serde(with = "crate::instant::text")]
        until: OffsetDateTime,
        /// The next threshold.
        next: Next,
    },
    /// The alert of a threshold was sent.
    Alerted {
        /// The threshold, such as `1d`.
        threshold: String,
        /// Seconds between the threshold and the alert.
        delay_seconds: i64,
        /// Earlier thresholds for which no alert was sent.
        missed: Vec<String>,
        /// The finding's id.
        finding: String,
    },
    /// The alert of the threshold was sent before.
    AlreadyAlerted {
        /// The threshold, such as `1d`.
        threshold: String,
        /// The next threshold; `None` after the last.
        next: Option<Next>,
    },
    /// Another invocation sends the alert, or did until a moment ago.
    Claimed {
        /// The threshold, such as `1d`.
        threshold: String,
        /// Since when.
        #[serde(with = "crate::instant::text")]
        at: OffsetDateTime,
    },
    /// The service gives no RestorableUntil.
    NoWindow,
    /// By the dead man's switch.
    Rescued {
        /// The last threshold.
        threshold: String,
        /// The result of the case.
        outcome: Box<case::Outcome>,
    },
    /// No threshold has passed.
    Waiting {
        /// The first threshold; `None` if there is none within the window.
        next: Option<Next>,
    },
}

impl Watched {
    pub(super) fn of(ca: &Ca, watch: Watch) -> Self {
        Self { ca: ca.arn.clone(), restorable_until: ca.restorable_until, watch }
    }
}
