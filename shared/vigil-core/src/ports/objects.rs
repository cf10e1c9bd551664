//! Reading objects that are not ours: CRLs and audit reports, as large as they come.

use super::{ByteSink, PortError};
use async_trait::async_trait;

#[async_trait]
pub trait Objects: Send + Sync {
    /// Hands the object over piece by piece, in order, and keeps none of it. `sink` may end the
    /// delivery early; an object over `limit` bytes is not begun, or ends there.
    async fn read(
        &self,
        object: Address<'_>,
        limit: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Delivery, PortError>;

    /// The versions of the object before the one that is there now, the latest first, `most` of them
    /// at most; none where the bucket keeps none.
    async fn versions_before(
        &self,
        bucket: &str,
        key: &str,
        most: usize,
    ) -> Result<Vec<String>, PortError>;

    /// The keys that begin with `prefix`, in order, `most` of them at most.
    async fn list(&self, bucket: &str, prefix: &str, most: usize)
    -> Result<Vec<String>, PortError>;
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
