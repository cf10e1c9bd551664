//! Reading how a bucket is set up.

use crate::bucket::{BucketFacts, Fact, PublicAccessBlock};
use async_trait::async_trait;

/// S3: the configuration of buckets.
#[async_trait]
pub trait Buckets: Send + Sync {
    /// GetPublicAccessBlock of S3 Control: what an account blocks for all its buckets. Only the account
    /// itself may ask.
    async fn account_block(&self, account: &str) -> Fact<PublicAccessBlock>;

    /// The facts about a bucket. Each is asked for by itself, and one that cannot be had says why, so this
    /// never fails.
    async fn facts(&self, bucket: &str) -> BucketFacts;
}
