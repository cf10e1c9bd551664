//! A day of many CAs while S3 fails: what costs real time is a call.

use aws_sdk_acmpca::types::{CertificateAuthorityType, CrlType, RevocationConfiguration};
use aws_smithy_types::timeout::TimeoutConfig;
use time::Duration;

use super::world::*;
use testkit::{
    pca::*,
    s3::{Health, S3},
};

const CAS: usize = 20;
const RETRIES_A_DAY: usize = 96;

/// With a CRL that is due for each of its CAs.
struct Many {
    service: pca_local::PcaLocal,
    s3: S3,
    events: std::sync::Arc<Events>,
}

async fn many() -> Many {
    let s3 = S3::default();
    let events = std::sync::Arc::new(Events::default());
    let patience =
        TimeoutConfig::builder().operation_timeout(std::time::Duration::from_millis(500));
    let config = s3.client().config().to_builder().timeout_config(patience.build());
    let client_of_s3 = aws_sdk_s3::Client::from_conf(config.build());
    let service = builder().s3(client_of_s3).events(events.clone()).build();
    let client = client(&service, "alice");
    let leaf = create(&client, CertificateAuthorityType::Subordinate, "Leaf").await;
    let request = csr(&client, &leaf).await;
    for _ in 0..CAS {
        let ca = active_root(&client).await;
        let crl = crl_of(CrlType::Complete);
        let revocation = RevocationConfiguration::builder().crl_configuration(crl).build();
        let update = client.update_certificate_authority().certificate_authority_arn(&ca);
        update.revocation_configuration(revocation).send().await.unwrap();
        issue(&client, &ca, request.clone(), "EndEntityCertificate", days(30)).await;
    }
    s3.take_calls();
    s3.take_writes();
    Many { service, s3, events }
}

#[tokio::test]
async fn a_day_without_s3_makes_no_more_calls_than_one_with_it() {
    let with = many().await;
    with.service.timeline().advance_to(START + Duration::DAY).await;
    let calls_with = with.s3.take_calls();
    assert_eq!(calls_with, CAS, "each CA writes its CRL");
    for health in [Health::Down, Health::Refusing, Health::Silent] {
        let Many { service, s3, events } = many().await;
        s3.set_health(health);
        service.timeline().advance_to(START + Duration::DAY).await;
        let calls = s3.take_calls();
        assert!((2..calls_with).contains(&calls), "{health:?}: {calls}");
        // At once, and every 15 minutes up to the end of the day.
        let failures = events.take(GENERATION);
        assert_eq!(failures.len(), CAS * (RETRIES_A_DAY + 1), "{health:?}");
        assert!(failures.iter().all(|event| event["result"] == "failure"), "{health:?}");

        s3.set_health(Health::Accepting);
        service.timeline().advance_to(START + Duration::DAY + Duration::minutes(15)).await;
        assert_eq!(
            events.take(GENERATION),
            vec![success(); CAS],
            "{health:?}: with the next retry"
        );
        assert_eq!((s3.take_calls(), s3.take_writes().len()), (CAS, CAS), "{health:?}");
    }
}

#[tokio::test]
async fn an_s3_that_comes_back_is_found_while_the_clock_moves() {
    let Many { service, s3, events } = many().await;
    s3.set_health_for(3, Health::Down);
    service.timeline().advance_to(START + Duration::days(8)).await;
    let successes = events.take(GENERATION).into_iter().filter(|event| *event == success());
    assert!(successes.count() >= CAS);
}
