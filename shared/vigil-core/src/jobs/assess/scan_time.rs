//! The time for the certificate scan. crl-audit scans for as long as its invocation lasts; an operator
//! waits for the end.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use time::Duration;

use crate::ports::{Pace, TimeIsUp};

pub(super) struct ScanTime<'a> {
    pace: &'a dyn Pace,
    left: Mutex<Duration>,
}

impl<'a> ScanTime<'a> {
    pub(super) fn new(pace: &'a dyn Pace, left: Duration) -> Self {
        Self { pace, left: Mutex::new(left) }
    }

    fn take(&self, pause: Duration) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let is_left = *left >= pause;
        if is_left {
            *left -= pause;
        }
        is_left
    }
}

#[async_trait]
impl Pace for ScanTime<'_> {
    /// Only the scan waits: the turns of CAs and buckets pause for no time.
    async fn pause(&self, pause: Duration) -> Result<(), TimeIsUp> {
        if self.take(pause) { self.pace.pause(pause).await } else { Err(TimeIsUp) }
    }

    fn lasts(&self, time: Duration) -> bool {
        self.pace.lasts(time)
    }
}
