//! `/_pca-local/`: what a person or a test may do to the service, and no AWS API offers.

mod behaviour;
mod origin;
mod shares;
mod state;

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

use crate::{PcaLocal, console, error::explain};

/// The clock cannot be moved by more than this at once: every due moment on the way is run.
const ADVANCE_DAYS_MAX: i64 = 366 * 30;

pub(crate) fn router(service: PcaLocal) -> Router {
    Router::new()
        .route("/_pca-local/health", get(health))
        .route("/_pca-local/clock", get(read).put(set))
        .route("/_pca-local/clock/advance", post(advance))
        .route("/_pca-local/metrics", get(metrics))
        .merge(behaviour::router())
        .merge(console::router())
        .merge(shares::router())
        .merge(state::router())
        .layer(axum::middleware::from_fn(origin::refuse_others))
        .with_state(service)
}

async fn health(State(service): State<PcaLocal>) -> Response {
    let clock = reading(&service);
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "clock": clock}))
        .into_response()
}

async fn metrics(State(service): State<PcaLocal>) -> Response {
    Json(service.metrics().report()).into_response()
}

#[derive(Serialize)]
struct Reading {
    #[serde(with = "time::serde::rfc3339")]
    now: OffsetDateTime,
    running: bool,
}

fn reading(service: &PcaLocal) -> Reading {
    let clock = service.timeline().clock();
    Reading { now: clock.now(), running: clock.is_running() }
}

async fn read(State(service): State<PcaLocal>) -> Response {
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

async fn set(State(service): State<PcaLocal>, body: Bytes) -> Response {
    let set: Set = match serde_json::from_slice(&body) {
        Ok(set) => set,
        Err(error) => {
            return refuse(&format!(
                "PUT /_pca-local/clock takes {{\"now\": RFC 3339 time, \"running\": bool}}, \
                 either or both: {error}"
            ));
        }
    };
    let generation = service.generation();
    let clock = service.timeline().clock();
    if let Some(now) = set.now {
        clock.set(now);
    }
    match set.running {
        Some(true) => clock.run(),
        Some(false) => clock.freeze(),
        None => {}
    }
    written(&service, generation, Json(reading(&service)).into_response()).await
}

/// The answer, when what it says is on disk.
pub(crate) async fn written(service: &PcaLocal, generation: u64, answer: Response) -> Response {
    match service.settled_since(generation).await {
        Ok(()) => answer,
        Err(error) => {
            let body = Json(json!({"error": explain(&error)}));
            (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
        }
    }
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

async fn advance(State(service): State<PcaLocal>, body: Bytes) -> Response {
    let advance: Advance = match serde_json::from_slice(&body) {
        Ok(advance) => advance,
        Err(_) => {
            return refuse(
                "POST /_pca-local/clock/advance takes {\"seconds\": N} or {\"to\": RFC 3339 time}",
            );
        }
    };
    let now = service.timeline().clock().now();
    let target = match advance {
        Advance::By { seconds } => now.saturating_add(Duration::seconds(seconds)),
        Advance::To { to } => to,
    };
    if !can_advance(now, target) {
        return refuse(&format!(
            "the clock stands at {now} and can be advanced by 0 to {ADVANCE_DAYS_MAX} days; to turn \
             it back use PUT /_pca-local/clock"
        ));
    }
    let generation = service.generation();
    service.timeline().advance_to(target).await;
    written(&service, generation, Json(reading(&service)).into_response()).await
}

pub(crate) fn can_advance(now: OffsetDateTime, target: OffsetDateTime) -> bool {
    (Duration::ZERO..=Duration::days(ADVANCE_DAYS_MAX)).contains(&(target - now))
}

fn refuse(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response()
}
