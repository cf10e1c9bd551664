//! Partitioned CRLs, and the certificates that are bound to them.

use aws_sdk_acmpca::types::CrlType;
use time::Duration;

use super::world::*;
use testkit::{openssl::OpenSsl, pca::*};

#[tokio::test]
async fn certificates_are_bound_to_partitions_and_stay_so() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    let complete = format!("bucket/{}", world.complete_key());
    let before = world.issue(300).await;
    world.at(START).await;
    world.configure(crl_of(CrlType::Partitioned)).await.unwrap();
    let [first, second] = [world.issue(300).await, world.issue(300).await];
    let point = world.distribution_point(&first).await.unwrap();
    assert_eq!(world.distribution_point(&second).await, Some(point.clone()));
    let host = "http://bucket.s3.us-east-1.amazonaws.com/";
    let key = point.strip_prefix(host).expect("in the CA's bucket").to_owned();
    let id = world.ca.rsplit('/').next().unwrap();
    assert!(key.starts_with(&format!("crl/{id}/")) && key != world.complete_key(), "{key}");
    let partition = format!("bucket/{key}");

    for leaf in [&before, &first] {
        world.revoke(leaf).await.unwrap();
    }
    world.at(START + Duration::minutes(30)).await;
    assert_eq!(world.listed(&complete), [serial(&before)]);
    assert_eq!(world.listed(&partition), [serial(&first)]);
    assert_eq!(names_itself(&world.crl(&partition)), Some(point));
    assert_eq!(
        names_itself(&world.crl(&complete)),
        Some(format!("{host}{}", world.complete_key()))
    );
    openssl_agrees(&world, &partition, &[(&first, false), (&second, true)]).await;

    world.s3.take_writes();
    world.configure(crl_of(CrlType::Complete)).await.unwrap();
    let refused = world.revoke(&second).await.unwrap_err();
    assert!(refused.starts_with("InvalidRequestException"), "{refused}");
    let after = world.issue(300).await;
    world.revoke(&after).await.unwrap();
    world.at(START + Duration::days(DAYS.into())).await;
    let writes = world.s3.take_writes();
    assert!(writes[1..].iter().all(|path| *path == complete), "{writes:?}");
    assert_eq!(world.listed(&complete), [serial(&before), serial(&after)]);

    world.configure(crl_of(CrlType::Partitioned)).await.unwrap();
    world.revoke(&second).await.unwrap();
    world.at(START + Duration::days(DAYS.into()) + Duration::minutes(30)).await;
    assert_eq!(world.listed(&partition), [serial(&first), serial(&second)]);
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
