//! Sets timing and faults, and resets the service.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::{
    service::{core::Service, faults::Faults, timing::ChangedTimings},
    web::answer::{failed, refuse},
};

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/_pca-local/faults", get(faults).put(set_faults).delete(clear_faults))
        .route("/_pca-local/reset", post(reset))
        .route("/_pca-local/timing", get(timing).put(set_timing))
}

async fn timing(State(service): State<Arc<Service>>) -> Response {
    Json(service.timings()).into_response()
}

/// Members that are left out stay as they are.
async fn set_timing(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    match serde_json::from_slice::<ChangedTimings>(&body) {
        Ok(change) => service.set_timings(change.applied_to(service.timings())),
        Err(error) => {
            return refuse(&format!(
                "PUT /_pca-local/timing takes {{\"creation\", \"issuance\", \"audit-report\": \
                 \"aws\", \"immediate\", \"polls:N\" or \"seconds:N\"}}: {error}"
            ));
        }
    }
    Json(service.timings()).into_response()
}

/// The faults that are left.
async fn faults(State(service): State<Arc<Service>>) -> Response {
    Json(service.faults.left()).into_response()
}

async fn set_faults(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let faults = match serde_json::from_slice::<Faults>(&body) {
        Ok(faults) => faults,
        Err(error) => {
            return refuse(&format!(
                "PUT /_pca-local/faults takes {{\"creation\": a FailureReason, \"issuance\": bool, \
                 \"audit-report\": bool, \"operations\": {{name: {{\"code\", \"message\", \
                 \"times\"}}}}}}: {error}"
            ));
        }
    };
    match service.faults.set(faults) {
        Ok(()) => Json(service.faults.left()).into_response(),
        Err(error) => refuse(&error.to_string()),
    }
}

async fn clear_faults(State(service): State<Arc<Service>>) -> Response {
    service.faults.clear();
    StatusCode::NO_CONTENT.into_response()
}

async fn reset(State(service): State<Arc<Service>>) -> Response {
    match service.reset().await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => failed(&error),
    }
}
