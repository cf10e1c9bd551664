//! The Lambda API, as far as it is served: call a function, wait or do not wait, list functions, read
//! their configuration, replace their code.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::refusal::{not_found, refuse};
use super::update_api::{self, Recorder};
use super::{Functions, InvocationResult, read_api};
use crate::account::Account;

pub(crate) async fn answer(
    functions: &Functions,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    recorder: &Recorder<'_>,
    body: Bytes,
) -> Response {
    if let Some(name) = update_api::function(path).filter(|_| method == Method::PUT) {
        return update_api::answer(functions, &function_name(name), recorder, body).await;
    }
    if method == Method::GET && path.trim_end_matches('/') == "/2016-08-19/account-settings" {
        return axum::Json(read_api::account(functions.0.configs.values())).into_response();
    }
    if method == Method::GET && path.trim_end_matches('/') == "/2015-03-31/functions" {
        return axum::Json(read_api::list(functions.0.configs.values())).into_response();
    }
    let path = path.strip_prefix("/2015-03-31/functions/");
    if let Some((name, part)) = path.filter(|_| method == Method::GET).and_then(read_api::part) {
        return match functions.config(&function_name(name)) {
            Some(config) => axum::Json(part(config)).into_response(),
            None => not_found(name),
        };
    }
    let name = path.and_then(|rest| rest.strip_suffix("/invocations"));
    let Some(name) = name.filter(|_| method == Method::POST) else {
        return refuse(
            StatusCode::NOT_FOUND,
            "UnknownOperationException",
            "vigil-local serves Invoke, ListFunctions, GetFunction, GetFunctionConfiguration, \
             GetAccountSettings and UpdateFunctionCode",
        );
    };
    invoke(functions, &function_name(name), headers, body).await
}

async fn invoke(functions: &Functions, name: &str, headers: &HeaderMap, body: Bytes) -> Response {
    if functions.config(name).is_none() {
        return not_found(name);
    }
    let event = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    let Ok(value) = serde_json::from_slice::<Value>(&event) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            "Could not parse request body into json",
        );
    };
    let kind = headers
        .get("x-amz-invocation-type")
        .map_or("RequestResponse", |kind| kind.to_str().unwrap_or(""));
    match kind {
        "DryRun" => StatusCode::NO_CONTENT.into_response(),
        "Event" => {
            functions.invoke_later(name, &value, "invoke");
            StatusCode::ACCEPTED.into_response()
        }
        "RequestResponse" => match functions.invoke(name, event).await {
            Some(outcome) => respond(&outcome),
            None => refuse(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceException",
                "the stack is being stopped",
            ),
        },
        other => {
            let message = format!("{other:?} is no invocation type");
            refuse(StatusCode::BAD_REQUEST, "InvalidParameterValueException", &message)
        }
    }
}

/// What IAM calls the request, and its resource (Service Authorization Reference, AWS Lambda).
pub(crate) fn permission(method: &Method, path: &str, account: &Account) -> (String, String) {
    let name = path.strip_prefix("/2015-03-31/functions/").unwrap_or_default();
    let (name, part) = name.split_once('/').unwrap_or((name, ""));
    let action = match (method, part) {
        (&Method::GET, _) if path.contains("account-settings") => "GetAccountSettings",
        (&Method::GET, _) if name.is_empty() => "ListFunctions",
        (&Method::GET, "configuration") => "GetFunctionConfiguration",
        (&Method::GET, _) => "GetFunction",
        (&Method::PUT, _) => "UpdateFunctionCode",
        _ => "InvokeFunction",
    };
    let resource = match name {
        "" => "*".to_owned(),
        name => account.arn("lambda", &format!("function:{}", function_name(name))),
    };
    (format!("lambda:{action}"), resource)
}

/// `name`, `name:qualifier`, `account:name` or the ARN, percent-encoded or not. There is one
/// version of everything here.
fn function_name(given: &str) -> String {
    let given = given.replace("%3A", ":").replace("%3a", ":").replace("%24", "$");
    let after_kind = given.split_once(":function:").map_or(given.as_str(), |(_, name)| name);
    let mut parts = after_kind.split(':');
    let first = parts.next().unwrap_or_default();
    let is_account = first.len() == 12 && first.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { parts.next().unwrap_or_default().to_owned() } else { first.to_owned() }
}

fn respond(outcome: &InvocationResult) -> Response {
    let version = ("x-amz-executed-version", "$LATEST");
    match outcome {
        InvocationResult::Error(error) => {
            ([version, ("x-amz-function-error", "Unhandled")], axum::Json(error)).into_response()
        }
        InvocationResult::Response(response) => ([version], axum::Json(response)).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_in_every_way_that_lambda_knows() {
        for given in [
            "auto-restore",
            "auto-restore:$LATEST",
            "arn:aws:lambda:us-east-1:111122223333:function:auto-restore",
            "arn:aws:lambda:us-east-1:111122223333:function:auto-restore:live",
            "arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Aauto-restore",
            "111122223333:auto-restore",
            "111122223333:function:auto-restore",
        ] {
            assert_eq!(function_name(given), "auto-restore", "{given}");
        }
    }
}
