//! State that lasts: what is in a data directory is there after a restart, and what is not a data
//! directory is refused by name.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{fs, path::Path};

use aws_sdk_acmpca::{
    Client,
    types::{
        CertificateAuthorityStatus as Status, CrlConfiguration, CrlType, RevocationConfiguration,
        RevocationReason, Tag,
    },
};
use http::Method;
use pca_local::{PcaLocal, Timings};
use serde_json::{Value, json};
use testkit::{pca::*, s3::S3};
use time::Duration;

fn open(folder: &Path) -> PcaLocal {
    builder().open(folder).unwrap()
}

fn refused(folder: &Path) -> String {
    let error = builder().open(folder).err().expect("it is refused");
    let mut text = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// Everything that the API tells of the CAs and of these certificates.
async fn told(service: &PcaLocal, certificates: &[(String, String)]) -> Vec<Value> {
    let mut told = Vec::new();
    let (_, listed) = call(service, "ListCertificateAuthorities", &json!({})).await;
    for ca in listed["CertificateAuthorities"].as_array().unwrap() {
        let of_ca = json!({"CertificateAuthorityArn": ca["Arn"]});
        for operation in [
            "DescribeCertificateAuthority",
            "GetCertificateAuthorityCertificate",
            "GetCertificateAuthorityCsr",
            "ListPermissions",
            "ListTags",
        ] {
            told.push(call(service, operation, &of_ca).await.1);
        }
        told.push(call(service, "GetPolicy", &json!({"ResourceArn": ca["Arn"]})).await.1);
    }
    for (ca, certificate) in certificates {
        let wanted = json!({"CertificateAuthorityArn": ca, "CertificateArn": certificate});
        told.push(call(service, "GetCertificate", &wanted).await.1);
    }
    told.push(listed);
    told
}

async fn revoke(client: &Client, ca: &str, certificate: &str) {
    let serial = certificate.rsplit('/').next().unwrap();
    client
        .revoke_certificate()
        .certificate_authority_arn(ca)
        .certificate_serial(serial)
        .revocation_reason(RevocationReason::KeyCompromise)
        .send()
        .await
        .unwrap();
}

async fn decorate(client: &Client, ca: &str) {
    let tag = Tag::builder().key("team").value("pki").build().unwrap();
    client
        .tag_certificate_authority()
        .certificate_authority_arn(ca)
        .tags(tag)
        .send()
        .await
        .unwrap();
    client
        .create_permission()
        .certificate_authority_arn(ca)
        .principal("acm.amazonaws.com")
        .actions("IssueCertificate".into())
        .actions("GetCertificate".into())
        .send()
        .await
        .unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Resource": ca,
        "Action": ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate",
                   "acm-pca:GetCertificateAuthorityCertificate", "acm-pca:ListPermissions",
                   "acm-pca:ListTags"],
    }]});
    client.put_policy().resource_arn(ca).policy(policy.to_string()).send().await.unwrap();
}

async fn partitioned_crl(client: &Client, ca: &str) {
    let crl = CrlConfiguration::builder()
        .enabled(true)
        .expiration_in_days(7)
        .s3_bucket_name("bucket")
        .crl_type(CrlType::Partitioned)
        .build()
        .unwrap();
    client
        .update_certificate_authority()
        .certificate_authority_arn(ca)
        .revocation_configuration(RevocationConfiguration::builder().crl_configuration(crl).build())
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let s3 = S3::default();
    let service = builder().s3(s3.client()).open(folder.path()).unwrap();
    let client = client(&service, "alice");
    let root = active_root(&client).await;
    partitioned_crl(&client, &root).await;
    decorate(&client, &root).await;
    let subordinate = active_subordinate(&client, &root, "Issuing").await;
    let request = csr(&client, &root).await;
    let mut certificates = Vec::new();
    for _ in 0..3 {
        let arn = issue(&client, &root, request.clone(), "EndEntityCertificate", years(1)).await;
        certificates.push((root.clone(), arn));
    }
    revoke(&client, &root, &certificates[1].1).await;
    set_status(&client, &subordinate, Status::Disabled).await;
    client
        .delete_certificate_authority()
        .certificate_authority_arn(&subordinate)
        .permanent_deletion_time_in_days(7)
        .send()
        .await
        .unwrap();
    service.timeline().advance_to(START + Duration::hours(2)).await;
    let before = told(&service, &certificates).await;
    let crls = s3.paths();
    assert!(crls.iter().any(|path| path.starts_with("bucket/crl/")), "{crls:?}");
    service.close().unwrap();

    let s3 = S3::default();
    let service = builder().s3(s3.client()).open(folder.path()).unwrap();
    assert_eq!(service.timeline().clock().now(), START + Duration::hours(2), "the clock, too");
    assert_eq!(told(&service, &certificates).await, before);
    let client = testkit::pca::client(&service, "alice");
    let again = json!({
        "CertificateAuthorityArn": root, "RevocationReason": "SUPERSEDED",
        "CertificateSerial": certificates[1].1.rsplit('/').next().unwrap(),
    });
    let again = call(&service, "RevokeCertificate", &again).await.1;
    assert_eq!(again["__type"], "RequestAlreadyProcessedException");
    client
        .restore_certificate_authority()
        .certificate_authority_arn(&subordinate)
        .send()
        .await
        .unwrap();
    assert_eq!(status(&client, &subordinate).await, Status::Disabled);
    // The next CRLs, under the names that the certificates have.
    service.timeline().advance_to(START + Duration::days(4)).await;
    assert_eq!(
        s3.paths(),
        crls.into_iter().filter(|path| !path.contains("test-key")).collect::<Vec<_>>()
    );
    issue(&client, &root, csr(&client, &root).await, "EndEntityCertificate", years(1)).await;
}

