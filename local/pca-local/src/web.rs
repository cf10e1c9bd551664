//! What AWS does not have at this address: the console, `/_pca-local/`, and the OCSP responder.

mod admin;
mod answer;
mod console;
mod ocsp;
mod origin;
mod patience;

use std::sync::Arc;

use axum::Router;

use crate::service::core::Service;

/// Everything under `/_pca-local/` and `/ocsp`.
pub(crate) fn router(service: &Arc<Service>) -> Router {
    let local = Router::new()
        .merge(admin::router())
        .merge(console::router())
        .layer(axum::middleware::from_fn(origin::refuse_others))
        .with_state(Arc::clone(service));
    let all = local.merge(ocsp::router(Arc::clone(service)));
    all.layer(axum::middleware::from_fn(patience::limit_pauses))
}
