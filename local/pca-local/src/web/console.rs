//! `/_pca-local/` in a browser: CAs, what they issued, the events and the clock. Pages are made
//! here and work without scripts; nothing comes from anywhere else.

mod authority;
mod certificates;
mod clock;
mod clock_forms;
mod commands;
mod download;
mod events;
mod new;
mod overview;
mod page;
mod revocation;
mod words;

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::header;

use crate::service::core::Service;

pub(crate) fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/_pca-local/", get(overview::show))
        .route("/_pca-local/ca/{*arn}", get(authority::show))
        .route("/_pca-local/console.css", get(css))
        .route("/_pca-local/console.js", get(js))
        .route("/_pca-local/console.svg", get(icon))
        .route("/_pca-local/console/clock", post(clock::change))
        .route("/_pca-local/console/demo", post(new::plant_demo))
        .route("/_pca-local/console/hierarchy", post(new::create))
        .route("/_pca-local/download/certificate/{*arn}", get(download::certificate))
        .route("/_pca-local/download/chain/{*arn}", get(download::chain))
        .route("/_pca-local/download/crl/{which}/{*arn}", get(download::crl))
        .route("/_pca-local/download/csr/{*arn}", get(download::csr))
        .route("/_pca-local/events", get(events::show))
        .route("/_pca-local/events/stream", get(events::stream))
        .route("/_pca-local/new", get(new::show))
}

async fn css() -> Response {
    asset("text/css; charset=utf-8", include_str!("console/console.css"))
}

async fn js() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("console/console.js"))
}

async fn icon() -> Response {
    asset("image/svg+xml", include_str!("console/console.svg"))
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
