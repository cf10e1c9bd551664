//! Requests of the ACM PCA API as bytes, and what a benchmark needs of the answers.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{Outcome, http::Connection};

/// A request to `POST /`. Its signature is none: both services that are measured let it pass.
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

pub fn plain_request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

pub async fn call(to: &mut Connection, operation: &str, body: &Value) -> Outcome<Value> {
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

pub fn blob(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

pub fn text(answer: &Value, member: &str) -> Outcome<String> {
    answer[member]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{member} is missing in {answer}"))
}

pub fn creation(name: &str, bucket: Option<&str>) -> Value {
    let mut request = json!({
        "CertificateAuthorityType": "ROOT",
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1",
            "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": {"Organization": "Bench", "CommonName": name},
        },
    });
    if let Some(bucket) = bucket {
        request["RevocationConfiguration"] = json!({
            "CrlConfiguration": {"Enabled": true, "ExpirationInDays": 7, "S3BucketName": bucket,
                                 "S3ObjectAcl": "BUCKET_OWNER_FULL_CONTROL"},
        });
    }
    request
}

pub fn issuance(ca: &str, csr: &str, algorithm: &str, template: &str, years: u32) -> Value {
    json!({
        "CertificateAuthorityArn": ca,
        "Csr": blob(csr),
        "SigningAlgorithm": algorithm,
        "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
        "Validity": {"Type": "YEARS", "Value": years},
    })
}

/// A root CA that has its own certificate. Returns its ARN and the certificate.
pub async fn active_root(
    to: &mut Connection,
    bucket: Option<&str>,
    algorithm: &str,
) -> Outcome<(String, String)> {
    let created = call(to, "CreateCertificateAuthority", &creation("Root", bucket)).await?;
    let ca = text(&created, "CertificateAuthorityArn")?;
    let of_ca = json!({"CertificateAuthorityArn": ca});
    let csr = text(&call(to, "GetCertificateAuthorityCsr", &of_ca).await?, "Csr")?;
    let own = issuance(&ca, &csr, algorithm, "RootCACertificate", 10);
    let issued = call(to, "IssueCertificate", &own).await?;
    let wanted = json!({
        "CertificateAuthorityArn": ca,
        "CertificateArn": text(&issued, "CertificateArn")?,
    });
    let certificate = text(&call(to, "GetCertificate", &wanted).await?, "Certificate")?;
    let import = json!({"CertificateAuthorityArn": ca, "Certificate": blob(&certificate)});
    call(to, "ImportCertificateAuthorityCertificate", &import).await?;
    Ok((ca, certificate))
}
