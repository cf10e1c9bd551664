//! Reading objects that are not ours: CRLs and audit reports, as large as they come.

use std::{future::Future, ops::ControlFlow};

use super::PortError;

pub trait Objects: Send + Sync {
    /// Hands the object over piece by piece, in order, and keeps none of it. `sink` may end the
    /// delivery early; an object over `limit` bytes is not begun, or ends there.
    fn read(
        &self,
        object: Address<'_>,
        limit: u64,
        sink: &mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send),
    ) -> impl Future<Output = Result<Delivery, PortError>> + Send;

    /// The versions of the object before the one that is there now, the latest first, `most` of them
    /// at most; none where the bucket keeps none.
    fn versions_before(
        &self,
        bucket: &str,
        key: &str,
        most: usize,
    ) -> impl Future<Output = Result<Vec<String>, PortError>> + Send;

    /// The keys that begin with `prefix`, in order, `most` of them at most.
    fn list(
        &self,
        bucket: &str,
        prefix: &str,
        most: usize,
    ) -> impl Future<Output = Result<Vec<String>, PortError>> + Send;
}

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    /// `None`: the one that is there now.
    pub version: Option<&'a str>,
}

impl<'a> Address<'a> {
    pub fn new(bucket: &'a str, key: &'a str) -> Self {
        Self { bucket, key, version: None }
    }
}

/// How a delivery ended. A bucket that is not there is an error, an object that is not is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Absent,
    /// All of it was handed over, or all that `sink` wanted.
    Delivered,
    TooLarge,
}
