//! What AWS does not have at this address: the console, `/_pca-local/`, and the OCSP responder.

mod admin;
mod answer;
mod console;
mod ocsp;
mod patience;

use std::sync::Arc;

use axum::Router;

use crate::{
    api::{
        admin_token::{self, AdminToken},
        guard,
    },
    service::core::Service,
};

/// Everything under `/_pca-local/` and `/ocsp`. The former needs the token, if there is one, but for
/// `health`.
pub(crate) fn router(service: &Arc<Service>, token: Option<AdminToken>) -> Router {
    let local = Router::new()
        .merge(admin::router())
        .merge(console::router())
        .layer(axum::middleware::from_fn(guard::refuse_other_origins))
        .layer(axum::middleware::from_fn_with_state(token, admin_token::require))
        .merge(admin::health_router())
        .with_state(Arc::clone(service));
    let all = local.merge(ocsp::router(Arc::clone(service)));
    all.layer(axum::middleware::from_fn(patience::limit_pauses))
}
