//! Finding audit reports in a bucket, and marking those that are kept for a shorter time. ACM PCA does
//! not list the reports of a CA.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Address, PortError};

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

/// S3: the tag of an audit report that a newer one of its month has superseded.
///
/// The lifecycle of the report bucket deletes reports with this tag earlier. A report that could not be
/// tagged is kept for longer.
#[async_trait]
pub trait ReportTags: Send + Sync {
    /// Tags a report as superseded.
    ///
    /// # Errors
    ///
    /// [`PortError`] if it may not have the tag.
    async fn supersede(&self, report: Address<'_>) -> Result<(), PortError>;
}
