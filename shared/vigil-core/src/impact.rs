//! What the loss of a CA would affect: certificates that are still valid, and CAs below it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::inventory::Subordinates;

/// What the loss of one CA would affect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Impact {
    /// Its certificates; `None` if no audit report of it was summarised.
    pub certificates: Option<Certificates>,
    /// The CAs below it; `None` if the inventory does not name it.
    pub subordinates: Option<Subordinates>,
    /// What is not known, and why.
    pub unknown: Vec<String>,
}

/// From the newest audit report of the CA that was summarised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Certificates {
    /// Neither revoked nor expired.
    pub valid: u64,
    /// The latest `notAfter` of a valid certificate; `None` if none is valid.
    #[serde(rename = "latest_not_after", with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub last_not_after: Option<OffsetDateTime>,
    /// What was issued after this is not counted.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
}

impl Certificates {
    /// Reads a summary as audit-report keeps it, `summaries/<CA id>/<report>.json`.
    ///
    /// # Errors
    ///
    /// The body is not a summary in JSON.
    pub fn of_summary(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<Document>(body).map(|document| document.summary)
    }

    /// Whether one may still be valid. The report counts at its time; only the last expiry holds
    /// for ours.
    pub fn live(&self, now: OffsetDateTime) -> u64 {
        match self.last_not_after {
            Some(last) if last < now => 0,
            _ => self.valid,
        }
    }
}

/// As much of a summary as matters here.
#[derive(Deserialize)]
struct Document {
    summary: Certificates,
}
