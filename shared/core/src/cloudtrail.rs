//! Who deleted which CA: the CloudTrail record of DeleteCertificateAuthority, as EventBridge wraps it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::arn::CaArn;

mod read;
mod refusal;

pub use read::deletion;
pub use refusal::Refusal;

/// A deletion that succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub ca: CaArn,
    /// `eventTime`, to the second.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `permanentDeletionTimeInDays`, where the caller sent it.
    pub window_days: Option<i64>,
    pub by: Principal,
    pub source_ip: Option<String>,
    pub user_agent: Option<String>,
    /// CloudTrail's id of the record: the same in every delivery of the event.
    pub event_id: String,
    pub region: String,
    pub account: String,
}

/// `userIdentity`: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// `IAMUser`, `AssumedRole`, `Root`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub principal_id: Option<String>,
    pub arn: Option<String>,
    pub account: Option<String>,
    /// The ARN of the role whose session called.
    pub session_issuer: Option<String>,
    /// `None` where CloudTrail does not say: long-lived keys carry no session.
    pub mfa: Option<bool>,
    pub invoked_by: Option<String>,
}

/// The service's default for PermanentDeletionTimeInDays.
const DEFAULT_WINDOW_DAYS: i64 = 30;

impl Deletion {
    pub fn effective_window_days(&self) -> i64 {
        self.window_days.unwrap_or(DEFAULT_WINDOW_DAYS)
    }
}

impl Principal {
    /// The name under which people know the caller, as far as CloudTrail gives one.
    pub fn name(&self) -> &str {
        let known = self.arn.as_deref().or(self.invoked_by.as_deref());
        known.or(self.principal_id.as_deref()).unwrap_or(&self.kind)
    }
}

#[cfg(test)]
mod tests;
