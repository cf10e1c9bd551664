//! When CRLs are written, where to, and what they say, along the clock and through the real SDK.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "x509/openssl.rs"]
#[allow(dead_code, reason = "the x509 tests use the rest")]
mod openssl;
#[path = "support/s3.rs"]
mod s3;
mod support;

use std::sync::{Arc, Mutex};

use aws_sdk_acmpca::{
    Client,
    error::ProvideErrorMetadata as _,
    primitives::Blob,
    types::{
        CertificateAuthorityStatus as Status, CertificateAuthorityType, CrlConfiguration,
        CrlDistributionPointExtensionConfiguration as Cdp, CrlType, RevocationConfiguration,
        RevocationReason, S3ObjectAcl, ValidityPeriodType,
    },
};
use der::Decode as _;
use http::Method;
use openssl::OpenSsl;
use pca_local::{Clock, PcaLocal, Quotas, Timeline, x509::pem};
use s3::{Health, S3};
use serde_json::json;
use support::*;
use time::{Duration, OffsetDateTime};
use x509_cert::crl::CertificateList;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{CrlDistributionPoints, IssuingDistributionPoint};

const GENERATION: &str = "ACM Private CA CRL Generation";
const DAYS: i32 = 8;

/// Keeps the service's events.
#[derive(Default)]
struct Events(Mutex<Vec<serde_json::Value>>);

impl pca_local::EventSink for Events {
    fn deliver(&self, event: serde_json::Value) {
        self.0.lock().unwrap().push(event);
    }
}

impl Events {
    /// The details of the events of one type since the last call.
    fn take(&self, detail_type: &str) -> Vec<serde_json::Value> {
        let events = std::mem::take(&mut *self.0.lock().unwrap());
        let wanted = events.into_iter().filter(|event| event["detail-type"] == detail_type);
        wanted.map(|event| event["detail"].clone()).collect()
    }
}

struct World {
    service: PcaLocal,
    client: Client,
    s3: S3,
    events: Arc<Events>,
    ca: String,
    /// The request of every leaf.
    csr: Blob,
}

impl World {
    async fn new() -> Self {
        Self::with_quotas(Quotas::default()).await
    }

    async fn with_quotas(quotas: Quotas) -> Self {
        let s3 = S3::default();
        let events = Arc::new(Events::default());
        let service = PcaLocal::builder()
            .timeline(Timeline::new(Clock::frozen_at(START)))
            .s3(s3.client())
            .events(events.clone())
            .quotas(quotas)
            .build();
        let client = client(&service, "alice");
        let ca = active_root(&client).await;
        let leaf = create(&client, CertificateAuthorityType::Subordinate, "Leaf").await;
        let csr = csr(&client, &leaf).await;
        Self { service, client, s3, events, ca, csr }
    }

    async fn with_crl(crl: CrlConfiguration) -> Self {
        let world = Self::new().await;
        world.configure(crl).await.unwrap();
        assert_eq!(world.s3.take_writes(), ["bucket/acm-pca-permission-test-key"]);
        world
    }

    async fn configure(&self, crl: CrlConfiguration) -> Result<(), String> {
        let revocation = RevocationConfiguration::builder().crl_configuration(crl).build();
        self.client
            .update_certificate_authority()
            .certificate_authority_arn(&self.ca)
            .revocation_configuration(revocation)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| format!("{}: {}", error.code().unwrap(), error.message().unwrap()))
    }

    /// A leaf for a number of days; its ARN.
    async fn issue(&self, days: i64) -> String {
        let days = validity(ValidityPeriodType::Days, days);
        issue(&self.client, &self.ca, self.csr.clone(), "EndEntityCertificate", days).await
    }

    async fn revoke(&self, certificate: &str) -> Result<(), String> {
        self.client
            .revoke_certificate()
            .certificate_authority_arn(&self.ca)
            .certificate_serial(serial(certificate))
            .revocation_reason(RevocationReason::Superseded)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| format!("{}: {}", error.code().unwrap(), error.message().unwrap()))
    }

    async fn at(&self, moment: OffsetDateTime) {
        self.service.timeline().advance_to(moment).await;
    }

    fn complete_key(&self) -> String {
        format!("crl/{}.crl", self.ca.rsplit('/').next().unwrap())
    }

    fn crl(&self, path: &str) -> CertificateList {
        CertificateList::from_der(&self.s3.object(path).expect("the CRL is there")).unwrap()
    }

    fn listed(&self, path: &str) -> Vec<String> {
        let crl = self.crl(path);
        let entries = crl.tbs_cert_list.revoked_certificates.unwrap_or_default();
        let digits = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let padded = |hex: String| format!("{hex:0>32}");
        let serials = entries.iter().map(|entry| digits(entry.serial_number.as_bytes()));
        serials
            .map(|hex: String| padded(hex.get(hex.len().saturating_sub(32)..).unwrap().into()))
            .collect()
    }

    /// The URL in the certificate's CDP, if it has one.
    async fn distribution_point(&self, certificate_arn: &str) -> Option<String> {
        let (text, _) = certificate(&self.client, &self.ca, certificate_arn).await;
        let der = pem::decode_one(text.as_bytes(), &[pem::CERTIFICATE]).unwrap();
        let parsed = x509_cert::Certificate::from_der(&der).unwrap();
        let (_, points) =
            parsed.tbs_certificate().get_extension::<CrlDistributionPoints>().unwrap()?;
        let [point] = points.0.as_slice() else { panic!("one point") };
        Some(url(point.distribution_point.as_ref().unwrap()))
    }
}

