//! `/_pca-local/`: what a person or a test may do to the service, and no AWS API offers.

mod behaviour;
mod shares;
mod state;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::{
    model::clock::{EARLIEST, LATEST},
    service::{
        core::Service,
        timeline::{MAX_ADVANCE_DAYS, can_advance, can_set},
    },
    web::answer::{refuse, written},
};

pub(crate) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/_pca-local/clock", get(read).put(set))
        .route("/_pca-local/clock/advance", post(advance))
        .route("/_pca-local/metrics", get(metrics))
        .merge(behaviour::router())
        .merge(shares::router())
        .merge(state::router())
}

/// What a container's health check asks for, with a token or without.
pub(crate) fn health_router() -> Router<Arc<Service>> {
    Router::new().route("/_pca-local/health", get(health))
}

async fn health(State(service): State<Arc<Service>>) -> Response {
    let clock = reading(&service);
    let version = env!("CARGO_PKG_VERSION");
    match service.store.data_dir().trouble() {
        None => Json(json!({"status": "ok", "version": version, "clock": clock})).into_response(),
        Some(why) => {
            let body = json!({"status": "failing", "why": why, "version": version, "clock": clock});
            (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
        }
    }
}

async fn metrics(State(service): State<Arc<Service>>) -> Response {
    Json(service.metrics.report()).into_response()
}

#[derive(Serialize)]
struct Reading {
    #[serde(with = "time::serde::rfc3339")]
    now: OffsetDateTime,
    running: bool,
}

fn reading(service: &Service) -> Reading {
    let clock = service.timeline.clock();
    Reading { now: clock.now(), running: clock.is_running() }
}

async fn read(State(service): State<Arc<Service>>) -> Response {
    Json(reading(&service)).into_response()
}

/// Sets the hands without running what lies between, or starts and stops the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    #[serde(default, with = "time::serde::rfc3339::option")]
    now: Option<OffsetDateTime>,
    running: Option<bool>,
}

async fn set(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let set: Set = match serde_json::from_slice(&body) {
        Ok(set) => set,
        Err(error) => {
            return refuse(&format!(
                "PUT /_pca-local/clock takes {{\"now\": RFC 3339 time, \"running\": bool}}, \
                 either or both: {error}"
            ));
        }
    };
    let generation = service.store.generation();
    let clock = service.timeline.clock();
    if let Some(now) = set.now.filter(|now| !can_set(*now)) {
        return refuse(&format!(
            "the clock cannot be set to {now}: it shows {EARLIEST} at the earliest and {LATEST} at the \
             latest"
        ));
    }
    // Stopped before it is set, so that it stands at that very moment.
    if set.running == Some(false) {
        clock.freeze();
    }
    if let Some(now) = set.now {
        service.timeline.set(now);
    }
    if set.running == Some(true) {
        clock.run();
    }
    written(&service, generation, Json(reading(&service)).into_response()).await
}

/// Moves the clock forward, running everything that falls due on the way; answers when all of it
/// has finished.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Advance {
    By {
        seconds: i64,
    },
    To {
        #[serde(with = "time::serde::rfc3339")]
        to: OffsetDateTime,
    },
}

async fn advance(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let advance: Advance = match serde_json::from_slice(&body) {
        Ok(advance) => advance,
        Err(_) => {
            return refuse(
                "POST /_pca-local/clock/advance takes {\"seconds\": N} or {\"to\": RFC 3339 time}",
            );
        }
    };
    let now = service.timeline.clock().now();
    let target = match advance {
        Advance::By { seconds } => now.saturating_add(Duration::seconds(seconds)),
        Advance::To { to } => to,
    };
    if !can_advance(now, target) {
        return refuse(&format!(
            "the clock stands at {now} and can be advanced by 0 to {MAX_ADVANCE_DAYS} days, to {LATEST} \
             at the latest; to turn it back use PUT /_pca-local/clock"
        ));
    }
    let generation = service.store.generation();
    service.timeline.advance_to(target).await;
    written(&service, generation, Json(reading(&service)).into_response()).await
}
