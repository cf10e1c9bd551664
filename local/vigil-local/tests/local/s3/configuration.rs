//! What can be set on a bucket, read and taken away.

use aws_sdk_s3::{
    error::ProvideErrorMetadata,
    types::{
        BucketVersioningStatus, PublicAccessBlockConfiguration, ServerSideEncryption,
        VersioningConfiguration,
    },
};
use serde_json::json;
use vigil_local::Stack;

use super::{refusal, refused, service_policy};
use crate::support::{bare, s3, s3_as};

#[tokio::test]
async fn a_new_bucket_has_the_default_configuration() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("conf").send().await.unwrap();

    let policy = client.get_bucket_policy().bucket("conf").send().await;
    assert_eq!(refusal(policy), refused(404, "NoSuchBucketPolicy"));
    let block = client.get_public_access_block().bucket("conf").send().await.unwrap();
    let block = block.public_access_block_configuration().unwrap();
    assert_eq!(block.block_public_acls(), Some(true));
    assert_eq!(block.restrict_public_buckets(), Some(true));
    client.delete_public_access_block().bucket("conf").send().await.unwrap();
    let block = client.get_public_access_block().bucket("conf").send().await;
    assert_eq!(refusal(block), refused(404, "NoSuchPublicAccessBlockConfiguration"));
    let only = PublicAccessBlockConfiguration::builder().block_public_policy(true).build();
    let put = client.put_public_access_block().bucket("conf");
    put.public_access_block_configuration(only).send().await.unwrap();
    let block = client.get_public_access_block().bucket("conf").send().await.unwrap();
    let block = block.public_access_block_configuration().unwrap();
    assert_eq!((block.block_public_acls(), block.block_public_policy()), (Some(false), Some(true)));

    let encryption = client.get_bucket_encryption().bucket("conf").send().await.unwrap();
    let rules = encryption.server_side_encryption_configuration().unwrap().rules();
    let default = rules[0].apply_server_side_encryption_by_default().unwrap();
    assert_eq!(default.sse_algorithm(), &ServerSideEncryption::Aes256);

    let versioning = client.get_bucket_versioning().bucket("conf").send().await.unwrap();
    assert_eq!(versioning.status(), None);
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let put = client.put_bucket_versioning().bucket("conf");
    put.versioning_configuration(enabled.build()).send().await.unwrap();
    let versioning = client.get_bucket_versioning().bucket("conf").send().await.unwrap();
    assert_eq!(versioning.status(), Some(&BucketVersioningStatus::Enabled));

    let acl = client.get_bucket_acl().bucket("conf").send().await.unwrap();
    assert_eq!(acl.grants().len(), 1);
    let head = client.head_bucket().bucket("conf").send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("us-east-1"));
    client.get_bucket_location().bucket("conf").send().await.unwrap();
    stack.shutdown().await;
}

#[tokio::test]
async fn a_policy_is_kept_to_the_byte_and_a_bad_one_is_refused() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("policed").send().await.unwrap();
    let policy = service_policy("policed", "111122223333");
    client.put_bucket_policy().bucket("policed").policy(&policy).send().await.unwrap();
    let kept = client.get_bucket_policy().bucket("policed").send().await.unwrap();
    assert_eq!(kept.policy(), Some(policy.as_str()));
    let status = client.get_bucket_policy_status().bucket("policed").send().await.unwrap();
    assert_eq!(status.policy_status().unwrap().is_public(), Some(false));

    let bad = client.put_bucket_policy().bucket("policed").policy("{}").send().await;
    assert_eq!(refusal(bad), refused(400, "MalformedPolicy"));
    let public = json!({"Statement": {"Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::policed/*"}});
    let put = client.put_bucket_policy().bucket("policed").policy(public.to_string());
    assert_eq!(refusal(put.send().await), refused(403, "AccessDenied"));
    client.delete_bucket_policy().bucket("policed").send().await.unwrap();
    let gone = client.get_bucket_policy().bucket("policed").send().await;
    assert_eq!(refusal(gone), refused(404, "NoSuchBucketPolicy"));
    stack.shutdown().await;
}

