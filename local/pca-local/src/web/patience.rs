//! Limits how long a client may pause while it sends a body.

use std::{io, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt as _;
use tokio::time::timeout;

/// As long as for the head of a request. A state that is imported may be long, so all of it has no
/// limit.
const PAUSE: Duration = Duration::from_secs(30);

pub(super) async fn limit_pauses(request: Request, next: Next) -> Response {
    limit(request, next, PAUSE).await
}

async fn limit(request: Request, next: Next, pause: Duration) -> Response {
    let (head, body) = request.into_parts();
    let pieces = futures::stream::unfold(body.into_data_stream(), move |mut pieces| async move {
        let piece = match timeout(pause, pieces.next()).await {
            Ok(piece) => piece?.map_err(io::Error::other),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        Some((piece, pieces))
    });
    next.run(Request::from_parts(head, Body::from_stream(pieces))).await.into_response()
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Bytes, http::StatusCode, routing::post};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_that_stops_coming_ends_the_call() {
        let patient = |request, next| limit(request, next, Duration::from_millis(20));
        let router = Router::new()
            .route("/", post(|body: Bytes| async move { body }))
            .layer(axum::middleware::from_fn(patient));
        let first = || futures::stream::iter([Ok::<_, io::Error>("first")]);
        let stopped = Body::from_stream(first().chain(futures::stream::pending()));
        for (body, want) in
            [(Body::from_stream(first()), StatusCode::OK), (stopped, StatusCode::BAD_REQUEST)]
        {
            let request = Request::post("/").body(body).unwrap();
            let Ok(response) = router.clone().oneshot(request).await;
            assert_eq!(response.status(), want);
        }
    }
}
