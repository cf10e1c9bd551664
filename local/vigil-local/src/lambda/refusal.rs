//! Refusals in the form of the Lambda API.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

pub(super) fn not_found(name: &str) -> Response {
    let message = format!("Function not found: {name}");
    refuse(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message)
}

pub(super) fn refuse(status: StatusCode, code: &'static str, message: &str) -> Response {
    let body = json!({"Type": "User", "message": message, "Message": message});
    (status, [("x-amzn-errortype", code)], axum::Json(body)).into_response()
}
