//! Carries events out of the process: to a file, to standard output, to an EventBridge endpoint.
//!
//! A request never waits for where its events go. They wait in a queue that has an end; what finds
//! it full is dropped, counted, and said to be.

mod carrier;
mod event_bridge;
mod lines;

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use self::carrier::{Carrier, Count};
use crate::service::events::EventSink;
pub use event_bridge::EventBridge;
pub use lines::Lines;

/// Some tens of megabytes at the most, and minutes of a busy service.
const MAX_QUEUED: usize = 10_000;
/// EventBridge takes ten entries a call; files do not mind.
const MAX_BATCH: usize = 10;
/// How long the end of the service waits for what is still in the queue.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// One way out. A handle; clones share it.
#[derive(Clone)]
pub struct EventQueue(Arc<Inner>);

struct Inner {
    queue: mpsc::Sender<String>,
    lost: Arc<Count>,
    stop: watch::Sender<bool>,
    worker: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl EventQueue {
    /// Delivers to an EventBridge endpoint. Must be called within a Tokio runtime.
    pub fn to_event_bridge(endpoint: EventBridge) -> Self {
        Self::new(endpoint)
    }

    /// Delivers as lines of JSON. Must be called within a Tokio runtime.
    pub fn to_lines(lines: Lines) -> Self {
        Self::new(lines)
    }

    fn new(carrier: impl Carrier) -> Self {
        Self::with_queue(carrier, MAX_QUEUED)
    }

    fn with_queue(carrier: impl Carrier, length: usize) -> Self {
        let (queue, waiting) = mpsc::channel(length);
        let stop = watch::Sender::new(false);
        let lost = Arc::new(Count::default());
        let worker = tokio::spawn(work(carrier, waiting, stop.subscribe(), Arc::clone(&lost)));
        let worker = std::sync::Mutex::new(Some(worker));
        Self(Arc::new(Inner { queue, lost, stop, worker }))
    }

    /// How many events have been dropped or given up so far.
    pub fn lost(&self) -> u64 {
        self.0.lost.read()
    }

    /// Delivers what is in the queue, or says what was not delivered in time.
    pub async fn finish(&self) {
        self.0.stop.send_replace(true);
        let worker = self.0.worker.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let Some(worker) = worker else { return };
        let abort = worker.abort_handle();
        if timeout(LAST_WORDS, worker).await.is_err() {
            abort.abort();
            let waiting = self.0.queue.max_capacity() - self.0.queue.capacity();
            tracing::error!(waiting, "events were still to be delivered when the service ended");
        }
        if self.lost() > 0 {
            tracing::error!(lost = self.lost(), "events were not delivered");
        }
    }
}

impl EventSink for EventQueue {
    fn deliver(&self, event: Value) {
        if self.0.queue.try_send(event.to_string()).is_err() {
            let lost = self.0.lost.add(1);
            // Each of thousands would be no news.
            if lost.is_power_of_two() {
                tracing::error!(lost, "an event was dropped: {} wait already", MAX_QUEUED);
            }
        }
    }
}

/// Several queues get the same events.
impl EventSink for Vec<EventQueue> {
    fn deliver(&self, event: Value) {
        for queue in self {
            queue.deliver(event.clone());
        }
    }
}

async fn work(
    mut carrier: impl Carrier,
    mut waiting: mpsc::Receiver<String>,
    mut stop: watch::Receiver<bool>,
    lost: Arc<Count>,
) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    loop {
        batch.clear();
        let taken = tokio::select! {
            taken = waiting.recv_many(&mut batch, MAX_BATCH) => taken,
            _ = stop.wait_for(|stop| *stop), if !waiting.is_closed() => {
                // Events in the queue are still delivered.
                waiting.close();
                continue;
            }
        };
        if taken == 0 {
            return;
        }
        carrier.carry(&batch, &lost).await;
    }
}

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;
    use serde_json::json;
    use tokio::sync::Semaphore;

    use super::*;

    /// Delivers as many batches as it is allowed to.
    struct Gate {
        permits: Arc<Semaphore>,
        delivered: mpsc::UnboundedSender<String>,
    }

    impl Carrier for Gate {
        fn carry<'a>(&'a mut self, events: &'a [String], _: &'a Count) -> BoxFuture<'a, ()> {
            Box::pin(async move {
                self.permits.acquire().await.unwrap().forget();
                for event in events {
                    self.delivered.send(event.clone()).unwrap();
                }
            })
        }
    }

    #[tokio::test]
    async fn a_full_queue_counts_what_it_drops_and_keeps_the_order() {
        let permits = Arc::new(Semaphore::new(0));
        let (delivered, mut arrived) = mpsc::unbounded_channel();
        let gate = Gate { permits: Arc::clone(&permits), delivered };
        let queue = EventQueue::with_queue(gate, 4);
        for number in 0..6 {
            queue.deliver(json!(number));
        }
        assert_eq!(queue.lost(), 2, "the worker has not run: four wait, two found no place");
        permits.add_permits(10);
        queue.finish().await;
        let mut seen = Vec::new();
        while let Ok(event) = arrived.try_recv() {
            seen.push(event);
        }
        assert_eq!(seen, ["0", "1", "2", "3"]);
        queue.deliver(json!("too late"));
        assert_eq!(queue.lost(), 3);
    }
}
