//! The whole state, out and in again, and fixtures.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::json;

use crate::{
    api::plant::plant,
    model::error::explain,
    service::core::Service,
    state::{
        file::{self, Export, StateError},
        seed::{Seed, SeedError},
    },
    web::answer::{failed, refuse},
};

/// How much of the state is sent at once.
const PIECE: usize = 256 * 1024;
/// Of a body, which is in memory until all of it has been taken in.
const MOST: usize = 512 << 20;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/_pca-local/state", get(export).put(import))
        .route("/_pca-local/seed", post(seed))
}

async fn export(State(service): State<Arc<Service>>) -> Response {
    let begun = match service.store.settled().await {
        Ok(()) => Export::new(&service.store, service.timeline.clock()),
        Err(error) => Err(error.into()),
    };
    let begun = match begun {
        Ok(export) => export,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, explain(&error)).into_response(),
    };
    let pieces = futures::stream::try_unfold(begun, |export| async {
        let made = export.next(PIECE).await;
        if let Err(error) = &made {
            let error = explain(error);
            tracing::error!(
                error,
                "an export was cut: it has no last record and cannot be imported"
            );
        }
        made
    });
    ([(header::CONTENT_TYPE, "application/jsonl")], Body::from_stream(pieces)).into_response()
}

async fn import(State(service): State<Arc<Service>>, headers: HeaderMap, body: Body) -> Response {
    let body = match read(&headers, body, "PUT /_pca-local/state").await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    match file::import(&service.store, service.timeline.clock(), body.as_ref()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error @ StateError::Storage(_)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, explain(&error)).into_response()
        }
        Err(error) => refuse(&format!("PUT /_pca-local/state: {}", explain(&error))),
    }
}

async fn seed(State(service): State<Arc<Service>>, headers: HeaderMap, body: Body) -> Response {
    let body = match read(&headers, body, "POST /_pca-local/seed").await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let planted = match Seed::from_json(&body) {
        Ok(seed) => plant(&service, &seed).await,
        Err(error) => Err(error),
    };
    match planted {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error @ SeedError::NotWritten) => failed(&error),
        Err(error) => refuse(&format!("POST /_pca-local/seed: {}", explain(&error))),
    }
}

/// The whole body, or the refusal of one that is too long: before it is read, if it says so.
async fn read(headers: &HeaderMap, body: Body, call: &str) -> Result<Bytes, Response> {
    let refuse = |status: StatusCode, why: &str| {
        (status, Json(json!({"error": format!("{call}: {why}")}))).into_response()
    };
    let too_long = || {
        let why = format!(
            "the body is longer than {} MiB. For a larger state, stop pca-local and use \
             `pca-local import --data-dir DIR`",
            MOST >> 20
        );
        refuse(StatusCode::PAYLOAD_TOO_LARGE, &why)
    };
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > MOST as u64) {
        return Err(too_long());
    }
    match Limited::new(body, MOST).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_long()),
        Err(error) => {
            Err(refuse(StatusCode::BAD_REQUEST, &format!("the body could not be read: {error}")))
        }
    }
}
