//! A stack of its own for every test, and clients for it.

use std::path::PathBuf;

use aws_sdk_s3::Client;
use pca_local::Clock;
use time::OffsetDateTime;
use time::macros::datetime;
use vigil_local::{Builder, SECRET, Stack};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-01-01 00:30 UTC);

/// The folder in which Cargo leaves examples: `echo_function` is one.
pub(crate) fn functions_dir() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has an executable");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("tests are in deps/");
    profile.join("examples")
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// S3 and the rest, with no template and a clock that stands still.
pub(crate) fn bare() -> Builder {
    Stack::builder().clock(Clock::frozen_at(NOW))
}

/// With the fixture's functions, rules and buckets.
pub(crate) fn with_functions() -> Builder {
    bare().template(fixture("template.yaml")).functions_dir(functions_dir())
}

pub(crate) fn s3_as(stack: &Stack, access_key: &str, secret: &str) -> Client {
    testkit::s3::client_at(stack.endpoint(), access_key, secret, "us-east-1")
}

pub(crate) fn s3(stack: &Stack) -> Client {
    s3_as(stack, "local", SECRET)
}

/// One plain HTTP request: status and body.
pub(crate) async fn http(
    stack: &Stack,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<bytes::Bytes>,
) -> (u16, http::HeaderMap, bytes::Bytes) {
    http_at(stack.endpoint(), method, path, headers, body).await
}

pub(crate) async fn http_at(
    endpoint: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<bytes::Bytes>,
) -> (u16, http::HeaderMap, bytes::Bytes) {
    use http_body_util::{BodyExt as _, Full};
    let address = endpoint.strip_prefix("http://").expect("the stack speaks HTTP");
    let stream = tokio::net::TcpStream::connect(address).await.expect("the stack listens");
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(io).await.expect("the stack speaks HTTP/1.1");
    tokio::spawn(connection);
    let mut request = http::Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", address);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("the request is well formed");
    let response = sender.send_request(request).await.expect("the stack answers");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the answer is complete").to_bytes();
    (parts.status.as_u16(), parts.headers, body)
}

pub(crate) async fn http_json(
    stack: &Stack,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &serde_json::Value,
) -> (u16, serde_json::Value) {
    let (status, _, answer) = http(stack, method, path, headers, body.to_string()).await;
    (status, serde_json::from_slice(&answer).unwrap_or(serde_json::Value::Null))
}

/// The lines that reached a topic, queue or log group.
pub(crate) fn reached(stack: &Stack, target: &str) -> Vec<serde_json::Value> {
    let path = stack.data_dir().join("targets").join(format!("{target}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// What a subscriber received.
pub(crate) fn mailbox(stack: &Stack, endpoint: &str) -> Vec<serde_json::Value> {
    let path = stack.data_dir().join("mailboxes").join(format!("{endpoint}.jsonl"));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}
