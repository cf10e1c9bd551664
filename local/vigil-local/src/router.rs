//! One port for every service: which one is a request for?

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use pca_local::{Clock, Guard};
use serde_json::json;
use tower::ServiceExt as _;

use crate::absent;
use crate::account::Account;
use crate::admin::Admin;
use crate::clock::http_date;
use crate::event_history::EventHistory;
use crate::events::{Caller, api::Api as Events};
use crate::json_api;
use crate::kms::Kms;
use crate::lambda::update_api::{self, Recorder};
use crate::lambda::{Functions, invoke_api};
use crate::logs::Logs;
use crate::query;
use crate::queues::{self, Queues};
use crate::roles::{self, Roles};
use crate::s3;
use crate::security_hub::SecurityHub;
use crate::sts;
use crate::topics::Topics;
use crate::trails::Trails;

/// What is not streamed is read whole: Lambda's limit of 6 MiB is the largest, and some more.
const MAX_BODY_BYTES: usize = 7 * 1024 * 1024;

#[derive(Clone)]
pub(crate) struct Services {
    pub(crate) account: Account,
    pub(crate) admin: Admin,
    pub(crate) clock: Clock,
    pub(crate) events: Events,
    pub(crate) functions: Functions,
    pub(crate) history: EventHistory,
    pub(crate) kms: Kms,
    pub(crate) logs: Logs,
    pub(crate) queues: Queues,
    pub(crate) pca: Router,
    pub(crate) roles: Roles,
    pub(crate) s3: s3::Service,
    pub(crate) security_hub: SecurityHub,
    pub(crate) topics: Arc<Topics>,
    pub(crate) trails: Trails,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service<'a> {
    AcmPca,
    Admin,
    CloudTrail,
    Events,
    Kms,
    Lambda,
    Logs,
    S3,
    S3Control,
    SecurityHub,
    Sns,
    Sqs,
    Sts,
    Unknown(&'a str),
}

/// Who signed, and for which service.
struct Scope<'a> {
    access_key: &'a str,
    service: &'a str,
}

impl Services {
    /// All services, for who names this host (`guard`) and has the token, where one is needed.
    pub(crate) fn into_router(self, guard: Guard) -> Router {
        guard.protect(Router::new().fallback(answer).with_state(self))
    }
}

