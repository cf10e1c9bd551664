//! Fetching a CRL as a relying party does.

use super::ByteSink;
use crate::distribution::Download;
use async_trait::async_trait;

#[async_trait]
pub trait Distribution: Send + Sync {
    /// GETs `url` by plain HTTP, following redirects, and hands the body on in order. Bounded in
    /// redirects, bytes and time; what happens on the way is in the answer, so this never fails.
    async fn fetch(&self, url: &str, limit: u64, sink: &mut ByteSink<'_>) -> Download;
}
