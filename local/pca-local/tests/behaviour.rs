//! What is not the API's: faults on request, quotas, reset, and signatures.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_sdk_acmpca::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    error::ProvideErrorMetadata as _,
    types::{CertificateAuthorityType as Type, Tag},
};
use http::Method;
use pca_local::{PcaLocal, Quotas, Secrets};
use serde_json::{Value, json};
use testkit::pca::*;
use time::Duration;

/// One that does not try again.
fn hasty(service: &PcaLocal, access_key_id: &str, secret: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key_id, secret, None, None, "test"))
        .region(Region::new("us-east-1"))
        .endpoint_url("http://pca.local")
        .http_client(service.http_client())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

async fn list(client: &Client) -> Result<usize, String> {
    let listed = client.list_certificate_authorities().send().await;
    listed
        .map(|page| page.certificate_authorities().len())
        .map_err(|error| error.code().unwrap_or("none").to_owned())
}

#[tokio::test]
async fn an_operation_fails_as_often_as_asked_for() {
    let service = service();
    let client = hasty(&service, "alice", "local");
    let fault = json!({"operations": {
        "ListCertificateAuthorities": {"code": "ThrottlingException", "times": 2},
    }});
    let (code, left) = admin(&service, Method::PUT, "faults", &fault).await;
    assert_eq!((code, &left["operations"]), (200, &fault["operations"]));
    for _ in 0..2 {
        assert_eq!(list(&client).await, Err("ThrottlingException".to_owned()));
    }
    assert_eq!(list(&client).await, Ok(0));

    let fault = json!({"operations": {"ListCertificateAuthorities": {"code": "InternalFailure"}}});
    assert_eq!(admin(&service, Method::PUT, "faults", &fault).await.0, 200);
    let (status, body) = call(&service, "ListCertificateAuthorities", &json!({})).await;
    assert_eq!((status, body["__type"].as_str()), (500, Some("InternalFailure")));

    assert_eq!(admin(&service, Method::PUT, "faults", &fault).await.0, 200);
    assert_eq!(admin(&service, Method::DELETE, "faults", &Value::Null).await.0, 204);
    assert_eq!(list(&client).await, Ok(0), "cleared");
}

#[tokio::test]
async fn a_malformed_admin_request_is_refused_and_changes_nothing() {
    let service = service();
    for (path, body, want) in [
        ("timing", json!({"creation": "soon"}), "'soon' is not a time to wait"),
        ("timing", json!({"deletion": "immediate"}), "unknown field `deletion`"),
        ("faults", json!({"creation": "TIRED"}), "'TIRED' is not one of OTHER"),
        ("faults", json!({"operations": {"Sing": {"code": "X"}}}), "'Sing' is not an operation"),
    ] {
        let (status, answer) = admin(&service, Method::PUT, path, &body).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].as_str().unwrap().contains(want), "{answer}");
    }
    let (_, timing) = admin(&service, Method::GET, "timing", &Value::Null).await;
    let immediate =
        json!({"creation": "immediate", "issuance": "immediate", "audit-report": "immediate"});
    assert_eq!(timing, immediate);
}

#[tokio::test]
async fn reset_forgets_cas_and_faults_and_keeps_the_settings() {
    let service = service();
    let client = client(&service, "alice");
    let ca = create(&client, Type::Root, "Root").await;
    let timing =
        json!({"creation": "polls:1", "issuance": "immediate", "audit-report": "immediate"});
    admin(&service, Method::PUT, "timing", &timing).await;
    admin(&service, Method::PUT, "faults", &json!({"issuance": true})).await;
    service.timeline().advance_to(START + Duration::HOUR).await;

    assert_eq!(admin(&service, Method::POST, "reset", &Value::Null).await.0, 204);

    assert_eq!(list(&client).await, Ok(0));
    let gone = client.describe_certificate_authority().certificate_authority_arn(&ca).send().await;
    assert_eq!(gone.unwrap_err().code(), Some("ResourceNotFoundException"));
    let (_, faults) = admin(&service, Method::GET, "faults", &Value::Null).await;
    assert_eq!(faults["issuance"], json!(false));
    assert_eq!(admin(&service, Method::GET, "timing", &Value::Null).await.1, timing);
    assert_eq!(service.timeline().clock().now(), START + Duration::HOUR);
}

