//! The Lambda Runtime API, for one process of one function.
//!
//! Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes". Every process has
//! a listener of its own, so that nothing of an old one can reach its successor.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

/// Lambda's limit for a response, with room for what is around it.
const MAX_BODY_BYTES: usize = 7 * 1024 * 1024;

/// One invocation, as the process sees it.
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) event: Bytes,
    pub(super) function_arn: String,
    pub(super) deadline_ms: u128,
    pub(super) answer: oneshot::Sender<Answer>,
}

pub(super) enum Answer {
    Error(Value),
    Response(Value),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Init {
    Failed(Value),
    /// The process has asked for work.
    Ready,
    Starting,
}

pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    pub(super) work: mpsc::Sender<Work>,
    pub(super) init: watch::Receiver<Init>,
    server: tokio::task::JoinHandle<()>,
}

struct Host {
    work: tokio::sync::Mutex<mpsc::Receiver<Work>>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    init: watch::Sender<Init>,
}

impl RuntimeApi {
    pub(super) async fn listen() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (work, waiting) = mpsc::channel(1);
        let (init, initialised) = watch::channel(Init::Starting);
        let host = Arc::new(Host {
            work: tokio::sync::Mutex::new(waiting),
            current: Mutex::default(),
            init,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{request_id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{request_id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(host);
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the Lambda Runtime API ended");
            }
        });
        Ok(Self { address, work, init: initialised, server })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(host): State<Arc<Host>>) -> Response {
    host.init.send_replace(Init::Ready);
    let Some(work) = host.work.lock().await.recv().await else {
        return refuse(StatusCode::FORBIDDEN, "ShuttingDown", "the environment is being ended");
    };
    let headers = [
        ("lambda-runtime-aws-request-id", work.request_id.clone()),
        ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", work.function_arn),
        ("lambda-runtime-trace-id", trace_id()),
        ("content-type", "application/json".to_owned()),
    ];
    *host.current.lock().unwrap_or_else(PoisonError::into_inner) =
        Some((work.request_id, work.answer));
    (headers, work.event).into_response()
}

async fn response(
    State(host): State<Arc<Host>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response {
    host.answer(&request_id, Answer::Response(json_or_text(&body)))
}

async fn error(
    State(host): State<Arc<Host>>,
    Path(request_id): Path<String>,
    body: Bytes,
) -> Response {
    host.answer(&request_id, Answer::Error(json_or_text(&body)))
}

async fn init_error(State(host): State<Arc<Host>>, body: Bytes) -> Response {
    host.init.send_replace(Init::Failed(json_or_text(&body)));
    accepted()
}

impl Host {
    fn answer(&self, request_id: &str, answer: Answer) -> Response {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match current.take_if(|(running, _)| running == request_id) {
            // The caller may have timed out. The process has finished in any case.
            Some((_, waiting)) => {
                let _ = waiting.send(answer);
                accepted()
            }
            None => refuse(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "no invocation with this request id is running",
            ),
        }
    }
}

fn json_or_text(body: &Bytes) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, axum::Json(json!({"status": "OK"}))).into_response()
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response {
    let body = json!({"errorType": error_type, "errorMessage": message});
    (status, axum::Json(body)).into_response()
}

/// X-Ray's form; nothing is sampled.
fn trace_id() -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{}-{};Parent={};Sampled=0", &id[..8], &id[8..], &id[..16])
}
