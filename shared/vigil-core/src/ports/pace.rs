//! Waiting, where the service wants to be asked slowly.

use std::future::Future;

use time::Duration;

pub trait Pace: Send + Sync {
    /// Waits, unless the invocation would end before; then says so at once.
    fn pause(&self, pause: Duration) -> impl Future<Output = Result<(), TimeIsUp>> + Send;

    /// Whether the invocation lasts that much longer.
    fn lasts(&self, time: Duration) -> bool;
}

/// What is not done by now is for the next invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeIsUp;
