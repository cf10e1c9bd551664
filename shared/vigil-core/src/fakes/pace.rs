//! Time for so many turns.

use std::sync::Mutex;

use async_trait::async_trait;
use time::Duration;

use super::calls::lock;
use crate::ports::{Pace, TimeIsUp};

/// Time for so many turns. Pauses take none of it, and are counted.
pub struct FakePace {
    /// How often it says that there is time to come.
    pub lasting: Mutex<usize>,
    /// How many turns are left.
    pub turns: Mutex<usize>,
    /// The pauses that were made.
    pub pauses: Mutex<Vec<Duration>>,
}

impl FakePace {
    /// Time for so many turns.
    pub fn with_turns(turns: usize) -> Self {
        Self { lasting: Mutex::new(usize::MAX), turns: Mutex::new(turns), pauses: Mutex::default() }
    }
}

#[async_trait]
impl Pace for FakePace {
    async fn pause(&self, pause: Duration) -> Result<(), TimeIsUp> {
        if pause > Duration::ZERO {
            lock(&self.pauses).push(pause);
            return Ok(());
        }
        let mut turns = lock(&self.turns);
        *turns = turns.checked_sub(1).ok_or(TimeIsUp)?;
        Ok(())
    }

    fn lasts(&self, _: Duration) -> bool {
        let mut lasting = lock(&self.lasting);
        let lasts = *lasting > 0;
        *lasting = lasting.saturating_sub(1);
        lasts
    }
}
