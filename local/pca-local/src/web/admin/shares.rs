//! Shares CAs with other accounts, as AWS Resource Access Manager does.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    model::{
        arn::CaArn,
        authority::Authority,
        error::ApiError,
        lifecycle::Call,
        policy::Policy,
        shares::{Share, shares_in},
    },
    service::core::Service,
    web::answer::{refuse, written},
};

pub(super) fn router() -> Router<Arc<Service>> {
    Router::new().route("/_pca-local/shares", get(list).post(share).delete(end))
}

async fn list(State(service): State<Arc<Service>>) -> Response {
    let mut shares = Vec::new();
    for cell in service.store.all() {
        let authority = cell.lock();
        if let Some(policy) = &authority.policy {
            shares.extend(shares_in(&authority.arn, &policy.text));
        }
    }
    Json(shares).into_response()
}

async fn share(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let change = change(&service, &body, |share, authority| {
        let text = authority.policy.as_ref().map(|policy| policy.text.as_str());
        let text = share.add(&authority.arn, text);
        Policy::parse(&text, &authority.arn.to_string()).map(Some)
    });
    change.await
}

async fn end(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let change = change(&service, &body, |share, authority| {
        let text = authority.policy.as_ref().and_then(|policy| share.remove(&policy.text));
        text.map(|text| Policy::parse(&text, &authority.arn.to_string())).transpose()
    });
    change.await
}

async fn change(
    service: &Service,
    body: &Bytes,
    make: impl FnOnce(&Share, &Authority) -> Result<Option<Policy>, ApiError>,
) -> Response {
    let share: Share = match serde_json::from_slice(body) {
        Ok(share) => share,
        Err(error) => {
            return refuse(&format!(
                "/_pca-local/shares takes {{\"CertificateAuthorityArn\", \"Principal\": an \
                 account, \"Permission\": the name of one that RAM manages}}: {error}"
            ));
        }
    };
    let generation = service.store.generation();
    match put(service, &share, make) {
        Ok(()) => written(service, generation, StatusCode::NO_CONTENT.into_response()).await,
        Err(error) => refuse(&error.to_string()),
    }
}

fn put(
    service: &Service,
    share: &Share,
    make: impl FnOnce(&Share, &Authority) -> Result<Option<Policy>, ApiError>,
) -> Result<(), ApiError> {
    let now = service.now();
    let arn = CaArn::parse(&share.certificate_authority_arn)?;
    let cell = service.store.find(&arn, now)?;
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, now)?;
    authority.policy = make(share, &authority)?;
    Ok(())
}
