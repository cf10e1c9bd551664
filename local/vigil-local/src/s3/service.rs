//! The S3 operations that are served, a line or two each: forwarded to the files, or answered by the
//! modules beside this one.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::Shared;

#[derive(Debug)]
pub(crate) struct LocalS3 {
    /// Versions that are not the latest.
    pub(super) archive: s3s_fs::FileSystem,
    pub(super) files: s3s_fs::FileSystem,
    pub(super) shared: Arc<Shared>,
}

type Asked<T> = S3Request<T>;
type Answer<T> = S3Result<S3Response<T>>;

fn ok<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}

fn no_content<T>(output: T) -> Answer<T> {
    Ok(S3Response::with_status(output, http::StatusCode::NO_CONTENT))
}

#[async_trait::async_trait]
impl S3 for LocalS3 {
    async fn abort_multipart_upload(
        &self,
        req: Asked<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.files.abort_multipart_upload(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: Asked<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        self.complete_multipart(req).await
    }

    async fn copy_object(&self, req: Asked<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        self.copy(req).await
    }

    async fn create_bucket(&self, req: Asked<CreateBucketInput>) -> Answer<CreateBucketOutput> {
        self.make_bucket(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: Asked<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        self.files.create_multipart_upload(req).await
    }

    async fn delete_bucket(&self, req: Asked<DeleteBucketInput>) -> Answer<DeleteBucketOutput> {
        self.remove_bucket(req).await
    }

    async fn delete_bucket_encryption(
        &self,
        req: Asked<DeleteBucketEncryptionInput>,
    ) -> Answer<DeleteBucketEncryptionOutput> {
        // What is deleted goes back to the default, SSE-S3; a bucket is never without encryption.
        self.configure(&req.input.bucket, |config| config.encryption = Default::default())?;
        no_content(DeleteBucketEncryptionOutput {})
    }

    async fn delete_bucket_ownership_controls(
        &self,
        req: Asked<DeleteBucketOwnershipControlsInput>,
    ) -> Answer<DeleteBucketOwnershipControlsOutput> {
        self.configure(&req.input.bucket, |config| config.ownership = None)?;
        no_content(DeleteBucketOwnershipControlsOutput {})
    }

    async fn delete_bucket_policy(
        &self,
        req: Asked<DeleteBucketPolicyInput>,
    ) -> Answer<DeleteBucketPolicyOutput> {
        self.configure(&req.input.bucket, |config| config.policy = None)?;
        no_content(DeleteBucketPolicyOutput {})
    }

    async fn delete_bucket_lifecycle(
        &self,
        req: Asked<DeleteBucketLifecycleInput>,
    ) -> Answer<DeleteBucketLifecycleOutput> {
        self.configure(&req.input.bucket, |config| config.lifecycle.clear())?;
        no_content(DeleteBucketLifecycleOutput {})
    }

    async fn delete_object(&self, req: Asked<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        self.delete(req).await
    }

    async fn delete_objects(&self, req: Asked<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
        self.delete_several(req).await
    }

    async fn delete_public_access_block(
        &self,
        req: Asked<DeletePublicAccessBlockInput>,
    ) -> Answer<DeletePublicAccessBlockOutput> {
        self.configure(&req.input.bucket, |config| config.public_access_block = None)?;
        no_content(DeletePublicAccessBlockOutput {})
    }

    async fn get_bucket_acl(&self, req: Asked<GetBucketAclInput>) -> Answer<GetBucketAclOutput> {
        ok(self.bucket_acl(&req.input.bucket)?)
    }

    async fn get_bucket_encryption(
        &self,
        req: Asked<GetBucketEncryptionInput>,
    ) -> Answer<GetBucketEncryptionOutput> {
        let encryption = self.encryption(&req.input.bucket)?;
        ok(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(encryption) })
    }

    async fn get_bucket_cors(&self, req: Asked<GetBucketCorsInput>) -> Answer<GetBucketCorsOutput> {
        self.no_cors(&req.input.bucket)
    }

    async fn get_bucket_replication(
        &self,
        req: Asked<GetBucketReplicationInput>,
    ) -> Answer<GetBucketReplicationOutput> {
        self.no_replication(&req.input.bucket)
    }

    async fn get_bucket_tagging(
        &self,
        req: Asked<GetBucketTaggingInput>,
    ) -> Answer<GetBucketTaggingOutput> {
        self.no_tags(&req.input.bucket)
    }

    async fn get_bucket_website(
        &self,
        req: Asked<GetBucketWebsiteInput>,
    ) -> Answer<GetBucketWebsiteOutput> {
        self.no_website(&req.input.bucket)
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        req: Asked<GetBucketLifecycleConfigurationInput>,
    ) -> Answer<GetBucketLifecycleConfigurationOutput> {
        ok(self.lifecycle(&req.input.bucket)?)
    }

    async fn get_bucket_location(
        &self,
        _req: Asked<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        ok(self.location())
    }

    async fn get_bucket_logging(
        &self,
        req: Asked<GetBucketLoggingInput>,
    ) -> Answer<GetBucketLoggingOutput> {
        ok(self.access_logs(&req.input.bucket)?)
    }

    async fn get_bucket_notification_configuration(
        &self,
        req: Asked<GetBucketNotificationConfigurationInput>,
    ) -> Answer<GetBucketNotificationConfigurationOutput> {
        ok(self.notifications(&req.input.bucket)?)
    }

    async fn get_bucket_ownership_controls(
        &self,
        req: Asked<GetBucketOwnershipControlsInput>,
    ) -> Answer<GetBucketOwnershipControlsOutput> {
        let controls = self.ownership(&req.input.bucket)?;
        ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(controls) })
    }

    async fn get_bucket_policy(
        &self,
        req: Asked<GetBucketPolicyInput>,
    ) -> Answer<GetBucketPolicyOutput> {
        ok(GetBucketPolicyOutput { policy: Some(self.policy(&req.input.bucket)?) })
    }

    async fn get_bucket_policy_status(
        &self,
        req: Asked<GetBucketPolicyStatusInput>,
    ) -> Answer<GetBucketPolicyStatusOutput> {
        let status = self.policy_status(&req.input.bucket)?;
        ok(GetBucketPolicyStatusOutput { policy_status: Some(status) })
    }

    async fn get_bucket_versioning(
        &self,
        req: Asked<GetBucketVersioningInput>,
    ) -> Answer<GetBucketVersioningOutput> {
        ok(self.versioning(&req.input.bucket)?)
    }

    async fn get_object(&self, req: Asked<GetObjectInput>) -> Answer<GetObjectOutput> {
        self.get(req).await
    }

    async fn get_object_acl(&self, req: Asked<GetObjectAclInput>) -> Answer<GetObjectAclOutput> {
        ok(self.object_acl(&req.input.bucket, &req.input.key)?)
    }

    async fn delete_object_tagging(
        &self,
        req: Asked<DeleteObjectTaggingInput>,
    ) -> Answer<DeleteObjectTaggingOutput> {
        no_content(self.remove_object_tags(req.input)?)
    }

    async fn get_object_tagging(
        &self,
        req: Asked<GetObjectTaggingInput>,
    ) -> Answer<GetObjectTaggingOutput> {
        ok(self.object_tags(req.input)?)
    }

    async fn get_object_lock_configuration(
        &self,
        req: Asked<GetObjectLockConfigurationInput>,
    ) -> Answer<GetObjectLockConfigurationOutput> {
        ok(self.object_lock(&req.input.bucket)?)
    }

    async fn get_public_access_block(
        &self,
        req: Asked<GetPublicAccessBlockInput>,
    ) -> Answer<GetPublicAccessBlockOutput> {
        let block = self.public_access_block(&req.input.bucket)?;
        ok(GetPublicAccessBlockOutput { public_access_block_configuration: Some(block) })
    }

    async fn head_bucket(&self, _req: Asked<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        let region = Some(self.shared.account.region.clone());
        ok(HeadBucketOutput { bucket_region: region, ..Default::default() })
    }

    async fn head_object(&self, req: Asked<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        self.head(req).await
    }

    async fn list_buckets(&self, req: Asked<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        let listed = self.files.list_buckets(req).await?;
        Ok(listed.map_output(|listed| self.owned(listed)))
    }

    async fn list_objects(&self, req: Asked<ListObjectsInput>) -> Answer<ListObjectsOutput> {
        self.list_in_first_form(req).await
    }

    async fn list_object_versions(
        &self,
        req: Asked<ListObjectVersionsInput>,
    ) -> Answer<ListObjectVersionsOutput> {
        self.list_versions(req).await
    }

    async fn list_objects_v2(&self, req: Asked<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        self.list(req).await
    }

    async fn list_parts(&self, req: Asked<ListPartsInput>) -> Answer<ListPartsOutput> {
        self.files.list_parts(req).await
    }

    async fn put_bucket_acl(&self, req: Asked<PutBucketAclInput>) -> Answer<PutBucketAclOutput> {
        self.set_bucket_acl(req.input)?;
        ok(PutBucketAclOutput {})
    }

    async fn put_bucket_encryption(
        &self,
        req: Asked<PutBucketEncryptionInput>,
    ) -> Answer<PutBucketEncryptionOutput> {
        let encryption = req.input.server_side_encryption_configuration;
        self.put_encryption(&req.input.bucket, encryption)?;
        ok(PutBucketEncryptionOutput {})
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        req: Asked<PutBucketLifecycleConfigurationInput>,
    ) -> Answer<PutBucketLifecycleConfigurationOutput> {
        self.put_lifecycle(&req.input.bucket, req.input.lifecycle_configuration)?;
        ok(PutBucketLifecycleConfigurationOutput::default())
    }

    async fn put_bucket_logging(
        &self,
        req: Asked<PutBucketLoggingInput>,
    ) -> Answer<PutBucketLoggingOutput> {
        self.put_access_logs(&req.input.bucket, req.input.bucket_logging_status)?;
        ok(PutBucketLoggingOutput {})
    }

    async fn put_bucket_notification_configuration(
        &self,
        req: Asked<PutBucketNotificationConfigurationInput>,
    ) -> Answer<PutBucketNotificationConfigurationOutput> {
        self.put_notifications(&req.input.bucket, &req.input.notification_configuration)?;
        ok(PutBucketNotificationConfigurationOutput {})
    }

    async fn put_bucket_ownership_controls(
        &self,
        req: Asked<PutBucketOwnershipControlsInput>,
    ) -> Answer<PutBucketOwnershipControlsOutput> {
        self.put_ownership(&req.input.bucket, &req.input.ownership_controls)?;
        ok(PutBucketOwnershipControlsOutput {})
    }

    async fn put_bucket_policy(
        &self,
        req: Asked<PutBucketPolicyInput>,
    ) -> Answer<PutBucketPolicyOutput> {
        self.put_policy(&req.input.bucket, req.input.policy)?;
        no_content(PutBucketPolicyOutput {})
    }

    async fn put_bucket_versioning(
        &self,
        req: Asked<PutBucketVersioningInput>,
    ) -> Answer<PutBucketVersioningOutput> {
        self.put_versioning(&req.input.bucket, &req.input.versioning_configuration)?;
        ok(PutBucketVersioningOutput {})
    }

    async fn put_object(&self, req: Asked<PutObjectInput>) -> Answer<PutObjectOutput> {
        self.put(req).await
    }

    async fn put_object_acl(&self, req: Asked<PutObjectAclInput>) -> Answer<PutObjectAclOutput> {
        self.set_object_acl(req.input)?;
        ok(PutObjectAclOutput::default())
    }

    async fn put_object_tagging(
        &self,
        req: Asked<PutObjectTaggingInput>,
    ) -> Answer<PutObjectTaggingOutput> {
        ok(self.put_object_tags(req.input)?)
    }

    async fn put_object_lock_configuration(
        &self,
        req: Asked<PutObjectLockConfigurationInput>,
    ) -> Answer<PutObjectLockConfigurationOutput> {
        self.put_object_lock(&req.input.bucket, req.input.object_lock_configuration.as_ref())?;
        ok(PutObjectLockConfigurationOutput::default())
    }

    async fn put_public_access_block(
        &self,
        req: Asked<PutPublicAccessBlockInput>,
    ) -> Answer<PutPublicAccessBlockOutput> {
        let block = &req.input.public_access_block_configuration;
        self.put_public_access_block(&req.input.bucket, block)?;
        ok(PutPublicAccessBlockOutput {})
    }

    async fn upload_part(&self, req: Asked<UploadPartInput>) -> Answer<UploadPartOutput> {
        self.files.upload_part(req).await
    }

    async fn upload_part_copy(
        &self,
        req: Asked<UploadPartCopyInput>,
    ) -> Answer<UploadPartCopyOutput> {
        self.copy_part(req).await
    }
}
