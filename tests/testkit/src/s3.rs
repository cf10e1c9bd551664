//! An S3 in this process: it keeps what is put, or refuses it, or is down.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;

/// A client of an S3 that listens at a URL, with buckets in the path.
pub fn client_at(
    endpoint: &str,
    access_key_id: &str,
    secret: &str,
    region: &str,
) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(access_key_id, secret, None, None, "test"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .region(Region::new(region.to_owned()))
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// A handle; clones share the objects.
#[derive(Clone, Debug, Default)]
pub struct S3(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    objects: BTreeMap<String, Vec<u8>>,
    parts: Vec<u8>,
    writes: Vec<String>,
    calls: usize,
    health: Health,
    /// With this call it accepts writes again.
    accepting_from: Option<usize>,
}

/// How an [`S3`] answers from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// It accepts writes.
    #[default]
    Accepting,
    /// No request arrives: the client gets an I/O error.
    Down,
    /// Every request is answered with AccessDenied.
    Refusing,
    /// Requests arrive and are never answered.
    Silent,
}

impl S3 {
    /// A client that does not retry and is connected without a socket.
    pub fn client(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("service", "local", None, None, "test"))
            .region(Region::new("us-east-1"))
            .endpoint_url("http://s3.local")
            .force_path_style(true)
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    /// Sets how it answers from now on.
    pub fn set_health(&self, health: Health) {
        self.0.lock().unwrap().health = health;
    }

    /// `path` is `bucket/key`. `None`: nothing has been written there.
    pub fn object(&self, path: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap().objects.get(path).cloned()
    }

    /// The paths of all objects, in order.
    pub fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().objects.keys().cloned().collect()
    }

    /// What has been written since the last call, in order; parts of uploads too.
    pub fn take_writes(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().writes)
    }

    /// The same for so many calls, from now on; then it accepts writes.
    pub fn set_health_for(&self, calls: usize, health: Health) {
        let mut inner = self.0.lock().unwrap();
        inner.health = health;
        inner.accepting_from = Some(inner.calls + calls + 1);
    }

    /// How many calls there have been since the last call of this, whatever became of them.
    pub fn take_calls(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    fn answer(&self, method: &str, path: &str, query: &str, body: &[u8]) -> (u16, &'static str) {
        let mut inner = self.0.lock().unwrap();
        if inner.health == Health::Refusing {
            return (403, "<Error><Code>AccessDenied</Code></Error>");
        }
        let path = path.trim_start_matches('/').to_owned();
        if method == "PUT" && query.contains("partNumber=") {
            inner.parts.extend_from_slice(body);
            inner.writes.push(format!("{path} part"));
        } else if method == "PUT" {
            inner.writes.push(path.clone());
            inner.objects.insert(path, body.to_vec());
        } else if query.starts_with("uploads") {
            return (
                200,
                "<InitiateMultipartUploadResult><UploadId>1</UploadId>\
                 </InitiateMultipartUploadResult>",
            );
        } else if query.contains("uploadId=") {
            let whole = std::mem::take(&mut inner.parts);
            inner.objects.insert(path, whole);
            return (200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
        }
        (200, "")
    }
}

impl HttpClient for S3 {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for S3 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let health = {
            let mut inner = self.0.lock().unwrap();
            inner.calls += 1;
            if inner.accepting_from.is_some_and(|from| inner.calls >= from) {
                (inner.health, inner.accepting_from) = (Health::Accepting, None);
            }
            inner.health
        };
        match health {
            Health::Down => {
                return HttpConnectorFuture::ready(Err(ConnectorError::io("S3 is down".into())));
            }
            Health::Silent => return HttpConnectorFuture::new(std::future::pending()),
            Health::Accepting | Health::Refusing => {}
        }
        let uri: http::Uri = request.uri().parse().unwrap();
        let body = request.body().bytes().expect("bodies are in memory");
        let query = uri.query().unwrap_or_default();
        let (status, body) = self.answer(request.method(), uri.path(), query, body);
        let response = http::Response::builder().status(status).header("etag", "\"1\"");
        let response = response.body(SdkBody::from(body)).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(response).unwrap()))
    }
}
