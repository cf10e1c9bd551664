//! Where AWS's documentation is silent: what is done here, one test for each choice that no other
//! test shows.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::process::Command;

use aws_sdk_acmpca::{
    Client,
    config::Region,
    error::ProvideErrorMetadata as _,
    types::{
        ActionType, AuditReportResponseFormat, CertificateAuthorityStatus as Status,
        CertificateAuthorityType, CrlConfiguration, OcspConfiguration, RevocationConfiguration,
        RevocationReason, SigningAlgorithm, Tag,
    },
};
use serde_json::json;
use testkit::{pca::*, s3::S3};
use time::Duration;

async fn configure(client: &Client, ca: &str, configuration: RevocationConfiguration) {
    client
        .update_certificate_authority()
        .certificate_authority_arn(ca)
        .revocation_configuration(configuration)
        .send()
        .await
        .unwrap();
}

fn crl(bucket: &str) -> RevocationConfiguration {
    let crl = CrlConfiguration::builder().enabled(true).s3_bucket_name(bucket).build().unwrap();
    RevocationConfiguration::builder().crl_configuration(crl).build()
}

async fn revocation(client: &Client, ca: &str) -> RevocationConfiguration {
    let described =
        client.describe_certificate_authority().certificate_authority_arn(ca).send().await;
    described.unwrap().certificate_authority.unwrap().revocation_configuration.unwrap()
}

#[tokio::test]
async fn a_restored_ca_has_everything_that_it_had() {
    let service = builder().s3(S3::default().client()).build();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    configure(&client, &ca, crl("crls")).await;
    let tag = Tag::builder().key("team").value("pki").build().unwrap();
    let tags = client.tag_certificate_authority().certificate_authority_arn(&ca);
    tags.tags(tag.clone()).send().await.unwrap();
    let permission = client.create_permission().certificate_authority_arn(&ca);
    let permission = permission.principal("acm.amazonaws.com").actions(ActionType::GetCertificate);
    permission.send().await.unwrap();
    let before = revocation(&client, &ca).await;

    set_status(&client, &ca, Status::Disabled).await;
    client.delete_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();
    client.restore_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();

    let tags = client.list_tags().certificate_authority_arn(&ca).send().await.unwrap();
    assert_eq!(tags.tags(), [tag]);
    let permissions = client.list_permissions().certificate_authority_arn(&ca).send().await;
    assert_eq!(permissions.unwrap().permissions().len(), 1);
    assert_eq!(revocation(&client, &ca).await, before);
}

#[tokio::test]
async fn a_token_returns_the_first_resource_whatever_is_asked() {
    let service = service();
    let alice = client(&service, "alice");
    let root = active_root(&alice).await;
    let other = active_root(&alice).await;
    let request = csr(&alice, &root).await;
    let issue = async |ca: &str, days: i64| {
        let issued = alice
            .issue_certificate()
            .certificate_authority_arn(ca)
            .csr(request.clone())
            .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
            .validity(validity("DAYS".into(), days))
            .idempotency_token("once")
            .send()
            .await;
        issued.unwrap().certificate_arn.unwrap()
    };
    let first = issue(&root, 1).await;
    assert_eq!(issue(&root, 2).await, first);
    assert_ne!(issue(&other, 1).await, first, "another CA's tokens are its own");

    let created = |name: &str| {
        json!({
            "CertificateAuthorityType": "ROOT", "IdempotencyToken": "once",
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": name},
            },
        })
    };
    let (_, first) = call(&service, "CreateCertificateAuthority", &created("a")).await;
    let (_, again) = call(&service, "CreateCertificateAuthority", &created("b")).await;
    assert!(first["CertificateAuthorityArn"].is_string());
    assert_eq!(again, first);
}

async fn ask_for_report(client: &Client, ca: &str) -> Result<String, String> {
    let created = client
        .create_certificate_authority_audit_report()
        .certificate_authority_arn(ca)
        .s3_bucket_name("reports")
        .audit_report_response_format(AuditReportResponseFormat::Csv)
        .send()
        .await;
    created
        .map(|created| created.audit_report_id.unwrap())
        .map_err(|error| error.code().unwrap().to_owned())
}

#[tokio::test]
async fn the_next_audit_report_waits_for_the_last_and_30_minutes() {
    let service = builder().s3(S3::default().client()).build();
    let client = client(&service, "alice");
    let (ca, other) = (active_root(&client).await, active_root(&client).await);
    let wait = Err("RequestInProgressException".to_owned());
    assert!(ask_for_report(&client, &ca).await.is_ok());
    assert!(ask_for_report(&client, &other).await.is_ok(), "of each CA");
    let half = Duration::minutes(30);
    service.timeline().advance_to(START + half - Duration::SECOND).await;
    assert_eq!(ask_for_report(&client, &ca).await, wait);
    service.set_timings("immediate,audit-report=seconds:7200".parse().unwrap());
    service.timeline().advance_to(START + half).await;
    assert!(ask_for_report(&client, &ca).await.is_ok());
    service.timeline().advance_to(START + Duration::HOUR).await;
    assert_eq!(ask_for_report(&client, &ca).await, wait, "the last is still being written");
}

#[tokio::test]
async fn a_bucket_that_cannot_be_written_is_refused_at_once() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let refused = ask_for_report(&client, &ca).await;
    assert_eq!(refused, Err("ValidationException".to_owned()));
}

