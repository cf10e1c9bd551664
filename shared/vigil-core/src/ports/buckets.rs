//! Reading how a bucket is set up.

use std::future::Future;

use crate::bucket::{BucketFacts, Fact, PublicAccessBlock};

pub trait Buckets: Send + Sync {
    /// What an account blocks for all its buckets. Nobody but the account is told.
    fn account_block(&self, account: &str) -> impl Future<Output = Fact<PublicAccessBlock>> + Send;

    /// Every fact is asked for by itself, and one that cannot be had says why: so this never fails.
    fn facts(&self, bucket: &str) -> impl Future<Output = BucketFacts> + Send;
}
