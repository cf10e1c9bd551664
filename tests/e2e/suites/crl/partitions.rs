//! A CA with a partitioned CRL: which partitions its certificates refer to.

use aws_sdk_acmpca::types::{CrlConfiguration, CrlType, RevocationConfiguration, S3ObjectAcl};
use e2e::world::{EVIDENCE, World, id};
use serde_json::{Value, json};
use time::Duration;

use super::{BUCKET, issue, issue_for, urgent};

/// Only the oldest certificate names the partition, and Vigil is deployed after its deletion.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_partition_is_found_though_it_was_never_seen() {
    let world = World::start().await;
    world.crl_bucket(BUCKET).await;
    let ca = world.active_root(Some(BUCKET)).await;
    partition(&world, &ca, None).await;
    issue(&world, &ca).await;
    world.advance(Duration::minutes(1)).await;
    let [old] = partitions(&world, &ca).await.try_into().unwrap();
    // Under another name there are other partitions, four at once, for what is issued from now on.
    partition(&world, &ca, Some("crl.example.com")).await;
    for _ in 0..20 {
        issue(&world, &ca).await;
    }
    world.advance(Duration::days(1) + Duration::minutes(1)).await;
    assert_eq!((urgent(&world), partitions(&world, &ca).await.len()), (vec![], 1 + 4));
    for seen in world.evidence("state/crl-audit/").await {
        world.s3.delete_object().bucket(EVIDENCE).key(seen).send().await.unwrap();
    }
    world.s3.delete_object().bucket(BUCKET).key(&old).send().await.unwrap();

    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new(), "this run looks at the certificates");
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), ["crl.distribution-points"]);
    let found = world.findings("crl.distribution-points").pop().unwrap();
    let url = format!("http://{BUCKET}.s3.us-east-1.amazonaws.com/{old}");
    assert_eq!(found["evidence"]["first_urls"], json!([url]));
    let report = world.evidence("reports/crl-audit/").await.pop().unwrap();
    let report: Value = serde_json::from_slice(&world.object(EVIDENCE, &report).await).unwrap();
    let of = &report["certificates"][0];
    assert_eq!((&of["valid"], &of["left"]), (&json!(22), &json!(0)), "the CA's own among them");
    world.assert_nothing_failed();
}

/// ACM PCA goes on writing a partition that no certificate names any longer. Deleting it is harmless.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_partition_is_found_until_no_certificate_names_it() {
    let world = World::start_for_days().await;
    world.crl_bucket(BUCKET).await;
    let ca = world.active_root(Some(BUCKET)).await;
    partition(&world, &ca, None).await;
    issue_for(&world, &ca, 1).await;
    world.advance(Duration::minutes(1)).await;
    let [old] = partitions(&world, &ca).await.try_into().unwrap();
    partition(&world, &ca, Some("crl.example.com")).await;
    issue(&world, &ca).await;
    world.advance(Duration::days(2) + Duration::hours(1)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());
    world.s3.delete_object().bucket(BUCKET).key(&old).send().await.unwrap();
    world.advance(Duration::hours(1)).await;
    assert_eq!(urgent(&world), ["crl.object-present"], "a newer certificate may name it");
    world.advance(Duration::days(2)).await;
    assert_eq!(urgent(&world), Vec::<String>::new());
    let over = world.findings("crl.object-present").pop().unwrap();
    let because = over["evidence"]["resolved_because"].as_str().unwrap();
    assert!(because.starts_with("no valid certificate issued before 2026-01-0"), "{because}");
    world.assert_nothing_failed();
}

async fn partitions(world: &World, ca: &str) -> Vec<String> {
    let listed = world.s3.list_objects_v2().bucket(BUCKET).prefix(format!("crl/{}/", id(ca)));
    let listed = listed.send().await.unwrap();
    listed.contents().iter().filter_map(|one| one.key.clone()).collect()
}

/// From now on the CA's CRL is partitioned.
async fn partition(world: &World, ca: &str, host: Option<&str>) {
    let crl = CrlConfiguration::builder()
        .enabled(true)
        .expiration_in_days(30)
        .s3_bucket_name(BUCKET)
        .s3_object_acl(S3ObjectAcl::BucketOwnerFullControl)
        .crl_type(CrlType::Partitioned)
        .set_custom_cname(host.map(str::to_owned));
    let crl = RevocationConfiguration::builder().crl_configuration(crl.build().unwrap());
    let update = world.pca.update_certificate_authority().certificate_authority_arn(ca);
    update.revocation_configuration(crl.build()).send().await.unwrap();
}
