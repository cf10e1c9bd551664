//! Where CRLs are written to, and what certificates say of it.

use aws_sdk_acmpca::types::{
    CrlDistributionPointExtensionConfiguration as Cdp, CrlType, S3ObjectAcl,
};
use time::Duration;

use super::world::*;
use testkit::pca::*;

#[tokio::test]
async fn a_new_bucket_gets_the_crl_at_its_first_certificate() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    let old = world.issue(30).await;
    world.at(START).await;
    world.s3.take_writes();
    let mut moved = crl_of(CrlType::Complete);
    moved.s3_bucket_name = Some("new.bucket".to_owned());
    moved.s3_object_acl = Some(S3ObjectAcl::BucketOwnerFullControl);
    moved.custom_path = Some("a/b".to_owned());
    world.configure(moved).await.unwrap();
    assert_eq!(world.s3.take_writes(), ["new.bucket/acm-pca-permission-test-key-private"]);
    world.at(START + Duration::HOUR).await;
    assert_eq!(world.s3.take_writes(), [""; 0]);
    let new = world.issue(30).await;
    world.service.timeline().catch_up().await;
    let id = world.ca.rsplit('/').next().unwrap();
    let key = format!("a/b/{id}.crl");
    assert_eq!(world.s3.take_writes(), [format!("new.bucket/{key}")]);
    let want = format!("http://s3.us-east-1.amazonaws.com/new.bucket/{key}");
    assert_eq!(world.distribution_point(&new).await, Some(want));
    world.revoke(&old).await.unwrap();
    world.at(START + Duration::days(1)).await;
    assert_eq!(world.s3.take_writes(), [format!("new.bucket/{key}")], "and the old bucket none");
    assert_eq!(world.listed(&format!("new.bucket/{key}")), [serial(&old)]);
}

#[tokio::test]
async fn a_crl_that_no_certificate_names_is_published() {
    let mut crl = crl_of(CrlType::Complete);
    crl.crl_distribution_point_extension_configuration =
        Some(Cdp::builder().omit_extension(true).build().unwrap());
    let world = World::with_crl(crl).await;
    let leaf = world.issue(30).await;
    assert_eq!(world.distribution_point(&leaf).await, None);
    world.at(START).await;
    assert_eq!(world.s3.take_writes(), [format!("bucket/{}", world.complete_key())]);
}
