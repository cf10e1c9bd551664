//! An S3 that takes every object and keeps it, connected to the real client without a socket.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;

/// Bodies by path, as in `/bucket/key`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Objects {
    pub(crate) fn client(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new("PCALOCALSERVICE", "local", None, None, "test"))
            .region(Region::new("us-east-1"))
            .endpoint_url("http://s3.local")
            .force_path_style(true)
            .http_client(SharedHttpClient::new(self.clone()))
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        self.0.lock().unwrap().get(path).cloned().unwrap_or_else(|| panic!("no object at {path}"))
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

impl HttpClient for Objects {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Objects {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let objects = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().unwrap();
            let path = request.uri().path().to_owned();
            let body = request.into_body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
            objects.lock().unwrap().insert(path, body);
            Ok(HttpResponse::try_from(http::Response::new(SdkBody::empty())).unwrap())
        })
    }
}