async fn answer(State(services): State<Services>, request: Request) -> Response {
    let now = services.clock.now();
    let mut response = services.route(request).await;
    // The functions read the time from the answers that they get: all services have one clock.
    if !response.headers().contains_key(header::DATE)
        && let Ok(date) = HeaderValue::from_str(&http_date(now))
    {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

impl Services {
    async fn route(self, request: Request) -> Response {
        let scope = scope(request.headers(), request.uri());
        match service(&scope, &request) {
            Service::AcmPca => {
                let function = scope.map(|scope| scope.access_key.to_owned());
                match function.filter(|access_key| self.roles.concern(access_key)) {
                    Some(access_key) => self.acm_pca_of_function(&access_key, request).await,
                    None => answer_of(self.pca, request).await,
                }
            }
            Service::Admin => self.admin.answer(&request),
            Service::S3 => match self.s3.call(request.map(s3s::Body::http_body_unsync)).await {
                Ok(response) => response.map(Body::new),
                Err(error) => {
                    let error: s3s::StdError = error.into();
                    tracing::error!(%error, "S3 could not answer");
                    StatusCode::INTERNAL_SERVER_ERROR.into_response()
                }
            },
            Service::Unknown(name) => absent::answer(name, request.headers()),
            Service::CloudTrail
            | Service::Events
            | Service::Kms
            | Service::Lambda
            | Service::Logs
            | Service::S3Control
            | Service::SecurityHub
            | Service::Sns
            | Service::Sqs
            | Service::Sts => self.route_whole(request).await,
        }
    }

    /// A function's call, which its role has to allow.
    async fn acm_pca_of_function(self, access_key: &str, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.split_once('.')).map_or("", |it| it.1);
        let (action, resource) = (format!("acm-pca:{operation}"), roles::acm_pca_resource(&body));
        match self.roles.permit_json(access_key, &action, &resource) {
            Ok(()) => answer_of(self.pca, Request::from_parts(parts, Body::from(body))).await,
            Err(refusal) => *refusal,
        }
    }

    /// The services whose requests are read whole.
    async fn route_whole(self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let most = match update_api::function(parts.uri.path()) {
            Some(_) => update_api::MAX_BODY_BYTES,
            None => MAX_BODY_BYTES,
        };
        let body = match axum::body::to_bytes(body, most).await {
            Ok(body) => body,
            Err(error) => {
                let message = format!("the body cannot be read up to {most} bytes: {error}");
                let body = json!({"__type": "RequestEntityTooLargeException", "message": message});
                return (StatusCode::PAYLOAD_TOO_LARGE, axum::Json(body)).into_response();
            }
        };
        let scope = scope(&parts.headers, &parts.uri);
        let head = Request::from_parts(parts.clone(), Body::empty());
        match service(&scope, &head) {
            Service::CloudTrail => {
                if json_api::operation(&parts.headers) != "LookupEvents" {
                    return self.json("cloudtrail", &scope, &parts.headers, &body);
                }
                let access_key = scope.map_or("", |scope| scope.access_key);
                match self.roles.permit_json(access_key, "cloudtrail:LookupEvents", "*") {
                    Ok(()) => self.history.answer(&parts.headers, &body),
                    Err(refusal) => *refusal,
                }
            }
            Service::Events => {
                let access_key = scope.as_ref().map_or("", |scope| scope.access_key);
                let operation = json_api::operation(&parts.headers);
                if operation != "PutEvents" {
                    let action = format!("events:{operation}");
                    if let Err(refusal) = self.roles.permit_json(access_key, &action, "*") {
                        return *refusal;
                    }
                }
                for event in roles::put_events(&body, &self.account) {
                    if let Err(refusal) = self.roles.permit_event(access_key, &event) {
                        return *refusal;
                    }
                }
                let (arn, principal_arn) = self.roles.principal(access_key).unwrap_or_else(|| {
                    let user = self.account.user_arn(access_key);
                    (user.clone(), user)
                });
                let caller = Caller { arn, principal_arn };
                self.events.answer(&parts.headers, &body, &caller)
            }
            Service::Kms => {
                let access_key = scope.map(|scope| scope.access_key);
                self.kms.answer(&parts.headers, access_key, &body, &self.history)
            }
            Service::Logs => self.json("logs", &scope, &parts.headers, &body),
            Service::Sqs if query::is_spoken(&parts.headers) => queues::refuse_query(),
            Service::Sqs => self.json("sqs", &scope, &parts.headers, &body),
            Service::Lambda => {
                let access_key = scope.map_or("", |scope| scope.access_key);
                self.lambda(access_key, &parts, body).await
            }
            Service::S3Control => {
                let access_key = scope.map(|scope| scope.access_key);
                let call = (&parts.method, parts.uri.path());
                self.s3.control(call, &parts.headers, access_key, &body)
            }
            Service::SecurityHub => {
                let access_key = scope.map_or("", |scope| scope.access_key);
                self.security_hub.answer((&parts.method, parts.uri.path()), access_key, &body)
            }
            Service::Sns => {
                let access_key = scope.map(|scope| scope.access_key);
                // The links in its messages are GET.
                let query = parts.uri.query().filter(|_| body.is_empty());
                let form = query.map_or(body, |query| Bytes::copy_from_slice(query.as_bytes()));
                self.topics.answer(&self.roles, access_key, &form)
            }
            _ => {
                let access_key = scope.map(|scope| scope.access_key);
                sts::answer(&self.account, access_key, parts.uri.query(), &body)
            }
        }
    }

    /// The services that speak AWS JSON. A function needs the permission, as everywhere.
    fn json(
        &self,
        service: &str,
        scope: &Option<Scope<'_>>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Response {
        let operation = json_api::operation(headers);
        let access_key = scope.as_ref().map_or("", |scope| scope.access_key);
        let action = format!("{service}:{operation}");
        if let Err(refusal) = self.roles.permit_json(access_key, &action, "*") {
            return *refusal;
        }
        json_api::respond(json_api::request(body).and_then(|request| match service {
            "cloudtrail" => self.trails.answer(operation, &request),
            "logs" => self.logs.answer(operation, &request),
            _ => self.queues.answer(operation, &request),
        }))
    }

    async fn lambda(&self, access_key: &str, parts: &Parts, body: Bytes) -> Response {
        let (method, path, account) = (&parts.method, parts.uri.path(), &self.account);
        let (action, resource) = invoke_api::permission(method, path, account);
        if let Err(refusal) = self.roles.permit_json(access_key, &action, &resource) {
            return *refusal;
        }
        let (roles, history) = (&self.roles, &self.history);
        let recorder = Recorder { access_key, account, roles, history };
        invoke_api::answer(&self.functions, method, path, &parts.headers, &recorder, body).await
    }
}

async fn answer_of(service: Router, request: Request) -> Response {
    match service.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn service<'a>(scope: &Option<Scope<'a>>, request: &Request) -> Service<'a> {
    let path = request.uri().path();
    if path.starts_with("/_pca-local/") {
        return Service::AcmPca;
    }
    if path.starts_with("/_vigil-local/") {
        return Service::Admin;
    }
    match scope.as_ref().map(|scope| scope.service) {
        Some("acm-pca") => return Service::AcmPca,
        Some("cloudtrail") => return Service::CloudTrail,
        Some("events") => return Service::Events,
        Some("kms") => return Service::Kms,
        Some("lambda") => return Service::Lambda,
        Some("logs") => return Service::Logs,
        Some("s3") | None if s3::is_control(path, request.headers()) => return Service::S3Control,
        Some("s3") => return Service::S3,
        Some("securityhub") => return Service::SecurityHub,
        Some("sns") => return Service::Sns,
        Some("sqs") => return Service::Sqs,
        Some("sts") => return Service::Sts,
        Some(other) => return Service::Unknown(other),
        None => {}
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let target = header("x-amz-target").unwrap_or_default();
    if target.starts_with("ACMPrivateCA.") {
        Service::AcmPca
    } else if target.starts_with("AWSEvents.") {
        Service::Events
    } else if target.starts_with("TrentService.") {
        Service::Kms
    } else if path.starts_with("/2015-03-31/functions/") {
        Service::Lambda
    } else if is_link_of_sns(request) {
        Service::Sns
    } else if request.method() == Method::POST && path == "/" {
        Service::Sts
    } else {
        // Relying parties fetch CRLs without a signature.
        Service::S3
    }
}

/// With what a subscriber confirms or ends its subscription, unsigned.
fn is_link_of_sns(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.method() == Method::GET
        && ["Action=ConfirmSubscription&", "Action=Unsubscribe&"]
            .iter()
            .any(|action| query.starts_with(action))
}

/// `Credential=<access key>/<date>/<region>/<service>/aws4_request`, from the header or, in a
/// presigned URL, from the query.
fn scope<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<Scope<'a>> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let credential = authorization.to_str().ok()?.split_once("Credential=")?.1;
        return parse_scope(credential.split([',', ' ']).next()?, "/");
    }
    let pairs = uri.query()?.split('&');
    let credential = pairs.filter_map(|pair| pair.strip_prefix("X-Amz-Credential=")).next()?;
    let slash = if credential.contains('/') { "/" } else { "%2F" };
    parse_scope(credential, slash)
}