#[tokio::test]
async fn awss_rates_throttle_until_the_clock_moves_on() {
    let service = builder().quotas(Quotas::aws()).build();
    let client = hasty(&service, "alice", "local");
    for _ in 0..20 {
        assert_eq!(list(&client).await, Ok(0));
    }
    let (status, body) = call(&service, "ListCertificateAuthorities", &json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(body, json!({"__type": "ThrottlingException", "message": "Rate exceeded"}));
    service.timeline().advance_to(START + Duration::milliseconds(50)).await;
    assert_eq!(list(&client).await, Ok(0), "a twentieth of a second is one request");
    assert_eq!(list(&client).await, Err("ThrottlingException".to_owned()));
}

#[tokio::test]
async fn quotas_of_resources_are_as_configured() {
    let quotas = r#"{"certificate-authorities": 2, "certificates": 2, "tags": 1}"#;
    let service = builder().quotas(Quotas::from_json(quotas).unwrap()).build();
    let client = client(&service, "alice");
    let root = active_root(&client).await;
    let other = create(&client, Type::Subordinate, "Other").await;
    let request = csr(&client, &other).await;
    // The root's own certificate is the first.
    issue(&client, &root, request.clone(), "EndEntityCertificate", years(1)).await;
    let third = client
        .issue_certificate()
        .certificate_authority_arn(&root)
        .csr(request)
        .signing_algorithm("SHA256WITHECDSA".into())
        .validity(years(1))
        .send()
        .await;
    assert_eq!(third.unwrap_err().code(), Some("LimitExceededException"));

    let tag = |key: &str| Tag::builder().key(key).build().unwrap();
    let tags = client.tag_certificate_authority().certificate_authority_arn(&root);
    let two = tags.tags(tag("a")).tags(tag("b")).send().await;
    assert_eq!(two.unwrap_err().code(), Some("TooManyTagsException"));

    let configuration = json!({
        "CertificateAuthorityType": "ROOT",
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": {},
        },
    });
    let (_, body) = call(&service, "CreateCertificateAuthority", &configuration).await;
    assert_eq!(body["__type"], "LimitExceededException");
    client.delete_certificate_authority().certificate_authority_arn(&other).send().await.unwrap();
    let (_, body) = call(&service, "CreateCertificateAuthority", &configuration).await;
    assert_eq!(body["__type"], "LimitExceededException", "a deleted CA counts until it is gone");
    service.timeline().advance_to(START + Duration::days(30)).await;
    let (status, _) = call(&service, "CreateCertificateAuthority", &configuration).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn the_sdks_signature_is_verified_when_asked_for() {
    // The SDK signs with the system's time, corrected by what the service answers.
    let service = PcaLocal::builder()
        .verify_signatures(Secrets::OfEach([("alice".to_owned(), "rabbit".to_owned())].into()))
        .build();
    assert_eq!(list(&hasty(&service, "alice", "rabbit")).await, Ok(0));
    for (key, secret, want) in [
        ("alice", "hatter", "InvalidSignatureException"),
        ("bob", "rabbit", "UnrecognizedClientException"),
    ] {
        assert_eq!(list(&hasty(&service, key, secret)).await, Err(want.to_owned()), "{key}");
    }
    let (status, body) = call(&service, "ListCertificateAuthorities", &json!({})).await;
    assert_eq!(
        (status, body["__type"].as_str()),
        (400, Some("MissingAuthenticationTokenException"))
    );

    service.timeline().clock().set(START);
    let hour_off = list(&hasty(&service, "alice", "rabbit")).await;
    assert_eq!(hour_off, Err("InvalidSignatureException".to_owned()), "by the service's clock");
    let corrected = client_with_retries(&service).await;
    assert_eq!(corrected, Ok(0), "a second attempt is signed with the service's time");
}

async fn client_with_retries(service: &PcaLocal) -> Result<usize, String> {
    let config = hasty(service, "alice", "rabbit")
        .config()
        .to_builder()
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .build();
    list(&Client::from_conf(config)).await
}
