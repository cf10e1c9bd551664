//! Deletes CAs permanently, with their keys, when their restoration period is over.

use std::{future::ready, sync::Arc};

use futures::future::BoxFuture;
use time::OffsetDateTime;

use crate::{model::lifecycle::CaState, service::timeline::Timed, state::memory::Store};

pub(crate) struct Deleter(pub(crate) Arc<Store>);

impl Timed for Deleter {
    fn next_due(&self) -> Option<OffsetDateTime> {
        let cells = self.0.timed();
        cells
            .iter()
            .filter_map(|cell| match cell.lock().state {
                CaState::Deleted { restorable_until, .. } => Some(restorable_until),
                CaState::Active
                | CaState::Creating
                | CaState::Disabled
                | CaState::Failed(_)
                | CaState::PendingCertificate => None,
            })
            .min()
    }

    /// From here on not even turning the clock back brings them back.
    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        for arn in self.0.remove_gone(now) {
            tracing::info!(ca = %arn, "the restoration period is over: the CA and its key are gone");
        }
        Box::pin(ready(()))
    }
}
