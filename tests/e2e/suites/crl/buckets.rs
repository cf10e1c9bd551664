//! What keeps the service, or relying parties, out of a bucket, beside the bucket's own policy.

use aws_sdk_acmpca::types::S3ObjectAcl;
use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};
use e2e::{cli, world::key_policy};
use serde_json::Value;
use time::Duration;

use super::{BUCKET, issue, urgent, world};

/// With ACL PUBLIC_READ in a bucket that takes it; then the account blocks what the bucket does not.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_account_blocks_stops_public_crls_and_the_finding_names_the_account() {
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

/// A customer managed key: with the policy of the user guide nothing is found, and without the
/// service's part of it the CRL goes stale and the key is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_with_a_key_is_audited_and_a_key_that_keeps_the_service_out_is_found() {
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
