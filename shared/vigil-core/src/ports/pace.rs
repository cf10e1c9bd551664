//! Waiting, where the service wants to be asked slowly.

use async_trait::async_trait;
use time::Duration;

#[async_trait]
pub trait Pace: Send + Sync {
    /// Waits, unless the invocation would end before; then says so at once.
    async fn pause(&self, pause: Duration) -> Result<(), TimeIsUp>;

    /// Whether the invocation lasts that much longer.
    fn lasts(&self, time: Duration) -> bool;
}

/// What is not done by now is for the next invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeIsUp;
