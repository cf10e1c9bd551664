//! UpdateFunctionCode: what it asks for, what it answers, and CloudTrail's record of it.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use pca_local::EventSink;
use serde_json::{Value, json};

use super::code::{self, NotUpdated};
use super::refusal::{not_found, refuse};
use super::{FunctionConfig, Functions, read_api};
use crate::account::Account;
use crate::api_call::ApiCall;
use crate::clock::to_the_second;
use crate::roles::Roles;

/// 50 MB of a zip in base64, with what is around it. Lambda names this number where it refuses more.
pub(crate) const MAX_BODY_BYTES: usize = 70_167_211;

/// The function whose code is asked to be replaced.
pub(crate) fn function(path: &str) -> Option<&str> {
    path.strip_prefix("/2015-03-31/functions/")?.strip_suffix("/code")
}

/// Who calls, and what records it.
pub(crate) struct Recorder<'a> {
    pub(crate) access_key: &'a str,
    pub(crate) account: &'a Account,
    pub(crate) roles: &'a Roles,
    pub(crate) history: &'a dyn EventSink,
}

pub(super) async fn answer(
    functions: &Functions,
    name: &str,
    recorder: &Recorder<'_>,
    body: Bytes,
) -> Response {
    let Some(config) = functions.config(name) else { return not_found(name) };
    let folder = functions.0.code.join(name);
    match code::update(config.code.clone(), folder, body).await {
        Ok(()) => {
            let now = to_the_second(functions.0.clock.now());
            recorder.history.deliver(recorder.record(config, &now));
            axum::Json(read_api::configuration(config)).into_response()
        }
        Err(why @ NotUpdated::Stored(_)) => {
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", &why.to_string())
        }
        Err(why @ NotUpdated::Request(_)) => {
            refuse(StatusCode::BAD_REQUEST, "InvalidRequestContentException", &why.to_string())
        }
        Err(why) => {
            refuse(StatusCode::BAD_REQUEST, "InvalidParameterValueException", &why.to_string())
        }
    }
}

impl Recorder<'_> {
    /// AWS Lambda Developer Guide, "Logging AWS Lambda API calls using AWS CloudTrail": the name ends in
    /// the API's version, and the code is left out.
    fn record(&self, config: &FunctionConfig, now: &str) -> Value {
        let call = ApiCall {
            service: "lambda",
            name: "UpdateFunctionCode20150331v2",
            identity: self.roles.identity(self.access_key),
            at: now,
            request: json!({"functionName": config.name}),
            response: json!({"functionName": config.name, "functionArn": config.arn}),
            is_read: false,
        };
        call.event(self.account)
    }
}
