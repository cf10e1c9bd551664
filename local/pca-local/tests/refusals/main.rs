//! What the service refuses with, in its own words where a public report has them.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod issuance;
mod revocation;
mod states;
mod waiting;

use pca_local::PcaLocal;
use serde_json::Value;
use testkit::pca::call;

/// The code and the message; nothing if it was not refused.
async fn refusal(service: &PcaLocal, operation: &str, request: &Value) -> Option<(String, String)> {
    let (status, body) = call(service, operation, request).await;
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    (status != 200).then(|| (text("__type"), text("message")))
}

fn refused(code: &str, message: &str) -> Option<(String, String)> {
    Some((code.to_owned(), message.to_owned()))
}
