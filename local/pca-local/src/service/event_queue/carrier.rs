//! What brings events to where they go.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;

/// Where events go in the end.
pub(crate) trait Carrier: Send + 'static {
    /// Delivers the events, trying again for as long as that may help; what it gives up it logs
    /// and counts. Each is an EventBridge event as JSON text.
    fn carry<'a>(&'a mut self, events: &'a [String], given_up: &'a Count) -> BoxFuture<'a, ()>;
}

/// How many events did not arrive.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, more: usize) -> u64 {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        self.0.fetch_add(more, Ordering::Relaxed) + more
    }
}
