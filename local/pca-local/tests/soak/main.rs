//! What a long and rough life does to the real binary. Each test prints a row of the table of
//! `make soak`, which lasts as long as `SOAK` says; in CI each is as short as it can be.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]
#![cfg(target_os = "linux")]

#[path = "../process/mod.rs"]
mod process;

mod clients;
mod connections;
mod starts;
mod storage;
mod time;

use process::{Server, setting};
use serde_json::{Value, json};

/// How many times longer than in CI.
fn scale() -> u64 {
    setting("PCA_LOCAL_SOAK", 1)
}

/// The ARN of a certificate that was issued, or the status and the answer.
fn issue(server: &Server, ca: &str, request: &str) -> Result<String, String> {
    let issuance = json!({
        "CertificateAuthorityArn": ca, "Csr": request,
        "SigningAlgorithm": "SHA256WITHECDSA", "Validity": {"Type": "DAYS", "Value": 365},
    });
    let (status, answer) = server.call("IssueCertificate", &issuance)?;
    let arn = answer["CertificateArn"].as_str().map(str::to_owned);
    arn.ok_or_else(|| format!("{status} {answer}"))
}

fn is_there(server: &Server, ca: &str, arn: &str) -> bool {
    let wanted = json!({"CertificateAuthorityArn": ca, "CertificateArn": arn});
    server.call("GetCertificate", &wanted).unwrap().0 == 200
}

fn listed(server: &Server, request: &Value) -> Value {
    server.acknowledged("ListCertificateAuthorities", request).unwrap()
}
