//! What a CRL lists, for how long, and how much of it.

use aws_sdk_acmpca::types::CrlType;
use pca_local::Quotas;
use time::Duration;

use super::world::*;
use testkit::pca::*;

#[tokio::test]
async fn an_entry_stays_for_one_crl_after_its_certificate_has_ended() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    let path = format!("bucket/{}", world.complete_key());
    let leaf = world.issue(1).await;
    world.revoke(&leaf).await.unwrap();
    world.at(START + Duration::minutes(30)).await;
    let refresh = Duration::days(DAYS.into()) / 2;
    world.at(START + Duration::minutes(30) + refresh).await;
    assert_eq!(world.listed(&path), [serial(&leaf)], "the first CRL after the end");
    world.at(START + Duration::minutes(30) + refresh * 2).await;
    assert_eq!(world.listed(&path), [""; 0]);
    let refused = world.revoke(&leaf).await.unwrap_err();
    assert!(refused.starts_with("RequestAlreadyProcessedException"), "{refused}");
}

#[tokio::test]
async fn a_complete_crl_has_a_quota_of_unexpired_revocations() {
    let quotas = r#"{"revoked-certificates-with-complete-crl": 2}"#;
    let world = World::with_quotas(Quotas::from_json(quotas).unwrap()).await;
    world.configure(crl_of(CrlType::Complete)).await.unwrap();
    let leaves = [world.issue(1).await, world.issue(30).await, world.issue(30).await];
    world.revoke(&leaves[0]).await.unwrap();
    world.revoke(&leaves[1]).await.unwrap();
    let refused = world.revoke(&leaves[2]).await.unwrap_err();
    assert!(refused.starts_with("LimitExceededException: "), "{refused}");
    world.at(START + Duration::DAY + Duration::SECOND).await;
    world.revoke(&leaves[2]).await.unwrap();
    let fourth = world.issue(30).await;
    world.revoke(&fourth).await.unwrap_err();
    world.configure(crl_of(CrlType::Partitioned)).await.unwrap();
    world.revoke(&fourth).await.unwrap();
}
