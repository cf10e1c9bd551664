//! Configuration that no bucket has here: scanners read it first, and expect the error that says so.

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::acl;
use super::service::LocalS3;

impl LocalS3 {
    /// The buckets, and whose they are.
    pub(super) fn owned(&self, listed: ListBucketsOutput) -> ListBucketsOutput {
        let owner = acl::owner(&self.shared.account.id);
        ListBucketsOutput { owner: Some(owner), ..listed }
    }

    pub(super) fn no_cors<T>(&self, bucket: &str) -> S3Result<T> {
        self.config(bucket)?;
        Err(s3_error!(NoSuchCORSConfiguration, "The CORS configuration does not exist"))
    }

    pub(super) fn no_replication<T>(&self, bucket: &str) -> S3Result<T> {
        self.config(bucket)?;
        Err(s3_error!(
            ReplicationConfigurationNotFoundError,
            "The replication configuration was not found"
        ))
    }

    pub(super) fn no_tags<T>(&self, bucket: &str) -> S3Result<T> {
        self.config(bucket)?;
        Err(s3_error!(NoSuchTagSet, "The TagSet does not exist"))
    }

    pub(super) fn no_website<T>(&self, bucket: &str) -> S3Result<T> {
        self.config(bucket)?;
        Err(s3_error!(
            NoSuchWebsiteConfiguration,
            "The specified bucket does not have a website configuration"
        ))
    }
}