#[tokio::test]
async fn an_expired_certificate_cannot_be_revoked() {
    let service = service();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    let request = csr(&client, &ca).await;
    let day = validity("DAYS".into(), 1);
    let arn = issue(&client, &ca, request, "EndEntityCertificate", day).await;
    let revoke = async || {
        let revoked = client
            .revoke_certificate()
            .certificate_authority_arn(&ca)
            .certificate_serial(arn.rsplit('/').next().unwrap())
            .revocation_reason(RevocationReason::Superseded)
            .send()
            .await;
        revoked.map(|_| ()).map_err(|error| error.code().unwrap().to_owned())
    };
    service.timeline().advance_to(START + Duration::DAY + Duration::SECOND).await;
    assert_eq!(revoke().await, Err("InvalidRequestException".to_owned()));
    service.timeline().clock().set(START + Duration::DAY);
    assert_eq!(revoke().await, Ok(()), "in its last second");
}

#[tokio::test]
async fn a_short_lived_certificate_lives_seven_days_from_its_issuance() {
    let service = service();
    let client = client(&service, "alice");
    let (_, created) = call(
        &service,
        "CreateCertificateAuthority",
        &json!({
            "CertificateAuthorityType": "ROOT", "UsageMode": "SHORT_LIVED_CERTIFICATE",
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
                "Subject": {"CommonName": "Root"},
            },
        }),
    )
    .await;
    let ca = created["CertificateAuthorityArn"].as_str().unwrap();
    let request = csr(&client, ca).await;
    let own = issue(&client, ca, request.clone(), "RootCACertificate", years(1)).await;
    let own = certificate(&client, ca, &own).await.0;
    let import = client.import_certificate_authority_certificate().certificate_authority_arn(ca);
    import.certificate(aws_sdk_acmpca::primitives::Blob::new(own)).send().await.unwrap();
    let until = START + Duration::days(7);
    for (not_after, want) in
        [(until, None), (until + Duration::SECOND, Some("ValidationException"))]
    {
        let issued = client
            .issue_certificate()
            .certificate_authority_arn(ca)
            .csr(request.clone())
            .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
            .validity(validity("ABSOLUTE".into(), not_after.unix_timestamp()))
            .send()
            .await;
        let code = issued.err().map(|error| error.code().unwrap().to_owned());
        assert_eq!(code.as_deref(), want, "{not_after}");
    }
}

#[tokio::test]
async fn what_a_crl_configuration_leaves_out_is_chosen() {
    let objects = S3::default();
    let service = builder().s3(objects.client()).build();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    configure(&client, &ca, crl("crls.example.com")).await;
    let request = csr(&client, &ca).await;
    let arn = issue(&client, &ca, request, "EndEntityCertificate", years(1)).await;
    let id = ca.rsplit('/').next().unwrap();
    let leaf =
        openssl(&["x509", "-noout", "-text"], certificate(&client, &ca, &arn).await.0.as_bytes());
    let url = format!("URI:http://s3.us-east-1.amazonaws.com/crls.example.com/crl/{id}.crl");
    assert!(leaf.contains(&url), "{leaf}");
    client
        .revoke_certificate()
        .certificate_authority_arn(&ca)
        .certificate_serial(arn.rsplit('/').next().unwrap())
        .revocation_reason(RevocationReason::Unspecified)
        .send()
        .await
        .unwrap();
    service.timeline().advance_to(START + Duration::minutes(30)).await;
    let der = objects.object(&format!("crls.example.com/crl/{id}.crl")).unwrap();
    let crl = openssl(&["crl", "-inform", "DER", "-noout", "-text"], &der);
    assert!(crl.contains("Next Update: Jan 12 09:00:00 2026 GMT"), "seven days: {crl}");
    assert!(crl.contains("Serial Number:") && !crl.contains("Reason Code"), "{crl}");
}

fn openssl(arguments: &[&str], input: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let ran = Command::new("openssl").args(arguments).arg("-in").arg(file.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[tokio::test]
async fn a_part_of_the_configuration_that_an_update_leaves_out_stays() {
    let service = builder().s3(S3::default().client()).build();
    let client = client(&service, "alice");
    let ca = active_root(&client).await;
    configure(&client, &ca, crl("crls")).await;
    let ocsp = OcspConfiguration::builder().enabled(true).build().unwrap();
    configure(&client, &ca, RevocationConfiguration::builder().ocsp_configuration(ocsp).build())
        .await;
    let now = revocation(&client, &ca).await;
    assert_eq!(now.crl_configuration().unwrap().s3_bucket_name(), Some("crls"));
    assert!(now.ocsp_configuration().unwrap().enabled());
}

/// In any Region: `il-central-1` is newer than those that AWS calls legacy. China's standard has to be named
/// there (API reference, CreateCertificateAuthority, KeyStorageSecurityStandard).
#[tokio::test]
async fn a_curve_takes_every_hash_in_every_region() {
    let made = async |region: &str, hash: &str| {
        let service = builder().region(region).build();
        client_in(&service, region)
            .create_certificate_authority()
            .certificate_authority_type(CertificateAuthorityType::Root)
            .certificate_authority_configuration(configuration("Root", "EC_prime256v1", hash))
            .send()
            .await
    };
    for hash in ["SHA384WITHECDSA", "SHA512WITHECDSA"] {
        for region in ["us-east-1", "il-central-1"] {
            assert!(made(region, hash).await.is_ok(), "{hash} {region}");
        }
    }
    let error = made("cn-north-1", "SHA256WITHECDSA").await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidArgsException"));
}

fn client_in(service: &pca_local::PcaLocal, region: &str) -> Client {
    let own = client(service, "alice").config().to_builder().region(Region::new(region.to_owned()));
    Client::from_conf(own.build())
}
