//! What is not done at once: refused as in progress, done in time, or failed.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::sync::{Arc, Mutex};

use aws_sdk_acmpca::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{
        AuditReportResponseFormat, AuditReportStatus, CertificateAuthorityStatus as Status,
        CertificateAuthorityType as Type, FailureReason, RevocationReason,
    },
};
use http::Method;
use pca_local::{EventSink, Faults, PcaLocal, Timings};
use serde_json::{Value, json};
use testkit::{pca::*, s3::S3};
use time::Duration;

/// The service's own events: what happened and how it ended.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<(String, String)>>>);

impl EventSink for Events {
    fn deliver(&self, event: Value) {
        let kind = event["detail-type"].as_str().unwrap();
        if let Some(kind) = kind.strip_prefix("ACM Private CA ") {
            let result = event["detail"]["result"].as_str().unwrap();
            self.0.lock().unwrap().push((kind.to_owned(), result.to_owned()));
        }
    }
}

impl Events {
    fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn event(kind: &str, result: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), result.to_owned())]
}

async fn csr_code(client: &Client, ca: &str) -> Option<String> {
    let result = client.get_certificate_authority_csr().certificate_authority_arn(ca).send().await;
    result.err().map(|error| error.code().unwrap().to_owned())
}

fn timed(service: &PcaLocal, timings: &str) {
    service.set_timings(format!("immediate,{timings}").parse::<Timings>().unwrap());
}

#[tokio::test]
async fn a_ca_is_creating_for_as_many_polls_as_asked_for() {
    let events = Events::default();
    let service = builder().events(Arc::new(events.clone())).build();
    let (code, _) = admin(&service, Method::PUT, "timing", &json!({"creation": "polls:2"})).await;
    assert_eq!(code, 200);
    let client = client(&service, "alice");
    let ca = create(&client, Type::Root, "Root").await;
    let in_progress = Some("RequestInProgressException".to_owned());
    assert_eq!(csr_code(&client, &ca).await, in_progress);
    assert_eq!(status(&client, &ca).await, Status::Creating, "the second poll");
    assert_eq!(events.take(), []);
    assert_eq!(csr_code(&client, &ca).await, None);
    assert_eq!(status(&client, &ca).await, Status::PendingCertificate);
    assert_eq!(events.take(), event("Creation", "success"));
}

#[tokio::test]
async fn a_ca_is_creating_until_its_moment_and_says_when_that_was() {
    let service = service();
    timed(&service, "creation=seconds:2");
    let client = client(&service, "alice");
    let ca = create(&client, Type::Root, "Root").await;
    let due = START + Duration::seconds(2);
    service.timeline().advance_to(due - Duration::MILLISECOND).await;
    assert_eq!(status(&client, &ca).await, Status::Creating);
    service.timeline().advance_to(due + Duration::HOUR).await;
    let described =
        client.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    let described = described.unwrap().certificate_authority.unwrap();
    assert_eq!(described.status, Some(Status::PendingCertificate));
    assert_eq!(described.last_state_change_at.unwrap().secs(), due.unix_timestamp());
}

