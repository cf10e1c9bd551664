//! Calls of services for which no crate of the SDK is built: CloudTrail, CloudWatch Logs, Lambda, Security Hub
//! and SQS.
//!
//! `vigil doctor`, `vigil replay` and the functions make thirteen of their calls. Their five crates have 418,
//! and would take longer to build than the rest of Vigil. The SDK's own runtime signs, sends and retries.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::{
    auth::{SigV4OperationSigningConfig, sigv4},
    retries::classifiers::AwsErrorCodeClassifier,
};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation, retries::classifiers::HttpStatusCodeClassifier,
};
use aws_smithy_runtime_api::client::{
    auth::{
        AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
        static_resolver::StaticAuthSchemeOptionResolver,
    },
    orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
    runtime_components::RuntimeComponentsBuilder,
    runtime_plugin::StaticRuntimePlugin,
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::Layer,
    error::metadata::{ErrorMetadata, ProvideErrorMetadata},
    retry::RetryConfig,
};
use aws_types::{SigningName, region::SigningRegion};
use serde_json::{Value, json};
use vigil_core::ports::PortError;

use crate::answer::port_error;

/// A service, as requests name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Service {
    /// In the signature and in the host name.
    name: &'static str,
    /// Before the operation in `X-Amz-Target`; empty for REST.
    target: &'static str,
    content_type: &'static str,
}

const JSON_1_1: &str = "application/x-amz-json-1.1";

pub(crate) const CLOUDTRAIL: Service = Service {
    name: "cloudtrail",
    target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.",
    content_type: JSON_1_1,
};
pub(crate) const LAMBDA: Service =
    Service { name: "lambda", target: "", content_type: "application/json" };
pub(crate) const LOGS: Service =
    Service { name: "logs", target: "Logs_20140328.", content_type: JSON_1_1 };
pub(crate) const SECURITY_HUB: Service =
    Service { name: "securityhub", target: "", content_type: "application/json" };
pub(crate) const SQS: Service =
    Service { name: "sqs", target: "AmazonSQS.", content_type: "application/x-amz-json-1.0" };

/// One request.
pub(crate) struct Call<'a> {
    pub(crate) service: Service,
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, &'static str)],
    pub(crate) body: String,
    /// For errors: what it is about.
    pub(crate) resource: &'a str,
}

impl<'a> Call<'a> {
    /// A call of AWS JSON.
    pub(crate) fn json(
        service: Service,
        operation: &'static str,
        resource: &'a str,
        request: &Value,
    ) -> Self {
        let body = request.to_string();
        Self { service, operation, method: "POST", path: "/", headers: &[], body, resource }
    }
}

/// How Lambda invokes a function: `X-Amz-Invocation-Type`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Invocation {
    /// It answers when the function has ended.
    RequestResponse,
    /// It answers when the event is queued.
    Event,
}

/// Invokes a function, by its name or ARN.
pub(crate) async fn invoke(
    sdk: &SdkConfig,
    function: &str,
    event: String,
    how: Invocation,
) -> Result<Answer, PortError> {
    // A colon in a path is signed as it is sent.
    let name = function.rsplit(':').next().unwrap_or(function);
    let path = format!("/2015-03-31/functions/{name}/invocations");
    let how = match how {
        Invocation::RequestResponse => "RequestResponse",
        Invocation::Event => "Event",
    };
    let call = Call {
        service: LAMBDA,
        operation: "Invoke",
        method: "POST",
        path: &path,
        headers: &[("x-amz-invocation-type", how)],
        body: event,
        resource: function,
    };
    send(sdk, call).await
}

/// An answer: its headers that matter, and its body.
#[derive(Debug)]
pub(crate) struct Answer {
    /// `X-Amz-Function-Error`.
    pub(crate) function_error: Option<String>,
    pub(crate) body: Value,
}

