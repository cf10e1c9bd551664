//! As much of S3 as pca-local writes to: whole objects and uploads in parts, kept in files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use tokio::io::AsyncWriteExt as _;

use crate::BenchResult;

/// Serves from a free port for as long as the runtime runs. Returns its address.
pub async fn serve(folder: &Path) -> BenchResult<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0");
    let listener = listener.await.map_err(|error| format!("no port for S3: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let router = Router::new().fallback(answer).with_state(Arc::new(folder.to_owned()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address.to_string())
}

/// Where an object of the bucket is: keys are flattened.
pub fn file(folder: &Path, key: &str) -> PathBuf {
    folder.join(key.replace('/', "_"))
}

async fn answer(State(folder): State<Arc<PathBuf>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let key = path.trim_start_matches('/').split_once('/').map_or("", |(_, key)| key);
    let object = file(&folder, key);
    let upload = object.with_extension("upload");
    let result = match (request.method().as_str(), query.as_str()) {
        ("PUT", query) if query.contains("partNumber=") => {
            write(&upload, request.into_body(), true).await
        }
        ("PUT", _) => write(&object, request.into_body(), false).await,
        ("POST", query) if query.contains("uploadId=") => tokio::fs::rename(&upload, &object).await,
        ("POST", _) => tokio::fs::write(&upload, b"").await,
        _ => return axum::http::StatusCode::NOT_IMPLEMENTED.into_response(),
    };
    if let Err(error) = result {
        return (axum::http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response();
    }
    let body = if query.starts_with("uploads") {
        "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
    } else if query.contains("uploadId=") {
        "<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>"
    } else {
        ""
    };
    ([("etag", "\"1\"")], body).into_response()
}

async fn write(path: &Path, body: Body, append: bool) -> std::io::Result<()> {
    let body = to_bytes(body, 256 * 1024 * 1024).await.map_err(std::io::Error::other)?;
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).write(true).append(append).truncate(!append);
    let mut file = options.open(path).await?;
    file.write_all(&body).await?;
    file.flush().await
}
