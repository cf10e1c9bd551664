//! How a bucket is set up, as S3 tells it in twelve calls, and KMS in two; and what its account blocks.

use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::{
        self, BucketVersioningStatus, ExpirationStatus, ObjectLockEnabled, ServerSideEncryption,
        ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    },
};
use vigil_core::{
    bucket::{
        AclGrant, AclGrantee, BucketFacts, Encryption, Fact, LifecycleRule, PublicAccessBlock,
    },
    failure::chain,
    ports::Buckets,
};

use crate::{answer::port_error, keys::KmsKeys};

/// What S3 answers where Block Public Access was never set, or was deleted.
const NO_BLOCK: &str = "NoSuchPublicAccessBlockConfiguration";

/// S3 and S3 Control have a type each for the same four flags.
macro_rules! blocked {
    () => {
        |block| PublicAccessBlock {
            block_public_acls: block.block_public_acls.unwrap_or(false),
            ignore_public_acls: block.ignore_public_acls.unwrap_or(false),
            block_public_policy: block.block_public_policy.unwrap_or(false),
            restrict_public_buckets: block.restrict_public_buckets.unwrap_or(false),
        }
    };
}

/// The configuration of buckets, as [`Buckets`].
#[derive(Clone, Debug)]
pub struct S3Buckets {
    client: Client,
    /// What S3 calls of an account, not of a bucket, go through.
    control: aws_sdk_s3control::Client,
    keys: KmsKeys,
}

impl S3Buckets {
    /// Buckets as these clients see them.
    pub fn new(client: Client, control: aws_sdk_s3control::Client, keys: KmsKeys) -> Self {
        Self { client, control, keys }
    }

    /// `None`: there is no such bucket.
    async fn region(&self, bucket: &str) -> Fact<Option<String>> {
        let answer = self.client.get_bucket_location().bucket(bucket).send().await;
        let answer = answer.map(|answer| {
            let constraint = answer.location_constraint;
            // The two Regions that are older than their names (API Reference, GetBucketLocation).
            Some(match constraint.as_ref().map_or("", |constraint| constraint.as_str()) {
                "" => "us-east-1".to_owned(),
                "EU" => "eu-west-1".to_owned(),
                region => region.to_owned(),
            })
        });
        fact("GetBucketLocation", bucket, answer, "NoSuchBucket", None)
    }

    async fn policy(&self, bucket: &str) -> Fact<Option<String>> {
        let answer = self.client.get_bucket_policy().bucket(bucket).send().await;
        let answer = answer.map(|answer| answer.policy);
        fact("GetBucketPolicy", bucket, answer, "NoSuchBucketPolicy", None)
    }

    async fn public_access_block(&self, bucket: &str) -> Fact<PublicAccessBlock> {
        let answer = self.client.get_public_access_block().bucket(bucket).send().await;
        let answer = answer.map(|answer| {
            answer.public_access_block_configuration.map_or_else(Default::default, blocked!())
        });
        let none = PublicAccessBlock::default();
        fact("GetPublicAccessBlock", bucket, answer, NO_BLOCK, none)
    }

    async fn ownership(&self, bucket: &str) -> Fact<Option<String>> {
        let answer = self.client.get_bucket_ownership_controls().bucket(bucket).send().await;
        let answer = answer.map(|answer| {
            let rule = answer.ownership_controls?.rules.into_iter().next()?;
            Some(rule.object_ownership.as_str().to_owned())
        });
        let none = "OwnershipControlsNotFoundError";
        fact("GetBucketOwnershipControls", bucket, answer, none, None)
    }

    async fn encryption(&self, bucket: &str) -> Fact<Encryption> {
        let answer = self.client.get_bucket_encryption().bucket(bucket).send().await;
        let answer = answer.map(|answer| encryption(answer.server_side_encryption_configuration));
        let none = "ServerSideEncryptionConfigurationNotFoundError";
        fact("GetBucketEncryption", bucket, answer, none, Encryption::None)
    }

    async fn versioning(&self, bucket: &str) -> Fact<bool> {
        let answer = self.client.get_bucket_versioning().bucket(bucket).send().await;
        let answer = answer.map(|answer| answer.status == Some(BucketVersioningStatus::Enabled));
        fact("GetBucketVersioning", bucket, answer, "", false)
    }

