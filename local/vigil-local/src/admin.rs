//! `/_vigil-local/`: what the stack has seen and done. Plainly not part of any AWS API.

use axum::response::{IntoResponse, Response};
use http::{Method, Request, StatusCode};
use pca_local::AdminToken;
use serde_json::json;

use crate::events::EventBuses;
use crate::lambda::Functions;

#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) buses: EventBuses,
    pub(crate) functions: Functions,
    /// What is asked for, except of `health`.
    pub(crate) token: Option<AdminToken>,
}

impl Admin {
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Response {
        let path = request.uri().path();
        let is_open = path == "/_vigil-local/health";
        if self.token.as_ref().is_some_and(|token| !is_open && !token.is_in(request.headers())) {
            return AdminToken::refusal();
        }
        if request.method() != Method::GET {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET is served here");
        }
        match path.strip_prefix("/_vigil-local/") {
            Some("events") => axum::Json(self.buses.seen()).into_response(),
            Some("failed-invocations") => axum::Json(self.buses.failed()).into_response(),
            Some("health") => axum::Json(json!({"status": "ok"})).into_response(),
            Some("invocations") => axum::Json(self.functions.invocations()).into_response(),
            _ => refuse(
                StatusCode::NOT_FOUND,
                "/_vigil-local/ serves events, failed-invocations, health and invocations",
            ),
        }
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({"error": message}))).into_response()
}
