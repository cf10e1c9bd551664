//! Where pca-local delivers its events: an EventBridge endpoint, a file, standard output.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::path::Path;

use aws_sdk_acmpca::types::CertificateAuthorityType;
use e2e::Server;
use serde_json::{Value, json};
use testkit::pca;
use vigil_local::Stack;

async fn create_and_delete(url: &str) -> String {
    let client = pca::client_at(url, "alice", "local", "us-east-1");
    let arn = pca::create(&client, CertificateAuthorityType::Root, "Root").await;
    pca::delete(&client, &arn).await;
    let again = client.delete_certificate_authority().certificate_authority_arn(&arn);
    again.send().await.unwrap_err();
    arn
}

/// The members of an event that these tests compare.
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
        "--timing=immediate",
        &format!("--events={}", stack.endpoint()),
        &format!("--events={}", file.display()),
        &format!("--events-source={source}"),
    ];
    let server = Server::start("pca-local", &options);
    let arn = create_and_delete(&server.url).await;
    // The stack must go on answering while pca-local stops.
    let stopped = tokio::task::spawn_blocking(move || server.interrupt()).await.unwrap();
    assert!(stopped, "every event is delivered before the service ends");

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