fn parse_scope<'a>(credential: &'a str, slash: &str) -> Option<Scope<'a>> {
    let mut parts = credential.split(slash);
    let access_key = parts.next()?;
    let (_date, _region, service) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Scope { access_key, service })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service_of(method: &str, uri: &str, headers: &[(&str, &str)]) -> String {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let scope = scope(request.headers(), request.uri());
        format!("{:?}", service(&scope, &request))
    }

    #[test]
    fn the_service_is_read_from_the_signature_or_the_request() {
        let signed = |name: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/{name}/aws4_request, \
                 SignedHeaders=host, Signature=0"
            )
        };
        for (name, want) in [
            ("acm-pca", "AcmPca"),
            ("cloudtrail", "CloudTrail"),
            ("events", "Events"),
            ("kms", "Kms"),
            ("lambda", "Lambda"),
            ("s3", "S3"),
            ("sts", "Sts"),
            ("sns", "Sns"),
            ("logs", "Logs"),
            ("sqs", "Sqs"),
            ("ec2", "Unknown(\"ec2\")"),
        ] {
            assert_eq!(service_of("POST", "/", &[("authorization", &signed(name))]), want);
        }
        let credential = "local%2F20260101%2Fus-east-1%2Fs3%2Faws4_request";
        let presigned = format!("/b/k?X-Amz-Algorithm=x&X-Amz-Credential={credential}");
        assert_eq!(service_of("GET", &presigned, &[]), "S3");
        for (method, path, target, want) in [
            ("POST", "/", "ACMPrivateCA.ListTags", "AcmPca"),
            ("POST", "/", "AWSEvents.PutEvents", "Events"),
            ("POST", "/", "TrentService.ListKeys", "Kms"),
            ("POST", "/", "", "Sts"),
            ("POST", "/2015-03-31/functions/f/invocations", "", "Lambda"),
            ("GET", "/bucket/crl/x.crl", "", "S3"),
            ("GET", "/v20180820/configuration/publicAccessBlock", "", "S3"),
            ("GET", "/_pca-local/clock", "", "AcmPca"),
            ("GET", "/_vigil-local/health", "", "Admin"),
        ] {
            assert_eq!(service_of(method, path, &[("x-amz-target", target)]), want, "{path}");
        }
    }
}
