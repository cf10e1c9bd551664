//! Requests of the ACM PCA API as bytes, and the members of answers that benchmarks read.

use serde_json::Value;
pub use testkit::json::{creation, issuance, text};

use crate::{BenchResult, http::Connection};

/// A request to `POST /`. Its signature is a dummy, which pca-local and moto accept.
pub fn request(operation: &str, body: &Value) -> Vec<u8> {
    request_in("us-east-1", operation, body)
}

/// The same in a Region: the signature's scope names it.
pub fn request_in(region: &str, operation: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: ACMPrivateCA.{operation}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/{region}/acm-pca/aws4_request, \
         SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// An HTTP request without a signature.
pub fn plain_request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Calls an operation of ACM PCA.
///
/// # Errors
///
/// The server does not answer 200 with JSON.
pub async fn call(to: &mut Connection, operation: &str, body: &Value) -> BenchResult<Value> {
    let answer = to.send(&request(operation, body)).await?;
    if answer.status != 200 {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        return Err(format!("{operation} was answered with {}: {text}", answer.status));
    }
    if answer.body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| format!("{operation}'s answer is not JSON: {error}"))
}

/// A root CA that has its own certificate. Returns its ARN and the certificate.
pub async fn active_root(
    to: &mut Connection,
    bucket: Option<&str>,
    algorithm: &str,
) -> BenchResult<(String, String)> {
    let call = async |operation: &str, body: Value| call(to, operation, &body).await;
    let root = testkit::json::active_root(&creation("Root", bucket), algorithm, call).await?;
    Ok((root.arn, root.certificate))
}
