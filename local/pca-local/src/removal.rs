//! Removes CAs, with their keys, when their restoration period is over.

use std::future::ready;

use futures::future::BoxFuture;
use time::OffsetDateTime;

use crate::{PcaLocal, Timed, lifecycle::State};

pub(crate) struct Remover(pub(crate) PcaLocal);

impl Timed for Remover {
    fn next_due(&self) -> Option<OffsetDateTime> {
        let cells = self.0.timed();
        cells
            .iter()
            .filter_map(|cell| match cell.lock().state {
                State::Deleted { restorable_until, .. } => Some(restorable_until),
                State::Active
                | State::Creating
                | State::Disabled
                | State::Failed(_)
                | State::PendingCertificate => None,
            })
            .min()
    }

    /// From here on not even turning the clock back brings them back.
    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        for arn in self.0.store().remove_gone(now) {
            tracing::info!(ca = %arn, "the restoration period is over: the CA and its key are gone");
        }
        Box::pin(ready(()))
    }
}
