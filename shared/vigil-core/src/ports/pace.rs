//! Waiting, because the service limits the rate of calls.

use async_trait::async_trait;
use time::Duration;

/// The time of one invocation.
#[async_trait]
pub trait Pace: Send + Sync {
    /// Waits for `pause`.
    ///
    /// # Errors
    ///
    /// [`TimeIsUp`], at once, if the invocation would end first.
    async fn pause(&self, pause: Duration) -> Result<(), TimeIsUp>;

    /// Whether the invocation lasts that much longer.
    fn lasts(&self, time: Duration) -> bool;
}

/// The invocation ends too soon; the next one has to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeIsUp;