#[tokio::test]
async fn logging_and_notifications_can_be_set_read_and_removed() {
    use aws_sdk_s3::types::{
        BucketLifecycleConfiguration, BucketLoggingStatus, ExpirationStatus, LifecycleExpiration,
        LifecycleRule, LifecycleRuleFilter, LoggingEnabled,
    };
    let stack = Stack::builder().start().await.unwrap();
    let s3 = s3_as(&stack, "alice", vigil_local::SECRET);
    s3.create_bucket().bucket("crls").send().await.unwrap();
    let none = s3.get_bucket_lifecycle_configuration().bucket("crls").send().await.unwrap_err();
    assert_eq!(none.code(), Some("NoSuchLifecycleConfiguration"));
    let rule = LifecycleRule::builder()
        .id("tidy")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("crl/").build())
        .expiration(LifecycleExpiration::builder().days(30).build())
        .build()
        .unwrap();
    let rules = BucketLifecycleConfiguration::builder().rules(rule.clone()).build().unwrap();
    let put = s3.put_bucket_lifecycle_configuration().bucket("crls");
    put.lifecycle_configuration(rules).send().await.unwrap();
    let kept = s3.get_bucket_lifecycle_configuration().bucket("crls").send().await.unwrap();
    assert_eq!(kept.rules(), [rule]);
    s3.delete_bucket_lifecycle().bucket("crls").send().await.unwrap();
    assert!(s3.get_bucket_lifecycle_configuration().bucket("crls").send().await.is_err());

    let logging = |bucket: &str| {
        let on = LoggingEnabled::builder().target_bucket(bucket).target_prefix("crls/");
        BucketLoggingStatus::builder().logging_enabled(on.build().unwrap()).build()
    };
    let put = s3.put_bucket_logging().bucket("crls").bucket_logging_status(logging("nowhere"));
    assert!(put.send().await.is_err());
    let put = s3.put_bucket_logging().bucket("crls").bucket_logging_status(logging("crls"));
    put.send().await.unwrap();
    let kept = s3.get_bucket_logging().bucket("crls").send().await.unwrap();
    assert_eq!(kept.logging_enabled.unwrap().target_bucket, "crls");

    let lock = s3.get_object_lock_configuration().bucket("crls").send().await.unwrap_err();
    assert_eq!(lock.code(), Some("ObjectLockConfigurationNotFoundError"));
    let locked = s3.create_bucket().bucket("locked").object_lock_enabled_for_bucket(true);
    locked.send().await.unwrap();
    assert!(s3.get_object_lock_configuration().bucket("locked").send().await.is_ok());
    let versioning = s3.get_bucket_versioning().bucket("locked").send().await.unwrap();
    assert_eq!(versioning.status.unwrap().as_str(), "Enabled");
}

/// What scanners read first of a bucket, and the errors that they expect (S3 API reference).
#[tokio::test]
async fn a_scanner_finds_the_owner_and_what_is_not_set() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("conf").send().await.unwrap();
    let owner = client.list_buckets().send().await.unwrap().owner.unwrap();
    let acl = client.get_bucket_acl().bucket("conf").send().await.unwrap();
    assert_eq!(owner.id(), acl.owner().unwrap().id());
    let tags = client.get_bucket_tagging().bucket("conf").send().await;
    assert_eq!(refusal(tags), refused(404, "NoSuchTagSet"));
    let replication = client.get_bucket_replication().bucket("conf").send().await;
    assert_eq!(refusal(replication), refused(404, "ReplicationConfigurationNotFoundError"));
    let cors = client.get_bucket_cors().bucket("conf").send().await;
    assert_eq!(refusal(cors), refused(404, "NoSuchCORSConfiguration"));
    let website = client.get_bucket_website().bucket("conf").send().await;
    assert_eq!(refusal(website), refused(404, "NoSuchWebsiteConfiguration"));
    let missing = client.get_bucket_tagging().bucket("missing").send().await;
    assert_eq!(refusal(missing), refused(404, "NoSuchBucket"));
}

/// S3 API reference, "Error responses".
#[tokio::test]
async fn a_wrong_secret_is_refused_with_a_message() {
    let stack = bare().start().await.unwrap();
    let error = s3_as(&stack, "test", "test").list_buckets().send().await.unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
    assert_eq!(
        error.message(),
        Some(
            "The request signature we calculated does not match the signature you provided. Check \
             your key and signing method."
        )
    );
}