fn url(name: &DistributionPointName) -> String {
    let DistributionPointName::FullName(names) = name else { panic!("a full name") };
    let [GeneralName::UniformResourceIdentifier(url)] = names.as_slice() else { panic!("one URL") };
    url.to_string()
}

fn names_itself(crl: &CertificateList) -> Option<String> {
    let extensions = crl.tbs_cert_list.crl_extensions.iter().flatten();
    let found = extensions.into_iter().find(|one| one.extn_id.to_string() == "2.5.29.28")?;
    assert!(found.critical, "RFC 5280 §5.2.5");
    let point = IssuingDistributionPoint::from_der(found.extn_value.as_bytes()).unwrap();
    assert!(!point.only_contains_user_certs && !point.only_contains_ca_certs);
    assert!(!point.indirect_crl && point.only_some_reasons.is_none());
    Some(url(&point.distribution_point.unwrap()))
}

fn serial(certificate_arn: &str) -> &str {
    certificate_arn.rsplit('/').next().unwrap()
}

fn crl_of(kind: CrlType) -> CrlConfiguration {
    CrlConfiguration::builder()
        .enabled(true)
        .s3_bucket_name("bucket")
        .expiration_in_days(DAYS)
        .crl_type(kind)
        .build()
        .unwrap()
}

fn success() -> serde_json::Value {
    json!({"result": "success"})
}

#[tokio::test]
async fn a_crl_comes_with_the_first_certificate_then_at_the_midpoint_and_after_a_revocation() {
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
async fn a_write_that_fails_is_tried_each_15_minutes_and_told_in_the_services_words() {
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
async fn disabled_cas_publish_deleted_ones_do_not_and_restored_ones_catch_up() {
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
async fn a_new_bucket_gets_the_crl_with_the_first_certificate_that_names_it() {
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
async fn a_crl_that_certificates_do_not_name_is_published_all_the_same() {
    let mut crl = crl_of(CrlType::Complete);
    crl.crl_distribution_point_extension_configuration =
        Some(Cdp::builder().omit_extension(true).build().unwrap());
    let world = World::with_crl(crl).await;
    let leaf = world.issue(30).await;
    assert_eq!(world.distribution_point(&leaf).await, None);
    world.at(START).await;
    assert_eq!(world.s3.take_writes(), [format!("bucket/{}", world.complete_key())]);
}

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

#[tokio::test]
async fn an_audit_report_lists_what_was_issued_in_both_formats() {
    let world = World::new().await;
    let leaf = world.issue(30).await;
    world.revoke(&leaf).await.unwrap();
    for format in ["JSON", "CSV"] {
        let report = world.client.create_certificate_authority_audit_report();
        let report = report.certificate_authority_arn(&world.ca).s3_bucket_name("bucket");
        let created = report.audit_report_response_format(format.into()).send().await.unwrap();
        world.at(world.service.timeline().clock().now() + Duration::minutes(30)).await;
        let path = format!("bucket/{}", created.s3_key.unwrap());
        let probe = "bucket/acm-pca-permission-test-key-private".to_owned();
        assert_eq!(world.s3.take_writes(), [probe, path.clone()], "one object, at once");
        let text = String::from_utf8(world.s3.object(&path).unwrap()).unwrap();
        assert!(text.contains(serial(&leaf)) && text.contains("SUPERSEDED"), "{text}");
        if format == "JSON" {
            let records: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(records.as_array().unwrap().len(), 2);
            assert_eq!(records[1]["subject"], "CN=Leaf,O=Example");
        } else {
            assert!(text.lines().count() == 3 && text.ends_with('\n'), "{text}");
            assert!(text.contains(",\"CN=Leaf,O=Example\","), "{text}");
        }
    }
}

#[tokio::test]
async fn a_complete_crl_has_a_quota_of_revoked_certificates_until_they_expire() {
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