#[tokio::test]
async fn a_failed_creation_has_its_reason_and_is_deleted_at_once() {
    let events = Events::default();
    let service = builder().events(Arc::new(events.clone())).build();
    let client = client(&service, "alice");
    let fault = json!({"creation": "REQUEST_TIMED_OUT"});
    assert_eq!(admin(&service, Method::PUT, "faults", &fault).await.0, 200);
    let ca = create(&client, Type::Root, "Root").await;
    let described =
        client.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    let described = described.unwrap().certificate_authority.unwrap();
    assert_eq!(described.status, Some(Status::Failed));
    assert_eq!(described.failure_reason, Some(FailureReason::RequestTimedOut));
    assert_eq!(events.take(), event("Creation", "failure"));

    let next = create(&client, Type::Root, "Next").await;
    assert_eq!(status(&client, &next).await, Status::PendingCertificate, "one only");
    client.delete_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();
    let gone = client.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    assert_eq!(gone.unwrap_err().code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn a_ca_that_is_deleted_while_creating_never_comes_to_be() {
    let events = Events::default();
    let service = builder().events(Arc::new(events.clone())).build();
    timed(&service, "seconds:5");
    let client = client(&service, "alice");
    let ca = create(&client, Type::Root, "Root").await;
    client.delete_certificate_authority().certificate_authority_arn(&ca).send().await.unwrap();
    service.timeline().advance_to(START + Duration::MINUTE).await;
    let listed = client.list_certificate_authorities().send().await.unwrap();
    assert!(listed.certificate_authorities().is_empty());
    assert_eq!(events.take(), []);
}

async fn get(client: &Client, ca: &str, certificate: &str) -> Option<String> {
    let result = client
        .get_certificate()
        .certificate_authority_arn(ca)
        .certificate_arn(certificate)
        .send()
        .await;
    result.err().map(|error| error.code().unwrap().to_owned())
}

async fn revoke(client: &Client, ca: &str, certificate: &str) -> Option<String> {
    let result = client
        .revoke_certificate()
        .certificate_authority_arn(ca)
        .certificate_serial(certificate.rsplit('/').next().unwrap())
        .revocation_reason(RevocationReason::Superseded)
        .send()
        .await;
    result.err().map(|error| error.code().unwrap().to_owned())
}

#[tokio::test]
async fn a_certificate_exists_only_after_its_issuance_ends() {
    let events = Events::default();
    let service = builder().events(Arc::new(events.clone())).build();
    let client = client(&service, "alice");
    let root = active_root(&client).await;
    let other = create(&client, Type::Subordinate, "Other").await;
    let request = csr(&client, &other).await;
    for (timing, end) in
        [("issuance=polls:1", None), ("issuance=seconds:1", Some(Duration::SECOND))]
    {
        timed(&service, timing);
        let arn = issue(&client, &root, request.clone(), "EndEntityCertificate", years(1)).await;
        events.take();
        let in_progress = Some("RequestInProgressException".to_owned());
        assert_eq!(revoke(&client, &root, &arn).await, in_progress, "{timing}");
        assert_eq!(get(&client, &root, &arn).await, in_progress, "{timing}");
        assert_eq!(events.take(), []);
        if let Some(end) = end {
            service.timeline().advance_to(START + end).await;
            assert_eq!(events.take(), event("Certificate Issuance", "success"));
        }
        assert_eq!(get(&client, &root, &arn).await, None, "{timing}");
        assert_eq!(revoke(&client, &root, &arn).await, None, "{timing}");
    }
}

#[tokio::test]
async fn get_certificate_and_an_event_report_a_failed_issuance() {
    let events = Events::default();
    let service = builder().events(Arc::new(events.clone())).build();
    let client = client(&service, "alice");
    let root = active_root(&client).await;
    let other = create(&client, Type::Subordinate, "Other").await;
    let request = csr(&client, &other).await;
    service.set_faults(Faults { issuance: true, ..Faults::default() }).unwrap();
    events.take();
    let arn = issue(&client, &root, request.clone(), "EndEntityCertificate", years(1)).await;
    assert_eq!(events.take(), event("Certificate Issuance", "failure"));
    for _ in 0..2 {
        assert_eq!(get(&client, &root, &arn).await, Some("RequestFailedException".to_owned()));
    }
    assert_eq!(revoke(&client, &root, &arn).await, Some("RequestFailedException".to_owned()));
    let next = issue(&client, &root, request, "EndEntityCertificate", years(1)).await;
    assert_eq!(get(&client, &root, &next).await, None, "one only");
}

async fn report(client: &Client, ca: &str) -> String {
    let created = client
        .create_certificate_authority_audit_report()
        .certificate_authority_arn(ca)
        .s3_bucket_name("reports")
        .audit_report_response_format(AuditReportResponseFormat::Json)
        .send()
        .await;
    created.unwrap().audit_report_id.unwrap()
}

async fn report_status(client: &Client, ca: &str, id: &str) -> AuditReportStatus {
    let described = client
        .describe_certificate_authority_audit_report()
        .certificate_authority_arn(ca)
        .audit_report_id(id)
        .send()
        .await;
    described.unwrap().audit_report_status.unwrap()
}

#[tokio::test]
async fn an_audit_report_is_creating_until_enough_polls_or_time() {
    let objects = S3::default();
    let events = Events::default();
    let service = builder().s3(objects.client()).events(Arc::new(events.clone())).build();
    let client = client(&service, "alice");
    let root = active_root(&client).await;
    timed(&service, "audit-report=polls:1");
    let id = report(&client, &root).await;
    assert_eq!(report_status(&client, &root, &id).await, AuditReportStatus::Creating);
    assert!(!objects.paths().iter().any(|path| path.contains(&id)));
    assert_eq!(report_status(&client, &root, &id).await, AuditReportStatus::Success);
    assert!(objects.paths().iter().any(|path| path.contains(&id)));

    service.timeline().advance_to(START + Duration::HOUR).await;
    timed(&service, "audit-report=seconds:10");
    let id = report(&client, &root).await;
    assert_eq!(report_status(&client, &root, &id).await, AuditReportStatus::Creating);
    events.take();
    service.timeline().advance_to(START + Duration::HOUR + Duration::seconds(10)).await;
    assert_eq!(events.take(), event("Audit Report Generation", "success"));
    assert_eq!(report_status(&client, &root, &id).await, AuditReportStatus::Success);

    service.timeline().advance_to(START + Duration::hours(2)).await;
    timed(&service, "immediate");
    let fault = json!({"audit-report": true});
    assert_eq!(admin(&service, Method::PUT, "faults", &fault).await.0, 200);
    let id = report(&client, &root).await;
    service.timeline().catch_up().await;
    assert_eq!(report_status(&client, &root, &id).await, AuditReportStatus::Failed);
    assert_eq!(events.take(), event("Audit Report Generation", "failure"));
}
