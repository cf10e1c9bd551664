//! The real SDK connected to the service without a socket.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use axum::{Router, body::Body};
use tower::ServiceExt as _;

/// An HTTP client for `aws_sdk_acmpca::Config` whose every request the router answers.
pub(crate) fn http_client(router: Router) -> SharedHttpClient {
    SharedHttpClient::new(InProcess(router))
}

#[derive(Clone, Debug)]
struct InProcess(Router);

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(carry(self.0.clone(), request))
    }
}

async fn carry(router: Router, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let user = |error: Box<dyn std::error::Error + Send + Sync>| ConnectorError::user(error);
    let request = request.try_into_http1x().map_err(|error| user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body
        .bytes()
        .map(<[u8]>::to_vec)
        .ok_or_else(|| user("a streaming request body cannot be carried in process".into()))?;
    let Ok(response) = router.oneshot(http::Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|error| ConnectorError::io(error.into()))?;
    HttpResponse::try_from(http::Response::from_parts(parts, SdkBody::from(body.to_vec())))
        .map_err(|error| user(error.into()))
}
