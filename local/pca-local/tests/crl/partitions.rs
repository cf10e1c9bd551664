//! Partitioned CRLs, and the certificates that are bound to them.

use std::collections::BTreeSet;

use aws_sdk_acmpca::types::CrlType;
use time::Duration;

use super::world::*;
use testkit::{openssl::OpenSsl, pca::*};

/// How many are in use at once.
const PARTITIONS: usize = 4;
const HOST: &str = "http://bucket.s3.us-east-1.amazonaws.com/";

#[tokio::test]
async fn certificates_are_bound_to_partitions_and_stay_so() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    let complete = format!("bucket/{}", world.complete_key());
    let before = world.issue(300).await;
    world.at(START).await;
    world.configure(crl_of(CrlType::Partitioned)).await.unwrap();
    let leaves = issue_one_after_another(&world, PARTITIONS + 1).await;
    let [(first, point), .., (second, again)] = leaves.as_slice() else { panic!("{leaves:?}") };
    assert_eq!(again, point);
    let key = point.strip_prefix(HOST).expect("in the CA's bucket").to_owned();
    let id = world.ca.rsplit('/').next().unwrap();
    assert!(key.starts_with(&format!("crl/{id}/")) && key != world.complete_key(), "{key}");
    let partition = format!("bucket/{key}");

    for leaf in [&before, first] {
        world.revoke(leaf).await.unwrap();
    }
    world.at(START + Duration::minutes(30)).await;
    assert_eq!(world.listed(&complete), [serial(&before)]);
    assert_eq!(world.listed(&partition), [serial(first)]);
    assert_eq!(names_itself(&world.crl(&partition)), Some(point.clone()));
    assert_eq!(
        names_itself(&world.crl(&complete)),
        Some(format!("{HOST}{}", world.complete_key()))
    );
    openssl_agrees(&world, &partition, &[(first, false), (second, true)]).await;

    world.s3.take_writes();
    world.configure(crl_of(CrlType::Complete)).await.unwrap();
    let refused = world.revoke(second).await.unwrap_err();
    assert!(refused.starts_with("InvalidRequestException"), "{refused}");
    let after = world.issue(300).await;
    world.revoke(&after).await.unwrap();
    world.at(START + Duration::days(DAYS.into())).await;
    let writes = world.s3.take_writes();
    assert!(writes[1..].iter().all(|path| *path == complete), "{writes:?}");
    assert_eq!(world.listed(&complete), [serial(&before), serial(&after)]);

    world.configure(crl_of(CrlType::Partitioned)).await.unwrap();
    world.revoke(second).await.unwrap();
    world.at(START + Duration::days(DAYS.into()) + Duration::minutes(30)).await;
    assert_eq!(world.listed(&partition), [serial(first), serial(second)]);
}

#[tokio::test]
async fn a_ca_has_several_partitions_in_use_at_once() {
    let world = World::with_crl(crl_of(CrlType::Partitioned)).await;
    let leaves = issue_one_after_another(&world, 2 * PARTITIONS).await;
    let (one_round, next_round) = leaves.split_at(PARTITIONS);
    let points = |leaves: &[(String, String)]| -> Vec<String> {
        leaves.iter().map(|(_, point)| point.clone()).collect()
    };
    let different: BTreeSet<String> = points(one_round).into_iter().collect();
    assert_eq!(different.len(), PARTITIONS);
    assert_eq!(points(one_round), points(next_round));

    // Each is there with its first certificate, and lists its own certificates alone.
    world.at(START).await;
    for (leaf, _) in one_round {
        world.revoke(leaf).await.unwrap();
    }
    let partition = |point: &str| point.replace(HOST, "bucket/");
    for point in &different {
        assert_eq!(world.listed(&partition(point)), [""; 0]);
    }
    world.at(START + Duration::minutes(30)).await;
    for (leaf, point) in one_round {
        assert_eq!(world.listed(&partition(point)), [serial(leaf)]);
        assert_eq!(names_itself(&world.crl(&partition(point))).as_ref(), Some(point));
    }
}

/// Leaves and the distribution points that they name.
async fn issue_one_after_another(world: &World, count: usize) -> Vec<(String, String)> {
    let mut leaves = Vec::new();
    for _ in 0..count {
        let leaf = world.issue(300).await;
        let point = world.distribution_point(&leaf).await.unwrap();
        leaves.push((leaf, point));
    }
    leaves
}

async fn openssl_agrees(world: &World, crl: &str, leaves: &[(&String, bool)]) {
    let openssl = OpenSsl::new();
    openssl.write("crl.der", world.s3.object(crl).unwrap());
    openssl.run("crl -inform DER -in crl.der -out crl.pem");
    for (leaf, is_good) in leaves {
        let (leaf, chain) = certificate(&world.client, &world.ca, leaf).await;
        openssl.write("leaf.pem", leaf);
        openssl.write("ca.pem", chain.unwrap());
        let now = world.service.timeline().clock().now().unix_timestamp();
        let verified = openssl.attempt(&format!(
            "verify -attime {now} -crl_check -extended_crl -CRLfile crl.pem -CAfile ca.pem leaf.pem"
        ));
        assert_eq!(verified.is_ok(), *is_good, "{verified:?}");
    }
}
