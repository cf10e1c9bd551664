//! S3 over the socket, with AWS's own client.

use crate::support::{NOW, bare, http, s3, s3_as};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectCannedAcl, ObjectOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    VersioningConfiguration,
};
use serde_json::json;
use vigil_local::Stack;

const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1234";

/// The status and code of a refusal.
fn refusal<T, E: ProvideErrorMetadata>(result: Result<T, SdkError<E>>) -> (u16, String) {
    match result {
        Ok(_) => (200, String::new()),
        Err(SdkError::ServiceError(error)) => {
            (error.raw().status().as_u16(), error.err().code().unwrap_or_default().to_owned())
        }
        Err(_) => panic!("the request did not reach the service"),
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn put(client: &Client, bucket: &str, key: &str, body: &str) {
    let body = ByteStream::from(body.as_bytes().to_vec());
    client.put_object().bucket(bucket).key(key).body(body).send().await.expect("S3 takes it");
}

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

#[tokio::test]
async fn objects_are_kept_with_the_clocks_time() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("data").send().await.unwrap();
    put(&client, "data", "crl/a.crl", "one").await;
    put(&client, "data", "crl/b.crl", "two").await;

    let object = client.get_object().bucket("data").key("crl/a.crl").send().await.unwrap();
    assert_eq!(object.last_modified().unwrap().secs(), NOW.unix_timestamp());
    let etag = object.e_tag().unwrap().to_owned();
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"one");
    let listed = client.list_objects_v2().bucket("data").prefix("crl/").send().await.unwrap();
    let keys: Vec<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["crl/a.crl", "crl/b.crl"]);
    assert_eq!(listed.contents()[0].e_tag(), Some(etag.as_str()));

    let refusal_of_delete = refusal(client.delete_bucket().bucket("data").send().await);
    assert_eq!(refusal_of_delete, refused(409, "BucketNotEmpty"));
    for key in keys {
        client.delete_object().bucket("data").key(key).send().await.unwrap();
    }
    client.delete_bucket().bucket("data").send().await.unwrap();
    stack.shutdown().await;
}

#[tokio::test]
async fn what_is_not_there_has_its_own_code() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("data").send().await.unwrap();
    put(&client, "data", "folder/object", "x").await;

    let get = client.get_object().bucket("data").key("none").send().await;
    assert_eq!(refusal(get), refused(404, "NoSuchKey"));
    let folder = client.get_object().bucket("data").key("folder").send().await;
    assert_eq!(refusal(folder), refused(404, "NoSuchKey"));
    let get = client.get_object().bucket("no-bucket").key("none").send().await;
    assert_eq!(refusal(get), refused(404, "NoSuchBucket"));
    let body = ByteStream::from_static(b"x");
    let put = client.put_object().bucket("no-bucket").key("k").body(body).send().await;
    assert_eq!(refusal(put), refused(404, "NoSuchBucket"));
    let escaping = client.get_object().bucket("data").key("../data/folder/object").send().await;
    assert_eq!(refusal(escaping), refused(400, "InvalidArgument"));
    let wrong = s3_as(&stack, "local", "wrong").list_buckets().send().await;
    assert_eq!(refusal(wrong), refused(403, "SignatureDoesNotMatch"));
    stack.shutdown().await;
}

#[tokio::test]
async fn of_sixteen_conditional_puts_exactly_one_wins() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("race").send().await.unwrap();
    for round in 0..5 {
        let key = format!("once-{round}");
        let puts = (0..16).map(|writer| {
            let body = ByteStream::from(vec![writer; 64 * 1024]);
            client.put_object().bucket("race").key(&key).if_none_match("*").body(body).send()
        });
        let results = futures::future::join_all(puts).await;
        let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 15), "round {round}");
        for result in lost {
            assert_eq!(refusal(result), refused(412, "PreconditionFailed"));
        }
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn of_writers_that_read_the_same_version_exactly_one_replaces_it() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("race").send().await.unwrap();
    put(&client, "race", "state", "0").await;
    let read = client.get_object().bucket("race").key("state").send().await.unwrap();
    let etag = read.e_tag().unwrap();
    let puts = (1..=16u8).map(|writer| {
        let body = ByteStream::from(vec![writer]);
        client.put_object().bucket("race").key("state").if_match(etag).body(body).send()
    });
    let results = futures::future::join_all(puts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(result), refused(412, "PreconditionFailed"));
    }
    stack.shutdown().await;
}

