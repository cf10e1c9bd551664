//! The S3 operations that are served, one line each: forwarded to the files, or answered from the
//! bucket's configuration.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use super::history::VersionFile;
use super::{Shared, acl};

#[derive(Debug)]
pub(crate) struct LocalS3 {
    /// Versions that are not the latest.
    pub(super) archive: s3s_fs::FileSystem,
    pub(super) files: s3s_fs::FileSystem,
    pub(super) shared: Arc<Shared>,
}

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
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.files.abort_multipart_upload(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        self.complete_multipart(req).await
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        self.copy(req).await
    }

    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> Answer<CreateBucketOutput> {
        self.make_bucket(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        self.files.create_multipart_upload(req).await
    }

    async fn delete_bucket(&self, req: S3Request<DeleteBucketInput>) -> Answer<DeleteBucketOutput> {
        self.remove_bucket(req).await
    }

    async fn delete_bucket_encryption(
        &self,
        req: S3Request<DeleteBucketEncryptionInput>,
    ) -> Answer<DeleteBucketEncryptionOutput> {
        // What is deleted goes back to the default, SSE-S3; a bucket is never without encryption.
        self.configure(&req.input.bucket, |config| config.encryption = Default::default())?;
        no_content(DeleteBucketEncryptionOutput {})
    }

    async fn delete_bucket_ownership_controls(
        &self,
        req: S3Request<DeleteBucketOwnershipControlsInput>,
    ) -> Answer<DeleteBucketOwnershipControlsOutput> {
        self.configure(&req.input.bucket, |config| config.ownership = None)?;
        no_content(DeleteBucketOwnershipControlsOutput {})
    }

    async fn delete_bucket_policy(
        &self,
        req: S3Request<DeleteBucketPolicyInput>,
    ) -> Answer<DeleteBucketPolicyOutput> {
        self.configure(&req.input.bucket, |config| config.policy = None)?;
        no_content(DeleteBucketPolicyOutput {})
    }

    async fn delete_bucket_lifecycle(
        &self,
        req: S3Request<DeleteBucketLifecycleInput>,
    ) -> Answer<DeleteBucketLifecycleOutput> {
        self.configure(&req.input.bucket, |config| config.lifecycle.clear())?;
        no_content(DeleteBucketLifecycleOutput {})
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        self.delete(req).await
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> Answer<DeleteObjectsOutput> {
        self.delete_several(req).await
    }

    async fn delete_public_access_block(
        &self,
        req: S3Request<DeletePublicAccessBlockInput>,
    ) -> Answer<DeletePublicAccessBlockOutput> {
        self.configure(&req.input.bucket, |config| config.public_access_block = None)?;
        no_content(DeletePublicAccessBlockOutput {})
    }

    async fn get_bucket_acl(
        &self,
        req: S3Request<GetBucketAclInput>,
    ) -> Answer<GetBucketAclOutput> {
        let account = &self.shared.account.id;
        let config = self.config(&req.input.bucket)?;
        let mut grants = acl::grants(&config.acl, account);
        grants.extend(config.acl_grants.into_iter().map(acl::to_account));
        ok(GetBucketAclOutput { grants: Some(grants), owner: Some(acl::owner(account)) })
    }

    async fn get_bucket_encryption(
        &self,
        req: S3Request<GetBucketEncryptionInput>,
    ) -> Answer<GetBucketEncryptionOutput> {
        let encryption = self.encryption(&req.input.bucket)?;
        ok(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(encryption) })
    }

    async fn get_bucket_cors(
        &self,
        req: S3Request<GetBucketCorsInput>,
    ) -> Answer<GetBucketCorsOutput> {
        self.no_cors(&req.input.bucket)
    }

    async fn get_bucket_replication(
        &self,
        req: S3Request<GetBucketReplicationInput>,
    ) -> Answer<GetBucketReplicationOutput> {
        self.no_replication(&req.input.bucket)
    }

    async fn get_bucket_tagging(
        &self,
        req: S3Request<GetBucketTaggingInput>,
    ) -> Answer<GetBucketTaggingOutput> {
        self.no_tags(&req.input.bucket)
    }

    async fn get_bucket_website(
        &self,
        req: S3Request<GetBucketWebsiteInput>,
    ) -> Answer<GetBucketWebsiteOutput> {
        self.no_website(&req.input.bucket)
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        req: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> Answer<GetBucketLifecycleConfigurationOutput> {
        ok(self.lifecycle(&req.input.bucket)?)
    }

    async fn get_bucket_location(
        &self,
        _req: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        // us-east-1 alone has no location constraint (S3 API reference, GetBucketLocation).
        let region = Some(self.shared.account.region.clone());
        let constraint = region.filter(|region| region != "us-east-1");
        ok(GetBucketLocationOutput { location_constraint: constraint.map(Into::into) })
    }

    async fn get_bucket_logging(
        &self,
        req: S3Request<GetBucketLoggingInput>,
    ) -> Answer<GetBucketLoggingOutput> {
        ok(self.access_logs(&req.input.bucket)?)
    }

    async fn get_bucket_notification_configuration(
        &self,
        req: S3Request<GetBucketNotificationConfigurationInput>,
    ) -> Answer<GetBucketNotificationConfigurationOutput> {
        ok(self.notifications(&req.input.bucket)?)
    }

    async fn get_bucket_ownership_controls(
        &self,
        req: S3Request<GetBucketOwnershipControlsInput>,
    ) -> Answer<GetBucketOwnershipControlsOutput> {
        let controls = self.ownership(&req.input.bucket)?;
        ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(controls) })
    }

    async fn get_bucket_policy(
        &self,
        req: S3Request<GetBucketPolicyInput>,
    ) -> Answer<GetBucketPolicyOutput> {
        ok(GetBucketPolicyOutput { policy: Some(self.policy(&req.input.bucket)?) })
    }

    async fn get_bucket_policy_status(
        &self,
        req: S3Request<GetBucketPolicyStatusInput>,
    ) -> Answer<GetBucketPolicyStatusOutput> {
        let status = self.policy_status(&req.input.bucket)?;
        ok(GetBucketPolicyStatusOutput { policy_status: Some(status) })
    }

    async fn get_bucket_versioning(
        &self,
        req: S3Request<GetBucketVersioningInput>,
    ) -> Answer<GetBucketVersioningOutput> {
        let status = self.config(&req.input.bucket)?.versioning;
        ok(GetBucketVersioningOutput { mfa_delete: None, status: status.map(Into::into) })
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        self.get(req).await
    }

    async fn get_object_acl(
        &self,
        req: S3Request<GetObjectAclInput>,
    ) -> Answer<GetObjectAclOutput> {
        self.must_exist(&req.input.bucket, &req.input.key)?;
        let account = &self.shared.account.id;
        let config = self.config(&req.input.bucket)?;
        let grants = acl::grants(config.object_acl(&req.input.key), account);
        let owner = Some(acl::owner(account));
        ok(GetObjectAclOutput { grants: Some(grants), owner, request_charged: None })
    }

    async fn delete_object_tagging(
        &self,
        req: S3Request<DeleteObjectTaggingInput>,
    ) -> Answer<DeleteObjectTaggingOutput> {
        no_content(self.remove_object_tags(req.input)?)
    }

    async fn get_object_tagging(
        &self,
        req: S3Request<GetObjectTaggingInput>,
    ) -> Answer<GetObjectTaggingOutput> {
        ok(self.object_tags(req.input)?)
    }

    async fn get_object_lock_configuration(
        &self,
        req: S3Request<GetObjectLockConfigurationInput>,
    ) -> Answer<GetObjectLockConfigurationOutput> {
        ok(self.object_lock(&req.input.bucket)?)
    }

    async fn get_public_access_block(
        &self,
        req: S3Request<GetPublicAccessBlockInput>,
    ) -> Answer<GetPublicAccessBlockOutput> {
        let block = self.public_access_block(&req.input.bucket)?;
        ok(GetPublicAccessBlockOutput { public_access_block_configuration: Some(block) })
    }

    async fn head_bucket(&self, _req: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        let region = Some(self.shared.account.region.clone());
        ok(HeadBucketOutput { bucket_region: region, ..Default::default() })
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        self.head(req).await
    }

    async fn list_buckets(&self, req: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        let listed = self.files.list_buckets(req).await?;
        Ok(listed.map_output(|listed| self.owned(listed)))
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
        let listed = self.list(req.map_input(Into::into)).await?;
        Ok(listed.map_output(|listed| ListObjectsOutput {
            common_prefixes: listed.common_prefixes,
            contents: listed.contents,
            delimiter: listed.delimiter,
            encoding_type: listed.encoding_type,
            is_truncated: listed.is_truncated,
            max_keys: listed.max_keys,
            name: listed.name,
            next_marker: listed.next_continuation_token,
            prefix: listed.prefix,
            ..Default::default()
        }))
    }

    async fn list_object_versions(
        &self,
        req: S3Request<ListObjectVersionsInput>,
    ) -> Answer<ListObjectVersionsOutput> {
        self.list_versions(req).await
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> Answer<ListObjectsV2Output> {
        self.list(req).await
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        self.files.list_parts(req).await
    }

    async fn put_bucket_acl(
        &self,
        req: S3Request<PutBucketAclInput>,
    ) -> Answer<PutBucketAclOutput> {
        self.put_bucket_acl_of(req.input)?;
        ok(PutBucketAclOutput {})
    }

    async fn put_bucket_encryption(
        &self,
        req: S3Request<PutBucketEncryptionInput>,
    ) -> Answer<PutBucketEncryptionOutput> {
        let encryption = req.input.server_side_encryption_configuration;
        self.put_encryption(&req.input.bucket, encryption)?;
        ok(PutBucketEncryptionOutput {})
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        req: S3Request<PutBucketLifecycleConfigurationInput>,
    ) -> Answer<PutBucketLifecycleConfigurationOutput> {
        self.put_lifecycle(&req.input.bucket, req.input.lifecycle_configuration)?;
        ok(PutBucketLifecycleConfigurationOutput::default())
    }

    async fn put_bucket_logging(
        &self,
        req: S3Request<PutBucketLoggingInput>,
    ) -> Answer<PutBucketLoggingOutput> {
        self.put_access_logs(&req.input.bucket, req.input.bucket_logging_status)?;
        ok(PutBucketLoggingOutput {})
    }

    async fn put_bucket_notification_configuration(
        &self,
        req: S3Request<PutBucketNotificationConfigurationInput>,
    ) -> Answer<PutBucketNotificationConfigurationOutput> {
        self.put_notifications(&req.input.bucket, &req.input.notification_configuration)?;
        ok(PutBucketNotificationConfigurationOutput {})
    }

    async fn put_bucket_ownership_controls(
        &self,
        req: S3Request<PutBucketOwnershipControlsInput>,
    ) -> Answer<PutBucketOwnershipControlsOutput> {
        self.put_ownership(&req.input.bucket, &req.input.ownership_controls)?;
        ok(PutBucketOwnershipControlsOutput {})
    }

    async fn put_bucket_policy(
        &self,
        req: S3Request<PutBucketPolicyInput>,
    ) -> Answer<PutBucketPolicyOutput> {
        self.put_policy(&req.input.bucket, req.input.policy)?;
        no_content(PutBucketPolicyOutput {})
    }

    async fn put_bucket_versioning(
        &self,
        req: S3Request<PutBucketVersioningInput>,
    ) -> Answer<PutBucketVersioningOutput> {
        let status = &req.input.versioning_configuration.status;
        let status = status.as_ref().map(BucketVersioningStatus::as_str);
        self.put_versioning(&req.input.bucket, status)?;
        ok(PutBucketVersioningOutput {})
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        self.put(req).await
    }

    async fn put_object_acl(
        &self,
        req: S3Request<PutObjectAclInput>,
    ) -> Answer<PutObjectAclOutput> {
        self.put_object_acl_of(req.input)?;
        ok(PutObjectAclOutput::default())
    }

    async fn put_object_tagging(
        &self,
        req: S3Request<PutObjectTaggingInput>,
    ) -> Answer<PutObjectTaggingOutput> {
        ok(self.put_object_tags(req.input)?)
    }

    async fn put_object_lock_configuration(
        &self,
        req: S3Request<PutObjectLockConfigurationInput>,
    ) -> Answer<PutObjectLockConfigurationOutput> {
        self.put_object_lock(&req.input.bucket, req.input.object_lock_configuration.as_ref())?;
        ok(PutObjectLockConfigurationOutput::default())
    }

    async fn put_public_access_block(
        &self,
        req: S3Request<PutPublicAccessBlockInput>,
    ) -> Answer<PutPublicAccessBlockOutput> {
        let block = &req.input.public_access_block_configuration;
        self.put_public_access_block(&req.input.bucket, block)?;
        ok(PutPublicAccessBlockOutput {})
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        self.files.upload_part(req).await
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> Answer<UploadPartCopyOutput> {
        let CopySource::Bucket { bucket, key, version_id } = &req.input.copy_source else {
            return Err(s3s::s3_error!(NotImplemented, "only objects of buckets can be copied"));
        };
        self.shared.check_key(bucket, key)?;
        if let VersionFile::Archive { .. } = self.find(bucket, key, version_id.as_deref())?.at {
            return Err(s3s::s3_error!(NotImplemented, "parts are copied from latest versions"));
        }
        self.files.upload_part_copy(req).await
    }
}
