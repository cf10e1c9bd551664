//! The record of one alert: `alerts/<CA id>/<RestorableUntil>/<threshold>.json` in the evidence
//! bucket. The window's end stands for the deletion: every deletion has its own.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::finding::Finding;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Alert {
    pub(super) state: AlertState,
    /// When this alert was claimed.
    #[serde(with = "crate::instant::text")]
    pub(super) at: OffsetDateTime,
    pub(super) finding: Finding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AlertState {
    Claimed,
    /// It was sent, and then the CA was restored, and that was sent.
    Resolved,
    Sent,
    /// The bus did not take it.
    Unsent,
}

impl Alert {
    /// `None` for what is not an alert: it is then sent anew and written over.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec_pretty(self)
    }
}
