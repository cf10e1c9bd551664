//! Reading objects that other programs write: CRLs and audit reports, of any size.

use super::{ByteSink, PortError};
use crate::distribution::ObjectMetadata;
use async_trait::async_trait;

/// S3: objects of buckets other than the evidence bucket.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Passes the object to `sink` piece by piece, in order, and keeps none of it. `sink` may end the
    /// delivery early; an object over `limit` bytes is not begun, or ends there.
    ///
    /// # Errors
    ///
    /// [`PortError::NotFound`] for a missing bucket; a missing object is [`Delivery::Absent`].
    async fn read(
        &self,
        object: Address<'_>,
        limit: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Delivery, PortError>;

    /// What the object is now; `None`: there is none.
    ///
    /// # Errors
    ///
    /// [`PortError`] if that cannot be had.
    async fn stat(&self, object: Address<'_>) -> Result<Option<ObjectFacts>, PortError>;

    /// Passes the object's bytes from `from` on to `sink`, in order, if it still is what `facts` says.
    ///
    /// # Errors
    ///
    /// [`PortError`] if it ends before its end.
    async fn read_on(
        &self,
        object: Address<'_>,
        facts: &ObjectFacts,
        from: u64,
        sink: &mut ByteSink<'_>,
    ) -> Result<Rest, PortError>;

    /// The versions of the object before the one that is there now, the latest first, at most `max`
    /// of them; none where the bucket keeps none.
    ///
    /// # Errors
    ///
    /// [`PortError`] if they cannot be listed.
    async fn versions_before(
        &self,
        bucket: &str,
        key: &str,
        max: usize,
    ) -> Result<Vec<String>, PortError>;

    /// The keys that begin with `prefix`, in order, at most `max` of them.
    ///
    /// # Errors
    ///
    /// [`PortError`] if they cannot be listed.
    async fn list(&self, bucket: &str, prefix: &str, max: usize) -> Result<Vec<String>, PortError>;
}

/// The address of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// Its bucket.
    pub bucket: &'a str,
    /// Its key.
    pub key: &'a str,
    /// The version id; `None`: the current version.
    pub version: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// The current version of an object.
    pub fn new(bucket: &'a str, key: &'a str) -> Self {
        Self { bucket, key, version: None }
    }
}

/// One state of an object.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ObjectFacts {
    /// Its `ETag`.
    pub etag: String,
    /// Its bytes.
    pub size: u64,
}

/// How the delivery of the rest of an object ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The object is another one by now, or gone.
    Changed,
    /// All of it was passed on, or all that `sink` wanted.
    Delivered,
}

/// How a delivery ended. A bucket that is not there is an error, an object that is not is an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// There is no such object.
    Absent,
    /// All of it was passed on, or all that `sink` wanted; and what S3 serves it with.
    Delivered(ObjectMetadata),
    /// It is longer than the limit.
    TooLarge,
}
