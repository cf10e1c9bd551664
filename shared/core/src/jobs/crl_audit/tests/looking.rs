//! Where the certificates of audit reports say that the CRL is.

use serde_json::json;
use time::Duration;

use super::{partitions::*, world::*};
use crate::{ca::CrlType, crl::fixture::Draft};

/// The event of an update has the CA's certificates looked at, whatever the hour.
#[test]
fn certificates_that_name_a_partition_of_a_ca_that_has_none_any_more_are_found() {
    let world = partitioned();
    world.note_report("2026-03-01T11:00:00+0000");
    for serial in ["11", "ee22", "12"] {
        let serial = format!("{serial:0>32}");
        let leaf = world.issuers[0].leaf_pem(&part_url("a"));
        world.authorities.issued.lock().unwrap().insert(serial, leaf);
    }
    let update = json!({
        "id": "e-1", "source": "aws.acm-pca", "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventName": "UpdateCertificateAuthority",
                   "requestParameters": {"certificateAuthorityArn": arn(1)}},
    });
    world.run(Duration::ZERO, &update).unwrap();
    assert_eq!(world.told(), [], "the partition is there");

    for name in ["a", "b"] {
        world.objects.objects.lock().unwrap().remove(&part_key(name));
    }
    for ca in world.authorities.cas.lock().unwrap().iter_mut() {
        ca.crl.as_mut().unwrap().crl_type = Some(CrlType::Complete);
    }
    world.put_crl(1, &Draft::good(&world.issuers[0], AT));
    world.run(Duration::ZERO, &update).unwrap();
    assert_eq!(world.told(), [new("crl.distribution-points")]);
    assert_eq!(world.bus.last().evidence["first_urls"], json!([part_url("a")]));
}