#[tokio::test]
async fn work_that_was_accepted_is_finished_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let timings: Timings = "seconds:60".parse().unwrap();
    let s3 = S3::default();
    let slow = || builder().s3(s3.client()).timings(timings).open(folder.path()).unwrap();
    let service = builder().s3(s3.client()).open(folder.path()).unwrap();
    let root = active_root(&client(&service, "alice")).await;
    service.set_timings(timings);
    let alice = client(&service, "alice");
    let request = csr(&alice, &root).await;
    let pending = create(&alice, "SUBORDINATE".into(), "Pending").await;
    let certificate = issue(&alice, &root, request, "EndEntityCertificate", years(1)).await;
    let report = alice
        .create_certificate_authority_audit_report()
        .certificate_authority_arn(&root)
        .s3_bucket_name("bucket")
        .audit_report_response_format("JSON".into())
        .send()
        .await
        .unwrap();
    service.close().unwrap();

    let service = slow();
    let alice = client(&service, "alice");
    assert_eq!(status(&alice, &pending).await, Status::Creating);
    let wanted = json!({"CertificateAuthorityArn": root, "CertificateArn": certificate});
    let waiting = call(&service, "GetCertificate", &wanted).await.1;
    assert_eq!(waiting["__type"], "RequestInProgressException");
    service.timeline().advance_to(START + Duration::minutes(2)).await;
    assert_eq!(status(&alice, &pending).await, Status::PendingCertificate);
    assert_eq!(call(&service, "GetCertificate", &wanted).await.0, 200);
    let path = format!("bucket/{}", report.s3_key.unwrap());
    assert!(!s3.object(&path).unwrap().is_empty());
    service.close().unwrap();

    let service = slow();
    assert_eq!(call(&service, "GetCertificate", &wanted).await.0, 200, "and once only");
    let report = json!({"CertificateAuthorityArn": root, "AuditReportId": report.audit_report_id});
    let described = call(&service, "DescribeCertificateAuthorityAuditReport", &report).await.1;
    assert_eq!(described["AuditReportStatus"], "SUCCESS");
}

#[tokio::test]
async fn an_idempotency_token_is_remembered_for_its_five_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let service = open(folder.path());
    let alice = client(&service, "alice");
    let root = active_root(&alice).await;
    let issuance = json!({
        "CertificateAuthorityArn": root,
        "Csr": base64(csr(&alice, &root).await.as_ref()),
        "SigningAlgorithm": "SHA256WITHECDSA",
        "Validity": {"Type": "DAYS", "Value": 5},
        "IdempotencyToken": "once",
    });
    let creation = json!({
        "CertificateAuthorityType": "ROOT", "IdempotencyToken": "once",
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"CommonName": "Once"},
        },
    });
    let both = async |service: &PcaLocal| {
        let issued = call(service, "IssueCertificate", &issuance).await.1;
        let created = call(service, "CreateCertificateAuthority", &creation).await.1;
        assert!(issued["CertificateArn"].is_string(), "{issued}");
        (issued["CertificateArn"].clone(), created["CertificateAuthorityArn"].clone())
    };
    let first = both(&service).await;
    assert!(first.0.is_string() && first.1.is_string());
    service.close().unwrap();
    let service = open(folder.path());
    assert_eq!(both(&service).await, first);
    service.timeline().advance_to(START + Duration::minutes(5)).await;
    service.close().unwrap();
    let service = open(folder.path());
    let later = both(&service).await;
    assert!(later.0 != first.0 && later.1 != first.1);
}

