//! Finding audit reports in a bucket. ACM PCA does not list the reports of a CA.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::PortError;

/// S3: which audit reports lie in a bucket.
#[async_trait]
pub trait ReportFiles: Send + Sync {
    /// The newest object that begins with `prefix` and ends with `.json` or `.csv`: its key, and when
    /// it was last modified.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the objects cannot be listed.
    async fn newest(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<Option<(String, OffsetDateTime)>, PortError>;
}
