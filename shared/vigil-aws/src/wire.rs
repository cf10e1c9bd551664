//! Scripted answers in the place of the network, for tests of the adapters.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;

/// What was asked: the URI, the headers that matter, the body.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) uri: String,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) body: String,
}

/// Answers each request with the next of its answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

pub(crate) const DATE: &str = "Sat, 31 Jan 2026 12:00:00 GMT";

pub(crate) fn dated(body: impl ToString) -> Answer {
    Answer { status: 200, headers: vec![("date", DATE)], body: body.to_string() }
}

pub(crate) fn refused(status: u16, code: &str) -> Answer {
    let body = format!(r#"{{"__type": "{code}", "message": "because"}}"#);
    Answer { status, headers: vec![("x-amzn-requestid", "r-1")], body }
}

impl Wire {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let wire = Self::default();
        wire.answers.lock().unwrap().extend(answers);
        wire
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name: &str| request.headers().get(name).map(str::to_owned);
        let body = request.body().bytes().unwrap_or_default();
        self.asked.lock().unwrap().push(Asked {
            uri: request.uri().to_owned(),
            if_match: header("if-match"),
            if_none_match: header("if-none-match"),
            body: String::from_utf8_lossy(body).into_owned(),
        });
        let answer = self.answers.lock().unwrap().pop_front().expect("an answer for each request");
        let status = answer.status.try_into().expect("a status");
        let length = answer.body.len().to_string();
        let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
        response.headers_mut().insert("content-length", length);
        for (name, value) in answer.headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// The configuration that every SDK client of the tests has, as each crate has its own type of it.
macro_rules! client {
    ($sdk:ident, $wire:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("us-east-1"))
                .credentials_provider($sdk::config::Credentials::new("a", "s", None, None, "test"))
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .http_client($wire.client())
                .build(),
        )
    };
}

pub(crate) use client;
