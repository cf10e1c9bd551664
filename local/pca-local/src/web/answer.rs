//! How the endpoints of pca-local's own answer: on disk first, refusals as JSON.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{model::error::explain, service::core::Service};

/// The answer, after every change that it shows is on disk; 500 if one is not written.
pub(crate) async fn written(service: &Service, generation: u64, answer: Response) -> Response {
    match service.store.settled_since(generation).await {
        Ok(()) => answer,
        Err(error) => failed(&error),
    }
}

/// 500, with the reason.
pub(crate) fn failed(why: &dyn std::error::Error) -> Response {
    let body = Json(json!({"error": explain(why)}));
    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
}

/// 400, with the reason.
pub(crate) fn refuse(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response()
}
