//! A summary beside that of the report before.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Fingerprint, Summary};

/// What has changed since the report before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Compared {
    /// The id of the report before.
    pub report: String,
    /// When it was created.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub created_at: OffsetDateTime,
    /// What it said of the past.
    pub before: Fingerprint,
    /// What this report says of the same time.
    pub now: Fingerprint,
    /// How many certificates more were issued.
    pub issued: i64,
    /// How many more are valid.
    pub valid: i64,
    /// How many more are revoked.
    pub revoked: i64,
    /// How many more have expired unrevoked.
    pub expired: i64,
    /// Accounts that requested certificates, and of which the report before had none: the first 20 in order.
    #[serde(default)]
    pub new_accounts: Vec<String>,
    /// Templates, the same.
    #[serde(default)]
    pub new_templates: Vec<String>,
}

/// No summary grows beyond what is read for the sake of names.
const MAX_NEW: usize = 20;

impl Compared {
    /// `summary` beside `before`. `now`: the fingerprint of this report for the time of the one before.
    pub fn new(report: String, before: &Summary, now: Fingerprint, summary: &Summary) -> Self {
        let more = |now: u64, before: u64| i64::try_from(i128::from(now) - i128::from(before));
        let more = |now, before| more(now, before).unwrap_or(i64::MAX);
        Self {
            report,
            created_at: before.as_of,
            before: before.fingerprint.clone(),
            now,
            issued: more(summary.issued, before.issued),
            valid: more(summary.valid, before.valid),
            revoked: more(summary.revoked, before.revoked),
            expired: more(summary.expired, before.expired),
            new_accounts: summary.by_account.new_since(&before.by_account, MAX_NEW),
            new_templates: summary.by_template.new_since(&before.by_template, MAX_NEW),
        }
    }

    /// How many certificates of the report before are missing.
    pub fn missing(&self) -> u64 {
        self.before.count.saturating_sub(self.now.count)
    }

    /// How many certificates there are that the report before should have had.
    pub fn surplus(&self) -> u64 {
        self.now.count.saturating_sub(self.before.count)
    }

    /// Whether both say the same of the past.
    pub fn is_same(&self) -> bool {
        self.before == self.now
    }
}
