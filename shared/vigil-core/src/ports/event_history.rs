//! CloudTrail's event history.

use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;

use super::PortError;

/// CloudTrail's event history of one Region. Only AWS writes it, so it tells a call that was made from
/// an event that a principal with permission to invoke a function has made up.
///
/// A record can take about 15 minutes to appear. An absent record is not yet evidence of anything then.
#[async_trait]
pub trait EventHistory: Send + Sync {
    /// LookupEvents: the records (`CloudTrailEvent`) of DeleteCertificateAuthority from `from` to `to`, of
    /// all CAs of the Region, newest first. The account has two calls a second.
    ///
    /// # Errors
    ///
    /// [`PortError`] if a page cannot be had.
    async fn deletions(
        &self,
        from: OffsetDateTime,
        to: OffsetDateTime,
    ) -> Result<Vec<Value>, PortError>;
}