#[tokio::test]
async fn bucket_configuration_is_that_of_a_new_bucket_until_it_is_changed() {
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

fn service_policy(bucket: &str, account: &str) -> String {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "acm-pca.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"],
        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }]})
    .to_string()
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
async fn the_service_writes_exactly_as_long_as_the_bucket_policy_lets_it() {
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

#[tokio::test]
async fn a_data_folder_keeps_objects_and_configuration_and_belongs_to_one_stack() {
    let folder = tempfile::tempdir().unwrap();
    let first = bare().data_dir(folder.path()).start().await.unwrap();
    let client = s3(&first);
    client.create_bucket().bucket("kept").send().await.unwrap();
    put(&client, "kept", "k", "value").await;
    let policy = service_policy("kept", "111122223333");
    client.put_bucket_policy().bucket("kept").policy(&policy).send().await.unwrap();
    let second = bare().data_dir(folder.path()).start().await.err().unwrap();
    assert!(second.to_string().contains("another vigil-local"), "{second}");
    first.shutdown().await;

    let again = bare().data_dir(folder.path()).start().await.unwrap();
    let client = s3(&again);
    let object = client.get_object().bucket("kept").key("k").send().await.unwrap();
    assert_eq!(object.body.collect().await.unwrap().to_vec(), b"value");
    let kept = client.get_bucket_policy().bucket("kept").send().await.unwrap();
    assert_eq!(kept.policy(), Some(policy.as_str()));
    again.shutdown().await;
}

#[tokio::test]
async fn a_large_object_passes_through_in_pieces() {
    let stack = bare().start().await.unwrap();
    let client = s3(&stack);
    client.create_bucket().bucket("large").send().await.unwrap();
    let body: Vec<u8> = (0..12 * 1024 * 1024u32).map(|at| (at % 251) as u8).collect();
    let put = client.put_object().bucket("large").key("crl").body(body.clone().into());
    put.send().await.unwrap();
    let object = client.get_object().bucket("large").key("crl").send().await.unwrap();
    assert!(object.body.collect().await.unwrap().to_vec() == body, "the bytes come back");
    stack.shutdown().await;
}

/// As the user guides show them; and nothing of buckets that did not ask for it.
#[tokio::test]
async fn objects_are_told_to_event_bridge_where_wanted_and_changed_buckets_to_cloudtrail() {
    use aws_sdk_s3::types::{EventBridgeConfiguration, NotificationConfiguration};
    let stack = Stack::builder().start().await.unwrap();
    let s3 = s3_as(&stack, "alice", vigil_local::SECRET);
    s3.create_bucket().bucket("crls").send().await.unwrap();
    s3.put_object().bucket("crls").key("crl/0.crl").send().await.unwrap();
    let notifications = NotificationConfiguration::builder()
        .event_bridge_configuration(EventBridgeConfiguration::builder().build())
        .build();
    let put = s3.put_bucket_notification_configuration().bucket("crls");
    put.notification_configuration(notifications).send().await.unwrap();
    let body = b"12345".to_vec();
    s3.put_object().bucket("crls").key("crl/1.crl").body(body.into()).send().await.unwrap();
    s3.delete_object().bucket("crls").key("crl/1.crl").send().await.unwrap();
    s3.delete_object().bucket("crls").key("crl/never.crl").send().await.unwrap();
    s3.delete_bucket_policy().bucket("crls").send().await.unwrap();
    let refused = s3.put_bucket_policy().bucket("crls").policy("{").send().await;
    assert!(refused.is_err());

    let events: Vec<_> = stack.events().into_iter().map(|seen| seen.event).collect();
    let names: Vec<_> = events
        .iter()
        .map(|event| event["detail"]["eventName"].as_str().unwrap_or_default())
        .collect();
    let calls = ["CreateBucket", "PutBucketNotification", "", "", "DeleteBucketPolicy"];
    assert_eq!(names, calls, "{events:#?}");
    let created = &events[2];
    assert_eq!(
        (&created["source"], &created["detail-type"]),
        (&"aws.s3".into(), &"Object Created".into())
    );
    assert_eq!(created["resources"][0], "arn:aws:s3:::crls");
    let detail = &created["detail"];
    assert_eq!(
        (&detail["bucket"]["name"], &detail["object"]["key"]),
        (&"crls".into(), &"crl/1.crl".into())
    );
    assert_eq!((&detail["object"]["size"], &detail["reason"]), (&5.into(), &"PutObject".into()));
    assert_eq!(detail["object"]["etag"], "827ccb0eea8a706c4c34a16891f84e7b");
    assert_eq!(detail["requester"], "111122223333");
    assert_eq!(events[3]["detail-type"], "Object Deleted");
    assert_eq!(events[3]["detail"]["deletion-type"], "Permanently Deleted");
    let call = &events[4]["detail"];
    assert_eq!(call["requestParameters"]["bucketName"], "crls");
    assert_eq!(call["userIdentity"]["userName"], "alice");
    assert_eq!(call["eventSource"], "s3.amazonaws.com");
}

#[tokio::test]
async fn what_watches_over_a_bucket_can_be_set_read_and_taken_away() {
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
