//! One writer per object at a time.
//!
//! s3s-fs evaluates `If-None-Match` and `If-Match` before it reads the body and writes after it,
//! and it keeps an object's ETag in a second file: without a lock two writers both pass the
//! condition, and a reader may see the bytes of one write with the ETag of another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

type Locks = HashMap<(String, String), Weak<RwLock<()>>>;

#[derive(Debug, Default)]
pub(crate) struct ObjectLocks(Mutex<Locks>);

impl ObjectLocks {
    pub(crate) async fn read(&self, bucket: &str, key: &str) -> OwnedRwLockReadGuard<()> {
        self.lock(bucket, key).read_owned().await
    }

    pub(crate) async fn write(&self, bucket: &str, key: &str) -> OwnedRwLockWriteGuard<()> {
        self.lock(bucket, key).write_owned().await
    }

    fn lock(&self, bucket: &str, key: &str) -> Arc<RwLock<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Forgetting at every doubling keeps the table as small as what is in use.
        if locks.len() == locks.capacity() {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        let lock = locks.entry((bucket.to_owned(), key.to_owned())).or_default();
        lock.upgrade().unwrap_or_else(|| {
            let fresh = Arc::new(RwLock::new(()));
            *lock = Arc::downgrade(&fresh);
            fresh
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_writer_locks_its_own_object_only() {
        let locks = ObjectLocks::default();
        let writing = locks.write("b", "k").await;
        assert!(locks.read("b", "k").now_or_never().is_none());
        assert!(locks.write("b", "other").now_or_never().is_some());
        drop(writing);
        assert!(locks.read("b", "k").now_or_never().is_some());
    }

    #[tokio::test]
    async fn locks_that_are_not_held_are_forgotten() {
        let locks = ObjectLocks::default();
        for number in 0..10_000 {
            drop(locks.write("b", &number.to_string()).await);
        }
        assert!(locks.0.lock().unwrap().len() < 100);
    }
}
