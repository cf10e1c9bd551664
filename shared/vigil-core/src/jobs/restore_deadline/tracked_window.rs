//! The restoration window of a deleted CA, as it is tracked.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::arn::CaArn;

/// A deletion, with what will be said of its CA when that cannot be described any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TrackedWindow {
    pub(super) ca: CaArn,
    #[serde(with = "crate::instant::text")]
    pub(super) restorable_until: OffsetDateTime,
    pub(super) common_name: Option<String>,
    pub(super) had_certificate: bool,
    #[serde(with = "crate::instant::text::option")]
    pub(super) deleted_at: Option<OffsetDateTime>,
    #[serde(with = "crate::instant::text::option")]
    pub(super) ca_not_after: Option<OffsetDateTime>,
    /// `None`: it is still DELETED.
    pub(super) ending: Option<Ending>,
}

/// How a restoration window ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Permanently deleted, and the alert of the last threshold was sent.
    Gone,
    /// The CA was restored.
    Restored,
    /// Permanently deleted, and the alert of the last threshold was not sent.
    Unannounced,
}

impl Ending {
    /// A CA that goes before its window has ended contradicts what was published.
    pub(super) fn of_gone(is_announced: bool, window: &TrackedWindow, now: OffsetDateTime) -> Self {
        if is_announced && now >= window.restorable_until { Self::Gone } else { Self::Unannounced }
    }
}
