//! Access to a CRL bucket that its own policy does not decide: the account's block, and its key.

use aws_sdk_acmpca::types::S3ObjectAcl;
use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};
use e2e::{cli, world::key_policy};
use serde_json::Value;
use time::Duration;

use super::{BUCKET, issue, urgent, world};

/// The bucket takes the ACL PUBLIC_READ; then the account blocks it.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_block_that_stops_public_crls_is_found() {
    let (world, ca) = world().await;
    world.s3.delete_public_access_block().bucket(BUCKET).send().await.unwrap();
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ObjectOwnership::BucketOwnerPreferred)
        .build()
        .unwrap();
    let controls = OwnershipControls::builder().rules(rule).build().unwrap();
    let put = world.s3.put_bucket_ownership_controls().bucket(BUCKET);
    put.ownership_controls(controls).send().await.unwrap();
    world.publish_with_acl(&ca, BUCKET, S3ObjectAcl::PublicRead).await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());

    let block = |arguments: &[&str]| {
        let account = ["--account-id=111122223333"];
        cli::aws(world.stack.endpoint(), &[&["s3control"], arguments, &account].concat()).unwrap()
    };
    let acls = "--public-access-block-configuration=BlockPublicAcls=true,IgnorePublicAcls=false,\
                BlockPublicPolicy=false,RestrictPublicBuckets=false";
    block(&["put-public-access-block", acls]);
    world.stack.settled().await;
    assert_eq!(urgent(&world), ["bucket.object-acl"]);
    let found = world.findings("bucket.object-acl").pop().unwrap();
    assert_eq!(found["evidence"]["level"], "account", "{found:#}");
    let remedy = found["what_to_do"].as_str().unwrap();
    assert!(remedy.contains("aws s3control put-public-access-block --account-id 111122223333"));
    // The service's own write fails, as it does at AWS.
    world.advance(Duration::days(2)).await;
    assert!(urgent(&world).contains(&"crl.generation".to_owned()), "{:?}", urgent(&world));

    block(&["delete-public-access-block"]);
    world.advance(Duration::days(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());
    world.assert_nothing_failed();
}

/// With the key policy of the user guide nothing is found. Without the statement for ACM PCA the
/// CRL goes stale, and the finding names the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_refuses_the_service_is_found() {
    let (world, ca) = world().await;
    let key = world.key_for(BUCKET);
    world.encrypt_with(BUCKET, &key).await;
    issue(&world, &ca).await;
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());

    let kms = |arguments: &[&str]| {
        let key = format!("--key-id={key}");
        let call = [&["kms"], arguments, &[&key]].concat();
        cli::aws(world.stack.endpoint(), &call).unwrap()
    };
    let policy = |service_may: &[&str]| {
        let policy = format!("--policy={}", key_policy(service_may, BUCKET));
        kms(&["put-key-policy", "--policy-name=default", &policy]);
    };
    let kinds = || {
        let found = world.findings("bucket.encryption-key");
        let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
        let last = found.last().unwrap();
        (text(&last["evidence"], "kind"), text(last, "status"))
    };
    policy(&["kms:Decrypt"]);
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), ["bucket.encryption-key"]);
    assert_eq!(kinds().0, "refused");
    world.advance(Duration::days(2)).await;
    assert!(urgent(&world).contains(&"crl.generation".to_owned()), "{:?}", urgent(&world));
    policy(&["kms:GenerateDataKey", "kms:Decrypt"]);
    world.advance(Duration::days(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());
    assert_eq!(kinds(), ("refused".to_owned(), "RESOLVED".to_owned()));
    world.assert_nothing_failed();

    kms(&["disable-key"]);
    world.advance(Duration::hours(1)).await;
    assert_eq!(kinds().0, "unusable");
}
