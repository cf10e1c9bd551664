//! The failures that a test orders of a port, and what was called.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use crate::ports::PortError;

/// The failures to come, by operation, and what was called.
#[derive(Default)]
pub struct Calls {
    fail_next: Mutex<BTreeMap<&'static str, Vec<PortError>>>,
    made: Mutex<Vec<&'static str>>,
    /// Whether every call waits for one more poll, so that a test decides who goes first.
    pub waiting: AtomicBool,
}

impl Calls {
    pub fn fail_next(&self, operation: &'static str, error: PortError) {
        lock(&self.fail_next).entry(operation).or_default().insert(0, error);
    }

    pub fn count(&self, operation: &str) -> usize {
        lock(&self.made).iter().filter(|made| **made == operation).count()
    }

    pub(super) async fn make(&self, operation: &'static str) -> Result<(), PortError> {
        let mut waits = self.waiting.load(Ordering::Relaxed);
        std::future::poll_fn(|context| {
            if !std::mem::take(&mut waits) {
                return Poll::Ready(());
            }
            // A future that waits for several polls only those that say that they are ready.
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        lock(&self.made).push(operation);
        match lock(&self.fail_next).get_mut(operation).and_then(Vec::pop) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// An error: the call is not allowed.
pub fn denied(operation: &'static str) -> PortError {
    PortError::Denied { operation, resource: "x".to_owned(), cause: "no".into() }
}

/// An error of another kind.
pub fn broken(operation: &'static str) -> PortError {
    PortError::Other { operation, resource: "x".to_owned(), cause: "broken".into() }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}
