//! Whether all CAs have been replaced on disk, too.

use tokio::sync::oneshot;

use super::error::StorageError;

/// Waits for one replacement, whatever becomes of changes before and after it. A generation says less:
/// when its commit has failed, the generation after that may have begun already, and is on disk.
#[must_use = "what is not written is not done"]
pub(crate) struct Replacement(Option<oneshot::Receiver<()>>);

impl Replacement {
    /// In memory, where nothing is written.
    pub(super) fn in_memory() -> Self {
        Self(None)
    }

    /// And what is to be done when its changes are on disk.
    pub(super) fn queued() -> (Self, Box<dyn FnOnce() + Send>) {
        let (written, wait) = oneshot::channel();
        let action = move || {
            // The caller may have gone away.
            let _ = written.send(());
        };
        (Self(Some(wait)), Box::new(action))
    }

    /// What is dropped with a commit that failed, or at the end, is never written.
    pub(crate) async fn written(self) -> Result<(), StorageError> {
        match self.0 {
            None => Ok(()),
            Some(wait) => wait.await.map_err(|_| StorageError::NotWritten),
        }
    }
}
