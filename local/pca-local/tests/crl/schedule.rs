//! When CRLs are written, whether or not they can be.

use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, CrlType};
use http::Method;
use serde_json::json;
use time::Duration;

use super::world::*;
use testkit::{openssl::OpenSsl, pca::*, s3::Health};

#[tokio::test]
async fn a_crl_follows_issuance_midpoint_and_revocation() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    let path = format!("bucket/{}", world.complete_key());
    world.at(START + Duration::HOUR).await;
    assert_eq!(world.s3.take_writes(), [""; 0], "nothing refers to it");

    let issued_at = START + Duration::HOUR;
    let leaf = world.issue(30).await;
    let want = format!("http://bucket.s3.us-east-1.amazonaws.com/{}", world.complete_key());
    assert_eq!(world.distribution_point(&leaf).await, Some(want));
    world.at(issued_at).await;
    assert_eq!(world.s3.take_writes(), std::slice::from_ref(&path));
    assert_eq!(world.events.take(GENERATION), [success()]);
    assert_eq!(names_itself(&world.crl(&path)), None);

    let midpoint = issued_at + Duration::days(DAYS.into()) / 2;
    world.at(midpoint - Duration::SECOND).await;
    assert_eq!(world.s3.take_writes(), [""; 0]);
    world.at(midpoint).await;
    assert_eq!(world.s3.take_writes(), std::slice::from_ref(&path));
    let crl = world.crl(&path).tbs_cert_list;
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs() as i64;
    assert_eq!(seconds(crl.this_update), (midpoint - Duration::HOUR).unix_timestamp());
    let next_update = midpoint + Duration::days(DAYS.into());
    assert_eq!(seconds(crl.next_update.unwrap()), next_update.unix_timestamp());

    world.revoke(&leaf).await.unwrap();
    world.at(midpoint + Duration::minutes(30) - Duration::SECOND).await;
    assert_eq!(world.s3.take_writes(), [""; 0]);
    world.at(midpoint + Duration::minutes(30)).await;
    assert_eq!(world.s3.take_writes(), std::slice::from_ref(&path));
    assert_eq!(world.listed(&path), [serial(&leaf)]);

    let openssl = OpenSsl::new();
    let own = world.client.get_certificate_authority_certificate();
    let own = own.certificate_authority_arn(&world.ca).send().await.unwrap().certificate.unwrap();
    openssl.write("ca.pem", own);
    openssl.write("crl.der", world.s3.object(&path).unwrap());
    let verified = openssl.run("crl -inform DER -in crl.der -CAfile ca.pem -noout -text");
    assert!(verified.contains("verify OK") && verified.contains("Superseded"), "{verified}");
}

#[tokio::test]
async fn a_failed_write_is_retried_each_15_minutes_and_announced() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    world.issue(30).await;
    world.s3.set_health(Health::Refusing);
    world.at(START + Duration::minutes(14)).await;
    let refused = json!({
        "result": "failure",
        "reason": "Failed to write CRL to S3. Check your S3 bucket permissions.",
    });
    assert_eq!(world.events.take(GENERATION), std::slice::from_ref(&refused), "at once");
    world.at(START + Duration::minutes(44)).await;
    assert_eq!(world.events.take(GENERATION), [refused.clone(), refused], "at 15 and 30");
    world.s3.set_health(Health::Down);
    world.at(START + Duration::minutes(45)).await;
    let down =
        json!({"result": "failure", "reason": "Failed to write CRL to S3. Internal failure."});
    assert_eq!(world.events.take(GENERATION), [down]);
    world.s3.set_health(Health::Accepting);
    world.at(START + Duration::minutes(60)).await;
    assert_eq!(world.events.take(GENERATION), [success()]);
    assert_eq!(world.s3.take_writes().len(), 1);
    world.at(START + Duration::days(3)).await;
    assert!(world.events.take(GENERATION).is_empty(), "the next one is at the midpoint");
    let (_, metrics) = admin(&world.service, Method::GET, "metrics", &json!({})).await;
    let sum = |name: &str| {
        let data = metrics["MetricData"].as_array().unwrap();
        let datum = data.iter().find(|datum| datum["MetricName"] == name);
        datum.map_or(0, |datum| datum["StatisticValues"]["Sum"].as_u64().unwrap())
    };
    assert_eq!((sum("MisconfiguredCRLBucket"), sum("CRLGenerated")), (3, 1));
    assert_eq!((sum("Success"), sum("Failure")), (2, 0), "the root's own, and one");
}

#[tokio::test]
async fn disabled_cas_publish_deleted_do_not_restored_catch_up() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    world.issue(300).await;
    world.at(START).await;
    set_status(&world.client, &world.ca, Status::Disabled).await;
    let refresh = Duration::days(DAYS.into()) / 2;
    world.at(START + refresh).await;
    assert_eq!(world.s3.take_writes().len(), 2, "the first, and one while disabled");
    let ca = world.ca.as_str();
    world.client.delete_certificate_authority().certificate_authority_arn(ca).send().await.unwrap();
    world.at(START + refresh * 5).await;
    assert_eq!(world.s3.take_writes(), [""; 0], "nothing while deleted");
    world
        .client
        .restore_certificate_authority()
        .certificate_authority_arn(ca)
        .send()
        .await
        .unwrap();
    world.service.timeline().catch_up().await;
    assert_eq!(world.s3.take_writes().len(), 1, "overdue");

    world.at(START + Duration::days(3660)).await;
    assert_eq!(status(&world.client, ca).await, Status::Expired);
    let path = format!("bucket/{}", world.complete_key());
    let last = world.crl(&path).tbs_cert_list.this_update.to_unix_duration().as_secs() as i64;
    assert!(last <= (START + Duration::days(3652)).unix_timestamp(), "none after its end");
}

#[tokio::test]
async fn a_clock_set_back_makes_the_next_crl_of_the_new_time() {
    let world = World::with_crl(crl_of(CrlType::Complete)).await;
    let path = format!("bucket/{}", world.complete_key());
    world.issue(30).await;
    world.at(START + Duration::days(30)).await;
    world.s3.take_writes();
    let earlier = START + Duration::DAY;
    let earlier = earlier.format(&time::format_description::well_known::Rfc3339).unwrap();
    let back = json!({"now": earlier});
    assert_eq!(admin(&world.service, Method::PUT, "clock", &back).await.0, 200);
    assert_eq!(world.s3.take_writes(), [""; 0], "nothing is run");
    let now = world.service.timeline().clock().now();
    world.at(now).await;
    assert_eq!(world.s3.take_writes(), std::slice::from_ref(&path));
    let crl = world.crl(&path).tbs_cert_list;
    let this_update = crl.this_update.to_unix_duration().as_secs() as i64;
    assert_eq!(this_update, (now - Duration::HOUR).unix_timestamp());
}
