//! Who deleted or disabled which CA: CloudTrail's records of the calls, as EventBridge wraps them.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{arn::CaArn, ca::Ca};

mod event_rejection;
mod read;

pub use event_rejection::EventRejection;
pub use read::{
    attachment_change, deletion, disabling, is_attachment_change, is_update, recorded_deletion,
};

/// A deletion that succeeded: as CloudTrail records it, or as much as the deleted CA itself shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Deletion {
    /// The CA that was deleted.
    pub ca: CaArn,
    /// `eventTime`, to the second.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub at: OffsetDateTime,
    /// `permanentDeletionTimeInDays`, where the caller sent it.
    pub window_days: Option<i64>,
    /// Who deleted it.
    pub by: Principal,
    /// `sourceIPAddress`, cut to 1024 characters.
    pub source_ip: Option<String>,
    /// `userAgent`, cut to 1024 characters; the caller chooses it.
    pub user_agent: Option<String>,
    /// CloudTrail's id of the record: the same in every delivery of the event. `None` where the
    /// event never came, and nothing is known of the caller.
    pub event_id: Option<String>,
    /// `awsRegion`, which is the Region in the ARN.
    pub region: String,
    /// `recipientAccountId`, which is the account in the ARN.
    pub account: String,
}

/// A CA that was disabled: UpdateCertificateAuthority with `Status` DISABLED.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabling {
    /// The CA that was disabled.
    pub ca: CaArn,
    /// `eventTime`, to the second.
    #[serde(with = "crate::instant::text")]
    pub at: OffsetDateTime,
    /// Who disabled it.
    pub by: Principal,
    /// CloudTrail's id of the record: the same in every delivery of the event.
    pub event_id: String,
}

/// `userIdentity`: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Principal {
    /// `IAMUser`, `AssumedRole`, `Root`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `principalId`.
    pub principal_id: Option<String>,
    /// The caller's ARN; of a role, that of the session.
    pub arn: Option<String>,
    /// The caller's account, 12 digits.
    pub account: Option<String>,
    /// The ARN of the role whose session called.
    pub session_issuer: Option<String>,
    /// `None` where CloudTrail does not say: long-lived keys carry no session.
    pub mfa: Option<bool>,
    /// `invokedBy`: the AWS service that called for the caller.
    pub invoked_by: Option<String>,
}

/// The service's default for PermanentDeletionTimeInDays.
const DEFAULT_WINDOW_DAYS: i64 = 30;

impl Deletion {
    /// What a DELETED CA shows of its deletion, whose event was lost. `as_of` is when it was seen.
    pub fn without_event(ca: &Ca, as_of: OffsetDateTime) -> Self {
        let at = ca.last_state_change_at.unwrap_or(as_of);
        let window = ca.restorable_until.map(|until| until - at);
        // To the nearest day: the service computes the window's end and notes the change of state
        // in two steps.
        let days = window.map(|window| (window + Duration::hours(12)).whole_days());
        Self {
            ca: ca.arn.clone(),
            at,
            window_days: days,
            by: Principal { kind: "Unknown".to_owned(), ..Principal::default() },
            source_ip: None,
            user_agent: None,
            event_id: None,
            region: ca.arn.region().to_owned(),
            account: ca.arn.account().to_owned(),
        }
    }

    /// The same deletion by a caller that is not known: as much as the CA itself shows.
    #[must_use]
    pub fn by_unknown(&self, ca: &Ca) -> Self {
        Self::without_event(ca, self.at)
    }

    /// The length of the restoration window in days; 30 if the caller did not choose one.
    pub fn effective_window_days(&self) -> i64 {
        self.window_days.unwrap_or(DEFAULT_WINDOW_DAYS)
    }

    /// When the window ends, by the event alone.
    pub fn expected_until(&self) -> OffsetDateTime {
        self.at.saturating_add(Duration::days(self.effective_window_days()))
    }
}

impl Principal {
    /// The name under which people know the caller, as far as CloudTrail gives one.
    pub fn name(&self) -> &str {
        let known = self.arn.as_deref().or(self.invoked_by.as_deref());
        known.or(self.principal_id.as_deref()).unwrap_or(&self.kind)
    }

    /// The name in a title: the session, user or role at the end of an ARN.
    pub fn short_name(&self) -> &str {
        let name = self.name();
        name.rsplit_once('/').map_or(name, |(_, last)| last)
    }
}

#[cfg(test)]
mod tests;
