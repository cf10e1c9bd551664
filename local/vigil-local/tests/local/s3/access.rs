//! Who may write and who may read, by policies, ACLs and Block Public Access.

use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{
        ObjectCannedAcl, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
        PublicAccessBlockConfiguration,
    },
};
use serde_json::json;
use vigil_local::Stack;

use super::{put, refusal, refused, service_policy};
use crate::support::{bare, http, s3, s3_as};

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1234";

async fn open_to_public_acls(client: &Client, bucket: &str) {
    client.delete_public_access_block().bucket(bucket).send().await.expect("S3 takes it");
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ObjectOwnership::BucketOwnerPreferred)
        .build()
        .expect("the rule is complete");
    let controls =
        OwnershipControls::builder().rules(rule).build().expect("the controls are complete");
    let put = client.put_bucket_ownership_controls().bucket(bucket);
    put.ownership_controls(controls).send().await.expect("S3 takes it");
}

/// A put as pca-local makes it.
async fn put_as_service(stack: &Stack, bucket: &str, acl: ObjectCannedAcl) -> (u16, String) {
    let client = s3_as(stack, pca_local::SERVICE_ACCESS_KEY_ID, vigil_local::SECRET);
    let put = client.put_object().bucket(bucket).key("crl/1.crl").acl(acl);
    let put = put.body(ByteStream::from_static(b"crl")).customize().mutate_request(|request| {
        request.headers_mut().insert("x-amz-source-account", "111122223333");
        request.headers_mut().insert("x-amz-source-arn", CA);
    });
    refusal(put.send().await)
}

#[tokio::test]
async fn the_service_writes_only_while_the_bucket_policy_allows_it() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("crls").send().await.unwrap();
    let owner_full = || ObjectCannedAcl::BucketOwnerFullControl;
    let put_policy = |policy: String| {
        let put = client.put_bucket_policy().bucket("crls").policy(policy);
        async move { put.send().await.unwrap() }
    };

    assert_eq!(put_as_service(&stack, "crls", owner_full()).await, refused(403, "AccessDenied"));
    put_policy(service_policy("crls", "111122223333")).await;
    assert_eq!(put_as_service(&stack, "crls", owner_full()).await, refused(200, ""));
    put_policy(service_policy("crls", "444455556666")).await;
    assert_eq!(put_as_service(&stack, "crls", owner_full()).await, refused(403, "AccessDenied"));
    client.delete_bucket_policy().bucket("crls").send().await.unwrap();
    assert_eq!(put_as_service(&stack, "crls", owner_full()).await, refused(403, "AccessDenied"));
    stack.shutdown().await;
}

#[tokio::test]
async fn a_public_acl_needs_the_public_access_block_off_and_acls_on() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("crls").send().await.unwrap();
    let policy = service_policy("crls", "111122223333");
    client.put_bucket_policy().bucket("crls").policy(policy).send().await.unwrap();
    let public = || ObjectCannedAcl::PublicRead;

    assert_eq!(put_as_service(&stack, "crls", public()).await, refused(403, "AccessDenied"));
    client.delete_public_access_block().bucket("crls").send().await.unwrap();
    let acls_off = refused(400, "AccessControlListNotSupported");
    assert_eq!(put_as_service(&stack, "crls", public()).await, acls_off);
    open_to_public_acls(&client, "crls").await;
    assert_eq!(put_as_service(&stack, "crls", public()).await, refused(200, ""));
    stack.shutdown().await;
}

#[tokio::test]
async fn a_relying_party_reads_a_crl_only_when_it_is_public() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("crls").send().await.unwrap();
    open_to_public_acls(&client, "crls").await;
    put(&client, "crls", "crl/1.crl", "private").await;
    let status = |path: &'static str| async { http(&stack, "GET", path, &[], "").await.0 };

    assert_eq!(status("/crls/crl/1.crl").await, 403);
    let acl = client.put_object_acl().bucket("crls").key("crl/1.crl");
    acl.acl(ObjectCannedAcl::PublicRead).send().await.unwrap();
    assert_eq!(status("/crls/crl/1.crl").await, 200);
    assert_eq!(status("/crls?list-type=2").await, 403);
    let headers = [("host", "crls.s3.us-east-1.amazonaws.com")];
    let (named, _, body) = http(&stack, "GET", "/crl/1.crl", &headers, "").await;
    assert_eq!((named, &body[..]), (200, &b"private"[..]), "by the name in a certificate");
    put(&client, "crls", "crl/1.crl", "private again").await;
    assert_eq!(status("/crls/crl/1.crl").await, 403);

    let policy = json!({"Statement": {"Effect": "Allow", "Principal": "*",
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::crls/crl/*"}});
    let put = client.put_bucket_policy().bucket("crls").policy(policy.to_string());
    put.send().await.unwrap();
    assert_eq!(status("/crls/crl/1.crl").await, 200);
    let restrict = PublicAccessBlockConfiguration::builder().restrict_public_buckets(true).build();
    let put = client.put_public_access_block().bucket("crls");
    put.public_access_block_configuration(restrict).send().await.unwrap();
    assert_eq!(status("/crls/crl/1.crl").await, 403);
    stack.shutdown().await;
}
