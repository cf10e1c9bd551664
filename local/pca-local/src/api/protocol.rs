//! The two protocols of the service: how a request names its operation, and what an answer looks like.

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use serde_json::{Value, json};

use crate::{
    api::wire::{self, Answer},
    model::{
        api_model::Operation,
        error::{ApiError, explain},
    },
};

/// AWS's model names Smithy RPC v2 CBOR first since November 2026, and AWS JSON 1.1 still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    AwsJson,
    RpcV2Cbor,
}

const TARGET_PREFIX: &str = "ACMPrivateCA.";
/// <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>: the service's shape name.
const PATH_PREFIX: &str = "/service/ACMPrivateCA/operation/";
const SMITHY_PROTOCOL: &str = "smithy-protocol";
const RPC_V2_CBOR: &str = "rpc-v2-cbor";

impl Protocol {
    /// What a request claims to be, well formed or not: its answer has to be in that protocol.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(SMITHY_PROTOCOL) {
            Some(protocol) if protocol == RPC_V2_CBOR => Self::RpcV2Cbor,
            _ => Self::AwsJson,
        }
    }

    pub(crate) fn operation(self, parts: &Parts) -> Result<&str, ApiError> {
        match self {
            Self::AwsJson => target(parts),
            Self::RpcV2Cbor => {
                let path = parts.uri.path();
                path.strip_prefix(PATH_PREFIX).ok_or_else(|| {
                    ApiError::unknown_operation(format!(
                        "'{path}' does not start with '{PATH_PREFIX}', as a request in CBOR does"
                    ))
                })
            }
        }
    }

    /// The request in the form that AWS JSON has. An empty body is an empty request.
    pub(crate) fn read(self, model: &Operation, body: &[u8]) -> Result<Value, ApiError> {
        if body.is_empty() {
            return Ok(json!({}));
        }
        match self {
            Self::AwsJson => serde_json::from_slice(body).map_err(|error| {
                ApiError::serialization(format!("The request is not JSON: {error}"))
            }),
            Self::RpcV2Cbor => wire::cbor::to_json(model, body).map_err(|error| {
                ApiError::serialization(format!("The request is not CBOR: {}", explain(&error)))
            }),
        }
    }

    /// The same as text, which the operation is read from: for JSON, the body as it came.
    pub(crate) fn json(self, request: &Value, body: &Bytes) -> Result<Bytes, ApiError> {
        if self == Self::AwsJson && !body.is_empty() {
            return Ok(body.clone());
        }
        let text = serde_json::to_vec(request);
        text.map(Bytes::from).map_err(|error| ApiError::internal(error.to_string()))
    }

    pub(crate) fn respond(self, result: Result<Answer, ApiError>) -> Response {
        let (status, body) = match result {
            Ok(answer) => (StatusCode::OK, answer.body),
            Err(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
                (status, self.refusal(&error))
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let media_type = match self {
            Self::AwsJson => "application/x-amz-json-1.1",
            Self::RpcV2Cbor => {
                headers.insert(SMITHY_PROTOCOL, HeaderValue::from_static(RPC_V2_CBOR));
                "application/cbor"
            }
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        response
    }

    fn refusal(self, error: &ApiError) -> Bytes {
        match self {
            Self::AwsJson => {
                json!({"__type": error.code, "message": error.message}).to_string().into()
            }
            Self::RpcV2Cbor => wire::cbor::refusal(error).into(),
        }
    }
}

fn target(parts: &Parts) -> Result<&str, ApiError> {
    let target = parts
        .headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .ok_or_else(|| ApiError::unknown_operation("The request has no X-Amz-Target header"))?;
    target.strip_prefix(TARGET_PREFIX).ok_or_else(|| {
        ApiError::unknown_operation(format!(
            "X-Amz-Target '{target}' does not start with '{TARGET_PREFIX}'"
        ))
    })
}
