//! Fetching a CRL as a relying party does.

use super::ByteSink;
use crate::distribution::Download;
use async_trait::async_trait;

/// HTTP: distribution points, as a relying party fetches them.
#[async_trait]
pub trait Distribution: Send + Sync {
    /// GETs `url` by plain HTTP, follows redirects, and passes the body to `sink` in order. Redirects,
    /// bytes (`limit`) and time are bounded. Failures are part of the answer, so this never fails.
    async fn fetch(&self, url: &str, limit: u64, sink: &mut ByteSink<'_>) -> Download;
}
