//! The whole state, out and in again, and fixtures.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::{
    api::plant::plant,
    model::error::explain,
    service::core::Service,
    state::{
        file::{self, Export, StateError},
        seed::Seed,
    },
    web::answer::refuse,
};

/// How much of the state is sent at once.
const PIECE: usize = 256 * 1024;

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/_pca-local/state", get(export).put(import))
        .route("/_pca-local/seed", post(seed))
        // However long a state is, it is the user's own machine that it fills.
        .layer(DefaultBodyLimit::disable())
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
    let pieces = futures::stream::try_unfold(begun, |mut export| async {
        let made = tokio::task::spawn_blocking(move || {
            let piece = export.next_piece(PIECE)?;
            Ok::<_, StateError>(piece.map(|piece| (piece, export)))
        });
        let made = made.await.expect("writing records does not panic");
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

async fn import(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    match file::import(&service.store, service.timeline.clock(), body.as_ref()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error @ StateError::Storage(_)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, explain(&error)).into_response()
        }
        Err(error) => refuse(&format!("PUT /_pca-local/state: {}", explain(&error))),
    }
}

async fn seed(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let planted = match Seed::from_json(&body) {
        Ok(seed) => plant(&service, &seed).await,
        Err(error) => Err(error),
    };
    match planted {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&format!("POST /_pca-local/seed: {}", explain(&error))),
    }
}
