//! Answers in AWS JSON, which CloudTrail, CloudWatch Logs and SQS speak.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// An error's code and message.
pub(crate) type Refused = (&'static str, String);

/// The operation in `X-Amz-Target: <service>.<operation>`.
pub(crate) fn operation(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    target.and_then(|target| target.rsplit('.').next()).unwrap_or_default()
}

/// An empty body is an empty object.
pub(crate) fn request(body: &Bytes) -> Result<Value, Refused> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body).map_err(|error| ("SerializationException", error.to_string()))
}

pub(crate) fn respond(answer: Result<Value, Refused>) -> Response {
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err((code, message)) => {
            (StatusCode::BAD_REQUEST, json!({"__type": code, "message": message}))
        }
    };
    let headers = [
        ("content-type", "application/x-amz-json-1.1".to_owned()),
        ("x-amzn-requestid", uuid::Uuid::new_v4().to_string()),
    ];
    (status, headers, body.to_string()).into_response()
}

/// What a service says to a call that it does not serve here.
pub(crate) fn unknown(service: &str, operation: &str) -> Refused {
    let message = format!("vigil-local does not serve {operation:?} of {service}");
    ("UnknownOperationException", message)
}
