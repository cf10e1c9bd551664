//! The service that operations work on: its parts, and the time.

use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use crate::{
    service::{
        announcer::Announcer, background::Background, buckets::Buckets, faults::PlannedFaults,
        metrics::Metrics, quotas::Limiter, timeline::Timeline, timing::Timings,
    },
    state::{data_dir::StorageError, memory::Store},
};

/// One ACM PCA service without its API. Each part is used for itself; most work needs the clock
/// and the store.
pub(crate) struct Service {
    /// The account of callers whose access key id is not itself an account number.
    pub(crate) account: String,
    /// The Region of requests that are not signed for one.
    pub(crate) region: String,
    pub(crate) background: Background,
    pub(crate) buckets: Buckets,
    pub(crate) events: Announcer,
    pub(crate) faults: PlannedFaults,
    pub(crate) limiter: Limiter,
    pub(crate) metrics: Metrics,
    pub(crate) store: Arc<Store>,
    pub(crate) timeline: Timeline,
    pub(crate) timings: Mutex<Timings>,
}

impl Service {
    /// The service's own time, to the millisecond that it answers with.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.timeline.clock().now().truncate_to_millisecond()
    }

    pub(crate) fn timings(&self) -> Timings {
        *self.timings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For what is accepted from now on; pending work keeps its time.
    pub(crate) fn set_timings(&self, timings: Timings) {
        *self.timings.lock().unwrap_or_else(PoisonError::into_inner) = timings;
    }

    /// Forgets every CA, the planned faults, the metrics, and how far rates are used up: all of it, or
    /// nothing.
    pub(crate) async fn reset(&self) -> Result<(), StorageError> {
        self.store.clear()?.written().await?;
        self.faults.clear();
        self.limiter.clear();
        self.metrics.clear();
        Ok(())
    }
}