fn base64(octets: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(octets)
}

#[tokio::test]
async fn a_reset_and_a_removed_ca_last_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let service = open(folder.path());
    let alice = client(&service, "alice");
    let (gone, kept) = (active_root(&alice).await, active_root(&alice).await);
    set_status(&alice, &gone, Status::Disabled).await;
    let delete = alice.delete_certificate_authority().certificate_authority_arn(&gone);
    delete.permanent_deletion_time_in_days(7).send().await.unwrap();
    service.timeline().advance_to(START + Duration::days(8)).await;
    service.close().unwrap();

    let service = open(folder.path());
    service.timeline().clock().set(START);
    let listed = call(&service, "ListCertificateAuthorities", &json!({})).await.1;
    let arns: Vec<&str> = listed["CertificateAuthorities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ca| ca["Arn"].as_str().unwrap())
        .collect();
    assert_eq!(arns, [kept.as_str()]);
    assert_eq!(admin(&service, Method::POST, "reset", &Value::Null).await.0, 204);
    service.close().unwrap();
    let service = open(folder.path());
    let listed = call(&service, "ListCertificateAuthorities", &json!({})).await.1;
    assert_eq!(listed["CertificateAuthorities"], json!([]));
    assert_eq!(service.timeline().clock().now(), START, "the clock stays");
}

#[cfg(unix)]
#[test]
fn the_private_keys_in_it_are_the_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    open(&folder);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_directory_that_cannot_be_one_is_refused_by_name() {
    let parent = tempfile::tempdir().unwrap();
    let at = |name: &str| parent.path().join(name);
    fs::write(at("file"), "").unwrap();
    fs::create_dir(at("foreign")).unwrap();
    fs::write(at("foreign/photo.jpg"), "").unwrap();
    fs::create_dir(at("other")).unwrap();
    fs::write(at("other/state.db"), "not a database, but long enough to be taken for one").unwrap();
    for (name, want) in [
        ("file", "Not a directory"),
        ("missing/below", "missing does not exist. Make that one first"),
        ("foreign", "has other files in it"),
        ("other", "is not a pca-local state"),
    ] {
        let error = refused(&at(name));
        assert!(error.contains(want) && error.contains(name), "{error}");
    }
    // Not even root can write below /proc.
    assert!(refused(Path::new("/proc/pca-local")).contains("/proc/pca-local"));
    let _first = open(&at("mine"));
    assert!(refused(&at("mine")).contains("is in use by another pca-local"));
}

/// As a volume of ext4 is when it is mounted first.
#[test]
fn a_directory_with_lost_and_found_alone_is_new() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lost+found")).unwrap();
    open(folder.path()).close().unwrap();
    open(folder.path()).close().unwrap();
    assert!(folder.path().join("lost+found").is_dir());
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_never_a_panic() {
    let parent = tempfile::tempdir().unwrap();
    let sound = parent.path().join("sound");
    let service = open(&sound);
    let alice = client(&service, "alice");
    let root = active_root(&alice).await;
    let request = csr(&alice, &root).await;
    for _ in 0..8 {
        issue(&alice, &root, request.clone(), "EndEntityCertificate", years(1)).await;
    }
    service.close().unwrap();
    drop((service, alice));
    let whole = fs::read(sound.join("state.db")).unwrap();
    let mut opened = 0;
    for number in 0..40 {
        let folder = parent.path().join(format!("damaged-{number}"));
        fs::create_dir(&folder).unwrap();
        let mut bytes = whole.clone();
        if number % 2 == 0 {
            bytes.truncate(bytes.len() * number / 40);
        } else {
            let step = bytes.len() / 40;
            bytes[number * step..(number + 1) * step].fill(0xa5);
        }
        fs::write(folder.join("state.db"), bytes).unwrap();
        match builder().open(&folder) {
            // What is damaged is a page that nothing is on, or one that is not read at the start.
            Ok(service) => {
                opened += 1;
                told(&service, &[]).await;
            }
            Err(error) => assert!(error.to_string().contains("state.db"), "{error}"),
        }
    }
    assert!(opened < 40, "some of that is noticed");
}

#[test]
fn a_newer_format_is_refused_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).close().unwrap();
    let file = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let error = refused(folder.path());
    assert!(error.contains("was written by a newer pca-local (format 99"), "{error}");
}