/// What the service said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(ErrorMetadata);

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// Sends the call, and again where that helps.
pub(crate) async fn send(sdk: &SdkConfig, call: Call<'_>) -> Result<Answer, PortError> {
    let other = |cause: &str| PortError::Other {
        operation: call.operation,
        resource: call.resource.to_owned(),
        cause: cause.into(),
    };
    let region = sdk.region().ok_or_else(|| other("no Region is set: set AWS_REGION"))?;
    let credentials =
        sdk.credentials_provider().ok_or_else(|| other("there are no credentials"))?;
    let endpoint = match sdk.endpoint_url() {
        Some(url) => url.to_owned(),
        None => endpoint(call.service.name, region.as_ref()),
    };
    let mut config = Layer::new("signing");
    config.store_put(AuthSchemeOptionResolverParams::new(()));
    config.store_put(SigV4OperationSigningConfig {
        name: Some(SigningName::from_static(call.service.name)),
        region: Some(SigningRegion::from(region.clone())),
        ..SigV4OperationSigningConfig::default()
    });
    let schemes = StaticAuthSchemeOptionResolver::new(vec![sigv4::SCHEME_ID]);
    let components = RuntimeComponentsBuilder::new("signing")
        .with_auth_scheme(SharedAuthScheme::new(sigv4::SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(schemes)))
        .with_identity_resolver(sigv4::SCHEME_ID, credentials);
    let signing =
        StaticRuntimePlugin::new().with_config(config.freeze()).with_runtime_components(components);
    let request = Request {
        method: call.method,
        path: call.path.to_owned(),
        target: match call.service.target {
            "" => None,
            target => Some(format!("{target}{}", call.operation)),
        },
        content_type: call.service.content_type,
        headers: call.headers.to_vec(),
        body: call.body.clone(),
    };
    let mut operation = Operation::builder();
    if let Some(client) = sdk.http_client() {
        operation = operation.http_client(client);
    }
    operation
        .service_name(call.service.name)
        .operation_name(call.operation)
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&endpoint)
        .standard_retry(&RetryConfig::standard())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
        .runtime_plugin(signing)
        .serializer(|request: Request| request.http())
        .deserializer(answer)
        .build()
        .invoke(request)
        .await
        .map_err(|error| port_error(call.operation, call.resource, error))
}

#[derive(Debug)]
struct Request {
    method: &'static str,
    path: String,
    target: Option<String>,
    content_type: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl Request {
    fn http(self) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = http::Request::builder().method(self.method).uri(&self.path);
        if let Some(target) = &self.target {
            request = request.header("x-amz-target", target);
        }
        if !self.body.is_empty() {
            request = request
                .header("content-type", self.content_type)
                .header("content-length", self.body.len());
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        Ok(request.body(SdkBody::from(self.body))?.try_into()?)
    }
}

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<Refused>> {
    let bytes = response.body().bytes().unwrap_or_default();
    let header = |name: &str| response.headers().get(name).map(str::to_owned);
    let body: Value = if bytes.is_empty() {
        json!({})
    } else {
        serde_json::from_slice(bytes).map_err(OrchestratorError::other)?
    };
    if response.status().is_success() {
        return Ok(Answer { function_error: header("x-amz-function-error"), body });
    }
    // `x-amzn-ErrorType: Code:http://…` or `"__type": "prefix#Code"`.
    let code = header("x-amzn-errortype").or_else(|| body["__type"].as_str().map(str::to_owned));
    let code = code.unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    let message = body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default();
    let meta = ErrorMetadata::builder().code(code).message(message).build();
    Err(OrchestratorError::operation(Refused(meta)))
}

/// AWS General Reference, "Service endpoints".
fn endpoint(service: &str, region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{service}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_named_after_service_and_region() {
        assert_eq!(endpoint("sqs", "eu-west-1"), "https://sqs.eu-west-1.amazonaws.com");
        assert_eq!(endpoint("sqs", "cn-north-1"), "https://sqs.cn-north-1.amazonaws.com.cn");
    }
}
