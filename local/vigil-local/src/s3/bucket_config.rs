//! The configuration calls of a bucket: policy, public access, encryption, ownership, versioning.

use s3s::dto::*;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::config::{BUCKET_OWNER_ENFORCED, BucketConfig, Encryption, PublicAccessBlock};
use super::service::LocalS3;
use super::{acl, internal};
use iam_policy::Policy;

impl LocalS3 {
    pub(super) fn config(&self, bucket: &str) -> S3Result<BucketConfig> {
        self.shared.configs.read(bucket).map_err(internal)
    }

    pub(super) fn configure(
        &self,
        bucket: &str,
        change: impl FnOnce(&mut BucketConfig),
    ) -> S3Result<()> {
        self.shared.configs.change(bucket, change).map_err(internal)
    }

    pub(super) async fn make_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let input = &request.input;
        let (bucket, region) = (input.bucket.clone(), &self.shared.account.region);
        let asked = input.create_bucket_configuration.as_ref();
        let asked = asked.and_then(|config| config.location_constraint.as_ref());
        if asked.is_some_and(|location| location.as_str() != region) {
            return Err(s3_error!(
                IllegalLocationConstraintException,
                "This stack is in {region}: it makes buckets of no other Region"
            ));
        }
        if self.shared.bucket_exists(&bucket) {
            // S3 API reference: in us-east-1 alone, making one's own bucket again succeeds.
            if region == "us-east-1" {
                let location = Some(format!("/{bucket}"));
                return Ok(S3Response::new(CreateBucketOutput { location }));
            }
            return Err(s3_error!(BucketAlreadyOwnedByYou, "You already own the bucket {bucket}"));
        }
        let mut config = BucketConfig::default();
        if let Some(ownership) = &input.object_ownership {
            config.ownership = Some(ownership.as_str().to_owned());
        }
        if let Some(canned) = &input.acl {
            acl::check(canned.as_str(), &config)?;
            canned.as_str().clone_into(&mut config.acl);
        }
        config.object_lock = input.object_lock_enabled_for_bucket.unwrap_or(false);
        if config.object_lock {
            // S3 API reference, CreateBucket: Object Lock brings versioning along.
            config.versioning = Some("Enabled".to_owned());
        }
        let response = self.files.create_bucket(request).await?;
        self.configure(&bucket, |kept| *kept = config)?;
        Ok(response.map_output(|_| CreateBucketOutput { location: Some(format!("/{bucket}")) }))
    }

    pub(super) async fn remove_bucket(
        &self,
        request: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let bucket = request.input.bucket.clone();
        // s3s-fs would remove the objects with the bucket.
        let versions = self.shared.histories.of_bucket(&bucket).map_err(internal)?;
        if holds_a_file(&self.shared.root.join(&bucket)).map_err(internal)? || !versions.is_empty()
        {
            return Err(s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"));
        }
        self.files.delete_bucket(request).await?;
        self.shared.histories.forget(&bucket).map_err(internal)?;
        self.shared.configs.forget(&bucket).map_err(internal)?;
        Ok(S3Response::with_status(DeleteBucketOutput {}, http::StatusCode::NO_CONTENT))
    }

    pub(super) fn put_policy(&self, bucket: &str, text: String) -> S3Result<()> {
        let policy = Policy::of_bucket(&text, bucket)
            .map_err(|malformed| s3_error!(MalformedPolicy, "{}", malformed.problem))?;
        if policy.is_public() && self.config(bucket)?.block().block_public_policy {
            return Err(s3_error!(
                AccessDenied,
                "Access Denied: BlockPublicPolicy refuses a public bucket policy"
            ));
        }
        self.configure(bucket, |config| config.policy = Some(text))
    }

    pub(super) fn policy(&self, bucket: &str) -> S3Result<String> {
        self.config(bucket)?
            .policy
            .ok_or_else(|| s3_error!(NoSuchBucketPolicy, "The bucket policy does not exist"))
    }

    pub(super) fn policy_status(&self, bucket: &str) -> S3Result<PolicyStatus> {
        let policy = Policy::of_bucket(&self.policy(bucket)?, bucket).map_err(internal)?;
        Ok(PolicyStatus { is_public: Some(policy.is_public()) })
    }

    pub(super) fn public_access_block(
        &self,
        bucket: &str,
    ) -> S3Result<PublicAccessBlockConfiguration> {
        let block = self.config(bucket)?.public_access_block.ok_or_else(no_such_block)?;
        Ok(PublicAccessBlockConfiguration {
            block_public_acls: Some(block.block_public_acls),
            block_public_policy: Some(block.block_public_policy),
            ignore_public_acls: Some(block.ignore_public_acls),
            restrict_public_buckets: Some(block.restrict_public_buckets),
        })
    }

    pub(super) fn put_public_access_block(
        &self,
        bucket: &str,
        block: &PublicAccessBlockConfiguration,
    ) -> S3Result<()> {
        let block = PublicAccessBlock::of(block);
        self.configure(bucket, |config| config.public_access_block = Some(block))
    }

    pub(super) fn encryption(&self, bucket: &str) -> S3Result<ServerSideEncryptionConfiguration> {
        let encryption = self.config(bucket)?.encryption;
        let default = ServerSideEncryptionByDefault {
            kms_master_key_id: encryption.kms_key_id,
            sse_algorithm: ServerSideEncryption::from(encryption.algorithm),
        };
        let rule = ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(default),
            bucket_key_enabled: Some(encryption.bucket_key_enabled),
        };
        Ok(ServerSideEncryptionConfiguration { rules: vec![rule] })
    }

    pub(super) fn put_encryption(
        &self,
        bucket: &str,
        configuration: ServerSideEncryptionConfiguration,
    ) -> S3Result<()> {
        let [rule] = configuration.rules.as_slice() else {
            return Err(s3_error!(MalformedXML, "exactly one encryption rule is expected"));
        };
        let Some(default) = rule.apply_server_side_encryption_by_default.clone() else {
            return Err(s3_error!(MalformedXML, "ApplyServerSideEncryptionByDefault is missing"));
        };
        let algorithm = default.sse_algorithm.as_str().to_owned();
        if !["AES256", "aws:kms", "aws:kms:dsse"].contains(&algorithm.as_str()) {
            return Err(s3_error!(InvalidArgument, "{algorithm:?} is no encryption algorithm"));
        }
        if algorithm == "AES256" && default.kms_master_key_id.is_some() {
            return Err(s3_error!(InvalidArgument, "a KMS key cannot go with AES256"));
        }
        let encryption = Encryption {
            algorithm,
            kms_key_id: default.kms_master_key_id,
            bucket_key_enabled: rule.bucket_key_enabled.unwrap_or(false),
        };
        self.configure(bucket, |config| config.encryption = encryption)
    }

    pub(super) fn location(&self) -> GetBucketLocationOutput {
        // us-east-1 alone has no location constraint (S3 API reference, GetBucketLocation).
        let region = Some(self.shared.account.region.clone());
        let constraint = region.filter(|region| region != "us-east-1");
        GetBucketLocationOutput { location_constraint: constraint.map(Into::into) }
    }

    pub(super) fn versioning(&self, bucket: &str) -> S3Result<GetBucketVersioningOutput> {
        let status = self.config(bucket)?.versioning;
        Ok(GetBucketVersioningOutput { mfa_delete: None, status: status.map(Into::into) })
    }

    pub(super) fn put_versioning(
        &self,
        bucket: &str,
        asked: &VersioningConfiguration,
    ) -> S3Result<()> {
        match asked.status.as_ref().map(BucketVersioningStatus::as_str) {
            Some(status @ ("Enabled" | "Suspended")) => {
                self.configure(bucket, |config| config.versioning = Some(status.to_owned()))
            }
            _ => Err(s3_error!(
                IllegalVersioningConfigurationException,
                "the versioning status is Enabled or Suspended"
            )),
        }
    }

    pub(super) fn ownership(&self, bucket: &str) -> S3Result<OwnershipControls> {
        let ownership = self.config(bucket)?.ownership.ok_or_else(|| {
            s3_error!(
                OwnershipControlsNotFoundError,
                "The bucket ownership controls were not found"
            )
        })?;
        let rule = OwnershipControlsRule { object_ownership: ObjectOwnership::from(ownership) };
        Ok(OwnershipControls { rules: vec![rule] })
    }

    pub(super) fn put_ownership(&self, bucket: &str, controls: &OwnershipControls) -> S3Result<()> {
        let [rule] = controls.rules.as_slice() else {
            return Err(s3_error!(MalformedXML, "exactly one ownership rule is expected"));
        };
        let ownership = rule.object_ownership.as_str().to_owned();
        let known = [BUCKET_OWNER_ENFORCED, "BucketOwnerPreferred", "ObjectWriter"];
        if !known.contains(&ownership.as_str()) {
            return Err(s3_error!(MalformedXML, "{ownership:?} is no object ownership"));
        }
        if ownership == BUCKET_OWNER_ENFORCED && self.config(bucket)?.has_acl() {
            return Err(s3_error!(
                InvalidBucketAclWithObjectOwnership,
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
            ));
        }
        self.configure(bucket, |config| config.ownership = Some(ownership))
    }
}

fn no_such_block() -> S3Error {
    // s3s does not know this code and would answer 500.
    let code = S3ErrorCode::from_bytes(b"NoSuchPublicAccessBlockConfiguration")
        .unwrap_or(S3ErrorCode::NoSuchResource);
    let mut error =
        S3Error::with_message(code, "The public access block configuration was not found");
    error.set_status_code(http::StatusCode::NOT_FOUND);
    error
}

fn holds_a_file(folder: &std::path::Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() || holds_a_file(&entry.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}
