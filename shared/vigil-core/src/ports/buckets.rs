//! Reading how a bucket is set up.

use crate::bucket::{BucketFacts, Fact, PublicAccessBlock};
use async_trait::async_trait;

#[async_trait]
pub trait Buckets: Send + Sync {
    /// What an account blocks for all its buckets. Nobody but the account is told.
    async fn account_block(&self, account: &str) -> Fact<PublicAccessBlock>;

    /// Every fact is asked for by itself, and one that cannot be had says why: so this never fails.
    async fn facts(&self, bucket: &str) -> BucketFacts;
}
