//! pca-local's events outside of it: at an EventBridge endpoint, in a file, on standard output.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::path::Path;

use aws_sdk_acmpca::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
    types::{
        Asn1Subject, CertificateAuthorityConfiguration, CertificateAuthorityType, KeyAlgorithm,
        SigningAlgorithm,
    },
};
use e2e::Server;
use serde_json::{Value, json};
use vigil_local::Stack;

fn client(url: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("alice", "local", None, None, "test"))
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

async fn create_and_delete(url: &str) -> String {
    let client = client(url);
    let configuration = CertificateAuthorityConfiguration::builder()
        .key_algorithm(KeyAlgorithm::EcPrime256v1)
        .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
        .subject(Asn1Subject::builder().common_name("Told").build())
        .build()
        .unwrap();
    let created = client
        .create_certificate_authority()
        .certificate_authority_type(CertificateAuthorityType::Root)
        .certificate_authority_configuration(configuration);
    let arn = created.send().await.unwrap().certificate_authority_arn.unwrap();
    let delete = client.delete_certificate_authority().certificate_authority_arn(&arn);
    delete.send().await.unwrap();
    let again = client.delete_certificate_authority().certificate_authority_arn(&arn);
    again.send().await.unwrap_err();
    arn
}

/// What each event is about, shortly.
fn gist(event: &Value) -> Value {
    let detail = &event["detail"];
    json!([event["detail-type"], detail["eventName"], detail["errorCode"], detail["result"]])
}

fn wanted() -> Vec<Value> {
    let call = "AWS API Call via CloudTrail";
    vec![
        json!(["AWS Service Event via CloudTrail", "SignCACSR", null, null]),
        json!(["ACM Private CA Creation", null, null, "success"]),
        json!([call, "CreateCertificateAuthority", null, null]),
        json!([call, "DeleteCertificateAuthority", null, null]),
        json!([call, "DeleteCertificateAuthority", "InvalidStateException", null]),
    ]
}

#[tokio::test]
async fn an_eventbridge_endpoint_and_a_file_get_what_happened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.jsonl");
    let stack = Stack::builder().start().await.unwrap();
    let source = "local.acm-pca";
    let options = [
        "--listen=127.0.0.1:0",
        &format!("--events={}", stack.endpoint()),
        &format!("--events={}", file.display()),
        &format!("--events-source={source}"),
    ];
    let server = Server::start("pca-local", &options);
    let arn = create_and_delete(&server.url).await;
    // The stack answers meanwhile.
    let stopped = tokio::task::spawn_blocking(move || server.interrupt()).await.unwrap();
    assert!(stopped, "what was told is delivered before the service ends");

    let events: Vec<Value> = stack.events().into_iter().map(|seen| seen.event).collect();
    let published: Vec<Value> = events.iter().map(gist).collect();
    assert_eq!(published, wanted());
    for event in &events {
        assert_eq!((&event["source"], &event["region"]), (&json!(source), &json!("us-east-1")));
    }
    assert_eq!(events[1]["resources"], json!([arn]));
    assert_eq!(lines(&file).iter().map(gist).collect::<Vec<_>>(), wanted());
    assert_eq!(lines(&file)[0]["source"], "aws.acm-pca");
    stack.shutdown().await;
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
