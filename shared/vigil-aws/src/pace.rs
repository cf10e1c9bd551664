//! Waiting by the runtime's timer, up to the end of the invocation.

use std::time::Duration as StdDuration;

use async_trait::async_trait;
use time::Duration;
use tokio::time::{Instant, sleep};
use vigil_core::ports::{Pace, TimeIsUp};

/// What a job needs after its last call, to write and to answer.
const RESERVE: StdDuration = StdDuration::from_secs(10);

/// One invocation's time.
#[derive(Clone, Copy, Debug)]
pub struct UntilDeadline {
    last_call: Instant,
}

impl UntilDeadline {
    /// `left` is the time until Lambda ends the invocation.
    pub fn new(left: StdDuration) -> Self {
        Self { last_call: Instant::now() + left.saturating_sub(RESERVE) }
    }
}

#[async_trait]
impl Pace for UntilDeadline {
    async fn pause(&self, pause: Duration) -> Result<(), TimeIsUp> {
        let pause = StdDuration::try_from(pause).unwrap_or_default();
        if Instant::now() + pause > self.last_call {
            return Err(TimeIsUp);
        }
        sleep(pause).await;
        Ok(())
    }

    fn lasts(&self, time: Duration) -> bool {
        Instant::now() + StdDuration::try_from(time).unwrap_or_default() <= self.last_call
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pause_that_would_outlast_the_invocation_is_not_begun() {
        let pace = UntilDeadline::new(RESERVE + StdDuration::from_secs(60));
        assert_eq!(pace.pause(Duration::ZERO).await, Ok(()));
        assert_eq!(pace.pause(Duration::seconds(61)).await, Err(TimeIsUp));
        assert!(pace.lasts(Duration::seconds(59)) && !pace.lasts(Duration::seconds(61)));
        let spent = UntilDeadline::new(StdDuration::ZERO);
        assert_eq!(spent.pause(Duration::SECOND).await, Err(TimeIsUp));
    }
}
