//! Work that goes on after its request has been answered, or after its client has gone.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{sync::Notify, task::JoinHandle};

/// Counts what is going on, so that a moved clock can wait for it. A handle; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Background(Arc<Inner>);

#[derive(Default)]
struct Inner {
    running: AtomicUsize,
    ended: Notify,
}

/// Takes the work off the count however it ends.
struct Running(Arc<Inner>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.notify_waiters();
    }
}

impl Background {
    /// Starts the work. It goes on when the handle is dropped.
    pub(crate) fn start(&self, work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        self.0.running.fetch_add(1, Ordering::SeqCst);
        let running = Running(Arc::clone(&self.0));
        tokio::spawn(async move {
            let _running = running;
            work.await;
        })
    }

    /// Starts the work and waits for it.
    pub(crate) async fn finish(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Err(error) = self.start(work).await {
            tracing::error!(%error, "background work ended early");
        }
    }

    pub(crate) async fn idle(&self) {
        loop {
            let ended = self.0.ended.notified();
            if self.0.running.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[tokio::test]
    async fn idle_waits_for_all_work_even_for_work_that_panics() {
        let background = Background::default();
        let (open, gate) = tokio::sync::oneshot::channel::<()>();
        let done = Arc::new(AtomicBool::new(false));
        let finished = Arc::clone(&done);
        background.start(async move {
            gate.await.unwrap();
            finished.store(true, Ordering::SeqCst);
        });
        background.finish(async { panic!("as a test") }).await;
        open.send(()).unwrap();
        background.idle().await;
        assert!(done.load(Ordering::SeqCst));
    }
}
