//! Reading how a bucket is set up.

use std::future::Future;

use crate::bucket::BucketFacts;

pub trait Buckets: Send + Sync {
    /// Every fact is asked for by itself, and one that cannot be had says why: so this never fails.
    fn facts(&self, bucket: &str) -> impl Future<Output = BucketFacts> + Send;
}