    /// S3 lists to an account its own buckets.
    async fn owned(&self, bucket: &str) -> Fact<bool> {
        let answer = self.client.list_buckets().prefix(bucket).send().await;
        let answer = answer.map(|answer| {
            answer.buckets.unwrap_or_default().iter().any(|ours| ours.name() == Some(bucket))
        });
        fact("ListBuckets", bucket, answer, "", false)
    }

    async fn event_notifications(&self, bucket: &str) -> Fact<bool> {
        let answer = self.client.get_bucket_notification_configuration().bucket(bucket);
        let answer = answer.send().await;
        let answer = answer.map(|answer| answer.event_bridge_configuration.is_some());
        fact("GetBucketNotificationConfiguration", bucket, answer, "", false)
    }

    async fn lifecycle(&self, bucket: &str) -> Fact<Vec<LifecycleRule>> {
        let answer = self.client.get_bucket_lifecycle_configuration().bucket(bucket).send().await;
        let answer = answer.map(|answer| {
            answer.rules.unwrap_or_default().into_iter().filter_map(lifecycle_rule).collect()
        });
        let none = "NoSuchLifecycleConfiguration";
        fact("GetBucketLifecycleConfiguration", bucket, answer, none, Vec::new())
    }

    async fn access_logs(&self, bucket: &str) -> Fact<Option<String>> {
        let answer = self.client.get_bucket_logging().bucket(bucket).send().await;
        let answer = answer.map(|answer| answer.logging_enabled.map(|on| on.target_bucket));
        fact("GetBucketLogging", bucket, answer, "", None)
    }

    async fn object_lock(&self, bucket: &str) -> Fact<bool> {
        let answer = self.client.get_object_lock_configuration().bucket(bucket).send().await;
        let answer = answer.map(|answer| {
            let lock = answer.object_lock_configuration;
            lock.and_then(|lock| lock.object_lock_enabled) == Some(ObjectLockEnabled::Enabled)
        });
        let none = "ObjectLockConfigurationNotFoundError";
        fact("GetObjectLockConfiguration", bucket, answer, none, false)
    }

    /// The owner, and what it grants to others.
    async fn acl(&self, bucket: &str) -> (Fact<Option<String>>, Fact<Vec<AclGrant>>) {
        let answer = self.client.get_bucket_acl().bucket(bucket).send().await;
        let answer = answer.map(|answer| {
            let owner = answer.owner.and_then(|owner| owner.id);
            let grants = answer.grants.unwrap_or_default().into_iter();
            let grants = grants.filter_map(|grant| acl_grant(grant, owner.as_deref())).collect();
            (owner, grants)
        });
        match fact("GetBucketAcl", bucket, answer, "", (None, Vec::new())) {
            Fact::Known((owner, grants)) => (Fact::Known(owner), Fact::Known(grants)),
            Fact::Unknown(why) => (Fact::Unknown(why.clone()), Fact::Unknown(why)),
        }
    }
}

#[async_trait]
impl Buckets for S3Buckets {
    async fn account_block(&self, account: &str) -> Fact<PublicAccessBlock> {
        let answer = self.control.get_public_access_block().account_id(account).send().await;
        let answer = answer.map(|answer| {
            answer.public_access_block_configuration.map_or_else(Default::default, blocked!())
        });
        let none = PublicAccessBlock::default();
        fact("GetPublicAccessBlock", account, answer, NO_BLOCK, none)
    }

    async fn facts(&self, bucket: &str) -> BucketFacts {
        let name = bucket.to_owned();
        let region = self.region(bucket).await;
        if region == Fact::Known(None) {
            return BucketFacts {
                name,
                region,
                policy: Fact::Known(None),
                public_access_block: Fact::Known(PublicAccessBlock::default()),
                ownership: Fact::Known(None),
                encryption: Fact::Known(Encryption::None),
                key: Fact::Known(None),
                versioning: Fact::Known(false),
                owned: Fact::Known(false),
                owner_id: Fact::Known(None),
                event_notifications: Fact::Known(false),
                lifecycle: Fact::Known(Vec::new()),
                access_logs: Fact::Known(None),
                object_lock: Fact::Known(false),
                acl: Fact::Known(Vec::new()),
            };
        }
        let (policy, public_access_block, ownership, encryption, versioning) = tokio::join!(
            self.policy(bucket),
            self.public_access_block(bucket),
            self.ownership(bucket),
            self.encryption(bucket),
            self.versioning(bucket),
        );
        let (owned, event_notifications, lifecycle, access_logs, object_lock, acl) = tokio::join!(
            self.owned(bucket),
            self.event_notifications(bucket),
            self.lifecycle(bucket),
            self.access_logs(bucket),
            self.object_lock(bucket),
            self.acl(bucket),
        );
        let (owner_id, acl) = acl;
        let key = match &encryption {
            Fact::Known(Encryption::Kms { key: Some(key), .. }) => self.keys.facts(key).await,
            _ => Fact::Known(None),
        };
        BucketFacts {
            name,
            region,
            key,
            policy,
            public_access_block,
            ownership,
            encryption,
            versioning,
            owned,
            owner_id,
            event_notifications,
            lifecycle,
            access_logs,
            object_lock,
            acl,
        }
    }
}

