//! pca-local in this process, without a socket.

use aws_sdk_acmpca::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::body::Body;
use http::{Method, Request};
use pca_local::{Builder, Clock, PcaLocal, Timeline, Timings};
use serde_json::Value;
use time::{OffsetDateTime, macros::datetime};
use tower::ServiceExt as _;

/// Where the clock of [`builder`] stands.
pub const START: OffsetDateTime = datetime!(2026-01-05 09:00 UTC);

/// A service whose clock stands still until a test moves it, and that is done with everything at
/// once: most tests are not about waiting.
pub fn builder() -> Builder {
    let timeline = Timeline::new(Clock::frozen_at(START));
    PcaLocal::builder().timeline(timeline).timings(Timings::IMMEDIATE)
}

/// A service in memory that does everything at once.
pub fn service() -> PcaLocal {
    builder().build()
}

/// One request as any HTTP client would send it: the status and the body.
async fn exchange(service: &PcaLocal, request: Request<Body>) -> (u16, Value) {
    let Ok(response) = service.router().oneshot(request).await;
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// Calls an operation with any JSON, also where the SDK would refuse to send it.
pub async fn call(service: &PcaLocal, operation: &str, request: &Value) -> (u16, Value) {
    let request = Request::post("/")
        .header("x-amz-target", format!("ACMPrivateCA.{operation}"))
        .body(Body::from(request.to_string()))
        .unwrap();
    exchange(service, request).await
}

/// Calls the admin API: `path` is what follows `/_pca-local/`.
pub async fn admin(service: &PcaLocal, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/_pca-local/{path}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    exchange(service, request).await
}

/// The credentials' secret is as good as any: the service checks none by default.
pub fn client(service: &PcaLocal, access_key_id: &str) -> Client {
    client_over(service.http_client(), access_key_id)
}

/// A client of a service whose type another compilation of pca-local has: that of its unit tests.
pub fn client_over(http_client: SharedHttpClient, access_key_id: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key_id, "local", None, None, "test"))
        .region(Region::new("us-east-1"))
        .endpoint_url("http://pca.local")
        .http_client(http_client)
        .build();
    Client::from_conf(config)
}
