//! Reading objects that are not ours: CRLs and audit reports, as large as they come.

use std::{future::Future, ops::ControlFlow};

use super::PortError;

pub trait Objects: Send + Sync {
    /// Hands the object over piece by piece, in order, and keeps none of it. `sink` may end the
    /// delivery early; an object over `limit` bytes is not begun, or ends there.
    fn read(
        &self,
        bucket: &str,
        key: &str,
        limit: u64,
        sink: &mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send),
    ) -> impl Future<Output = Result<Delivery, PortError>> + Send;

    /// The keys that begin with `prefix`, in order, `most` of them at most.
    fn list(
        &self,
        bucket: &str,
        prefix: &str,
        most: usize,
    ) -> impl Future<Output = Result<Vec<String>, PortError>> + Send;
}

/// How a delivery ended. A bucket that is not there is an error, an object that is not is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Absent,
    /// All of it was handed over, or all that `sink` wanted.
    Delivered,
    TooLarge,
}