/// `None` for a grant to the bucket's owner.
fn acl_grant(grant: types::Grant, owner: Option<&str>) -> Option<AclGrant> {
    let types::Grantee { id, uri, email_address, .. } = grant.grantee?;
    if id.is_some() && id.as_deref() == owner {
        return None;
    }
    // Amazon S3 User Guide, Access control list (ACL) overview: predefined groups.
    let group = uri.as_deref().and_then(|uri| uri.rsplit_once("/groups/"));
    let to = match group.map(|(_, group)| group) {
        Some("global/AllUsers") => AclGrantee::AllUsers,
        Some("global/AuthenticatedUsers") => AclGrantee::AuthenticatedUsers,
        Some("s3/LogDelivery") => AclGrantee::LogDelivery,
        _ => AclGrantee::Other(uri.or(id).or(email_address).unwrap_or_default()),
    };
    let permission = grant.permission.map(|one| one.as_str().to_owned()).unwrap_or_default();
    Some(AclGrant { to, permission })
}

/// The answer; or, where S3 calls it an error that nothing was ever set, what then holds.
fn fact<T, E, R>(
    operation: &'static str,
    of: &str,
    answer: Result<T, SdkError<E, R>>,
    never_set: &str,
    default: T,
) -> Fact<T>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match answer {
        Ok(value) => Fact::Known(value),
        Err(error) if error.code() == Some(never_set) => Fact::Known(default),
        Err(error) => Fact::Unknown(chain(&port_error(operation, of, error))),
    }
}

fn encryption(configuration: Option<ServerSideEncryptionConfiguration>) -> Encryption {
    let rule = configuration.and_then(|configuration| configuration.rules.into_iter().next());
    let bucket_key = rule.as_ref().and_then(|rule| rule.bucket_key_enabled).unwrap_or(false);
    let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default);
    let Some(ServerSideEncryptionByDefault { sse_algorithm, kms_master_key_id, .. }) = default
    else {
        return Encryption::None;
    };
    match sse_algorithm {
        ServerSideEncryption::Aes256 => Encryption::SseS3,
        ServerSideEncryption::AwsKms => Encryption::Kms { key: kms_master_key_id, bucket_key },
        other => Encryption::Other(other.as_str().to_owned()),
    }
}

/// What the rule does to current versions; `None` if nothing.
fn lifecycle_rule(rule: types::LifecycleRule) -> Option<LifecycleRule> {
    let moves_to: Vec<String> = rule
        .transitions
        .unwrap_or_default()
        .into_iter()
        .filter_map(|to| to.storage_class.map(|class| class.as_str().to_owned()))
        .collect();
    let expires = rule.expiration.is_some_and(|after| after.days.is_some() || after.date.is_some());
    if rule.status != ExpirationStatus::Enabled || (!expires && moves_to.is_empty()) {
        return None;
    }
    // The prefix stands in the filter, in the filter's And, or, in old rules, in the rule itself.
    let filter = rule.filter.unwrap_or_else(|| types::LifecycleRuleFilter::builder().build());
    let and = filter.and.unwrap_or_else(|| types::LifecycleRuleAndOperator::builder().build());
    #[expect(deprecated, reason = "rules that were made before filters have it")]
    let prefix = filter.prefix.or(and.prefix).or(rule.prefix).unwrap_or_default();
    let narrowed = filter.tag.is_some()
        || and.tags.is_some_and(|tags| !tags.is_empty())
        || filter.object_size_greater_than.or(and.object_size_greater_than).is_some()
        || filter.object_size_less_than.or(and.object_size_less_than).is_some();
    Some(LifecycleRule { id: rule.id.unwrap_or_default(), prefix, narrowed, expires, moves_to })
}

#[cfg(test)]
mod tests;
