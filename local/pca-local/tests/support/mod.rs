//! The real SDK on a service in this process, and the steps that every test begins with.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod objects;

use aws_sdk_acmpca::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    primitives::Blob,
    types::{
        ApiPassthrough, Asn1Subject, CertificateAuthorityConfiguration, CertificateAuthorityStatus,
        CertificateAuthorityType, CustomExtension, Extensions, KeyAlgorithm, SigningAlgorithm,
        Validity, ValidityPeriodType,
    },
};
use axum::body::Body;
use http::{Method, Request};
use pca_local::{Builder, Clock, PcaLocal, Timeline};
use serde_json::Value;
use time::{OffsetDateTime, macros::datetime};
use tower::ServiceExt as _;

pub(crate) const START: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

pub(crate) fn builder() -> Builder {
    PcaLocal::builder().timeline(Timeline::new(Clock::frozen_at(START)))
}

pub(crate) fn service() -> PcaLocal {
    builder().build()
}

/// One request as any HTTP client would send it: the status and the body.
async fn exchange(service: &PcaLocal, request: Request<Body>) -> (u16, Value) {
    let Ok(response) = service.router().oneshot(request).await;
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Calls an operation with any JSON, which the SDK would not let out.
pub(crate) async fn call(service: &PcaLocal, operation: &str, request: &Value) -> (u16, Value) {
    let request = Request::post("/")
        .header("x-amz-target", format!("ACMPrivateCA.{operation}"))
        .body(Body::from(request.to_string()))
        .unwrap();
    exchange(service, request).await
}

pub(crate) async fn admin(
    service: &PcaLocal,
    method: Method,
    path: &str,
    body: &Value,
) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/_pca-local/{path}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    exchange(service, request).await
}

pub(crate) fn client(service: &PcaLocal, access_key_id: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key_id, "local", None, None, "test"))
        .region(Region::new("us-east-1"))
        .endpoint_url("http://pca.local")
        .http_client(service.http_client())
        .build();
    Client::from_conf(config)
}

pub(crate) fn template(name: &str) -> String {
    format!("arn:aws:acm-pca:::template/{name}/V1")
}

pub(crate) fn validity(kind: ValidityPeriodType, value: i64) -> Validity {
    Validity::builder().r#type(kind).value(value).build().unwrap()
}

pub(crate) fn years(value: i64) -> Validity {
    validity(ValidityPeriodType::Years, value)
}

pub(crate) async fn create(client: &Client, kind: CertificateAuthorityType, name: &str) -> String {
    create_with(client, kind, name, "EC_prime256v1", "SHA256WITHECDSA").await
}

pub(crate) async fn create_with(
    client: &Client,
    kind: CertificateAuthorityType,
    name: &str,
    key_algorithm: &str,
    signing_algorithm: &str,
) -> String {
    let subject = Asn1Subject::builder().organization("Example").common_name(name).build();
    let configuration = CertificateAuthorityConfiguration::builder()
        .key_algorithm(KeyAlgorithm::from(key_algorithm))
        .signing_algorithm(SigningAlgorithm::from(signing_algorithm))
        .subject(subject)
        .build()
        .unwrap();
    let created = client
        .create_certificate_authority()
        .certificate_authority_type(kind)
        .certificate_authority_configuration(configuration)
        .send()
        .await
        .unwrap();
    created.certificate_authority_arn.unwrap()
}

pub(crate) async fn csr(client: &Client, ca: &str) -> Blob {
    let response =
        client.get_certificate_authority_csr().certificate_authority_arn(ca).send().await.unwrap();
    Blob::new(response.csr.unwrap())
}

pub(crate) async fn issue(
    client: &Client,
    ca: &str,
    csr: Blob,
    template_name: &str,
    validity: Validity,
) -> String {
    let issued = client
        .issue_certificate()
        .certificate_authority_arn(ca)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
        .template_arn(template(template_name))
        .validity(validity)
        .send()
        .await
        .unwrap();
    issued.certificate_arn.unwrap()
}

/// The certificate and its chain.
pub(crate) async fn certificate(client: &Client, ca: &str, arn: &str) -> (String, Option<String>) {
    let got = client
        .get_certificate()
        .certificate_authority_arn(ca)
        .certificate_arn(arn)
        .send()
        .await
        .unwrap();
    (got.certificate.unwrap(), got.certificate_chain)
}

pub(crate) async fn active_root(client: &Client) -> String {
    let root = create(client, CertificateAuthorityType::Root, "Root").await;
    let csr = csr(client, &root).await;
    let arn = issue(client, &root, csr, "RootCACertificate", years(10)).await;
    let (own, chain) = certificate(client, &root, &arn).await;
    assert_eq!(chain, None, "a root's own certificate has no chain");
    client
        .import_certificate_authority_certificate()
        .certificate_authority_arn(&root)
        .certificate(Blob::new(own))
        .send()
        .await
        .unwrap();
    root
}

pub(crate) async fn active_subordinate(client: &Client, root: &str, name: &str) -> String {
    let subordinate = create(client, CertificateAuthorityType::Subordinate, name).await;
    let request = csr(client, &subordinate).await;
    let template = "SubordinateCACertificate_PathLen0";
    let arn = issue(client, root, request, template, years(5)).await;
    import(client, root, &arn, &subordinate).await;
    subordinate
}

/// A subordinate whose certificate has an extension of the test's own.
pub(crate) async fn subordinate_from(
    client: &Client,
    root: &str,
    template_name: &str,
    extension: Option<CustomExtension>,
) -> String {
    let subordinate = create(client, CertificateAuthorityType::Subordinate, "Special").await;
    let extensions = Extensions::builder().set_custom_extensions(extension.map(|own| vec![own]));
    let issued = client
        .issue_certificate()
        .certificate_authority_arn(root)
        .csr(csr(client, &subordinate).await)
        .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
        .template_arn(template(template_name))
        .api_passthrough(ApiPassthrough::builder().extensions(extensions.build()).build())
        .validity(years(5))
        .send()
        .await
        .unwrap();
    import(client, root, &issued.certificate_arn.unwrap(), &subordinate).await;
    subordinate
}

async fn import(client: &Client, root: &str, arn: &str, subordinate: &str) {
    let (own, chain) = certificate(client, root, arn).await;
    client
        .import_certificate_authority_certificate()
        .certificate_authority_arn(subordinate)
        .certificate(Blob::new(own))
        .certificate_chain(Blob::new(chain.unwrap()))
        .send()
        .await
        .unwrap();
}

pub(crate) async fn status(client: &Client, ca: &str) -> CertificateAuthorityStatus {
    let described =
        client.describe_certificate_authority().certificate_authority_arn(ca).send().await.unwrap();
    described.certificate_authority.unwrap().status.unwrap()
}

pub(crate) async fn set_status(client: &Client, ca: &str, status: CertificateAuthorityStatus) {
    client
        .update_certificate_authority()
        .certificate_authority_arn(ca)
        .status(status)
        .send()
        .await
        .unwrap();
}
