//! HTTP in front of the service: one POST for all operations, and our own endpoints beside it.

use std::{sync::Arc, time::Duration};

use aws_sdk_acmpca::types::Tag;
use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _},
    extract::{Request, State},
    response::Response,
    routing::post,
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use serde_json::Value;
use time::{OffsetDateTime, macros::format_description};

use crate::{
    api::{
        dispatch,
        iam::{Asked, Iam},
        protocol::Protocol,
        signature::Secrets,
        wire::{Answer, validate::validate},
    },
    model::{api_model::MODEL, arn::CaArn, error::ApiError},
    service::{
        caller::Caller,
        cloudtrail::{self, ApiCall},
        core::Service,
        recent_events::RecentEvent,
    },
};

/// A chain of 2 MiB in base64, a certificate and the rest of the request fit; nothing larger does.
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// How often a call that changes nothing is carried out before it fails because the data directory
/// could not be written to while it read.
const MAX_READINGS: u32 = 5;

/// The API in front of the service: who may call, and how patient it is.
pub(crate) struct Api {
    pub(crate) service: Arc<Service>,
    /// What callers may do; everything, if not given.
    pub(crate) iam: Option<Iam>,
    /// What requests have to be signed with; any signature will do, if not given.
    pub(crate) secrets: Option<Secrets>,
    /// How long a client may take to send a request's body.
    pub(crate) body_patience: Duration,
}

impl Api {
    /// Who sends a request with these headers.
    fn caller(&self, headers: &HeaderMap) -> Caller {
        let Service { account, region, .. } = &*self.service;
        let mut caller = Caller::from_headers(headers, account, region);
        if let Some(iam) = &self.iam {
            iam.identify(&mut caller);
        }
        caller
    }
}

/// The AWS API at `POST /`. Whatever else is asked for is answered as an unknown operation.
pub(crate) fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/", post(call).fallback(not_a_post))
        .route("/service/{service}/operation/{operation}", post(call).fallback(not_a_post))
        .fallback(not_a_post)
        .with_state(api)
}

async fn not_a_post(State(api): State<Arc<Api>>, request: Request) -> Response {
    let caller = api.caller(request.headers());
    let error = ApiError::unknown_operation(format!(
        "{} {} is not an operation of ACM PCA: its API is POST / with an X-Amz-Target header, or \
         POST /service/ACMPrivateCA/operation/… in CBOR; what pca-local adds is under /_pca-local/",
        request.method(),
        request.uri().path()
    ));
    respond(&api.service, &caller, Protocol::of(request.headers()), Err(error))
}

async fn call(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let protocol = Protocol::of(&parts.headers);
    let caller = api.caller(&parts.headers);
    let result = answer(&api, &caller, protocol, &parts, body).await;
    respond(&api.service, &caller, protocol, result)
}

async fn answer(
    api: &Api,
    caller: &Caller,
    protocol: Protocol,
    parts: &Parts,
    body: Body,
) -> Result<Answer, ApiError> {
    let service = &api.service;
    let operation = protocol.operation(parts)?;
    let model = MODEL.operations.get(operation).ok_or_else(|| {
        ApiError::unknown_operation(format!("ACM PCA has no operation '{operation}'"))
    })?;
    let body = read(body, api.body_patience).await?;
    let mut generation = service.store.generation();
    if let Some(secrets) = &api.secrets {
        secrets.verify(parts, &body, service.now())?;
    }
    let request = protocol.read(model, &body)?;
    let admitted = authorize(api, caller, operation, &request)
        .and_then(|()| admit(service, caller, operation))
        .and_then(|()| validate(model, &request))
        .and_then(|()| protocol.json(&request, &body));
    let mut readings_left = MAX_READINGS;
    let result = loop {
        let result = match &admitted {
            Ok(text) => dispatch::dispatch(operation, service, caller, text, protocol).await,
            Err(error) => Err(error.clone()),
        };
        // Reply only after every change that this call may have observed is durable.
        let Err(error) = service.store.settled_since(generation).await else { break result };
        // The commit failed: a call that only reads can read again. The changes of any other call
        // are undone, and its client has to know.
        readings_left -= 1;
        if readings_left == 0 || !cloudtrail::is_read_only(operation) {
            break Err(error.into());
        }
        generation = service.store.generation();
    };
    record(service, caller, operation, request, body.len(), &result);
    result
}

async fn read(body: Body, patience: Duration) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(ApiError::too_large(format!(
            "The request is larger than {MAX_BODY_BYTES} bytes"
        )));
    }
    let reading = axum::body::to_bytes(body, MAX_BODY_BYTES);
    let read = tokio::time::timeout(patience, reading)
        .await
        .map_err(|_| ApiError::timed_out("The body of the request was not received in time"))?;
    read.map_err(|error| {
        ApiError::too_large(format!(
            "The request could not be read, or is larger than {MAX_BODY_BYTES} bytes: {error}"
        ))
    })
}

/// Whether the caller may, if the service knows who may what.
fn authorize(api: &Api, caller: &Caller, operation: &str, request: &Value) -> Result<(), ApiError> {
    let Some(iam) = &api.iam else { return Ok(()) };
    let arn = request["CertificateAuthorityArn"].as_str().or(request["ResourceArn"].as_str());
    let ca = arn.and_then(|arn| CaArn::parse(arn).ok());
    let cell = ca.and_then(|ca| api.service.store.find(&ca, api.service.now()).ok());
    let resource_tags = cell.map(|cell| {
        let authority = cell.lock();
        let pair = |tag: &Tag| (tag.key().to_owned(), tag.value().unwrap_or_default().to_owned());
        authority.tags.iter().map(pair).collect()
    });
    let resource_tags = resource_tags.unwrap_or_default();
    iam.authorize(caller, &Asked { operation, request, resource_tags })
}

/// What can end a call whatever it asks for.
fn admit(service: &Service, caller: &Caller, operation: &str) -> Result<(), ApiError> {
    service.limiter.admit(caller, operation, service.now())?;
    service.faults.take_error(operation).map_or(Ok(()), Err)
}

fn record(
    service: &Service,
    caller: &Caller,
    operation: &str,
    request: Value,
    request_bytes: usize,
    result: &Result<Answer, ApiError>,
) {
    match result {
        Ok(_) => tracing::info!(operation, request_id = caller.request_id, "answered"),
        Err(error) => {
            tracing::info!(operation, request_id = caller.request_id, %error, "refused");
        }
    }
    if cloudtrail::is_read_only(operation) {
        return;
    }
    service.events.note(RecentEvent::Call(Box::new(ApiCall {
        operation: operation.to_owned(),
        request,
        outcome: match result {
            Ok(answer) => Ok(answer.json.clone()),
            Err(error) => Err(error.clone()),
        },
        caller: caller.clone(),
        at: service.now(),
        // A blob is recorded as a list of its octets.
        bytes: request_bytes * 16,
    })));
}

fn respond(
    service: &Service,
    caller: &Caller,
    protocol: Protocol,
    result: Result<Answer, ApiError>,
) -> Response {
    let mut response = protocol.respond(result);
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&caller.request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    // The service's own time. Clients correct their signing clock by it, so simulated time reaches
    // everything that talks to the service.
    if let Ok(date) = HeaderValue::from_str(&http_date(service.now())) {
        headers.insert(header::DATE, date);
    }
    response
}

/// RFC 9110 §5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(at: OffsetDateTime) -> String {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    crate::x509::moment::in_utc(at).format(format).expect("every instant has these fields")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    #[test]
    fn the_date_header_is_an_imf_fixdate() {
        assert_eq!(
            super::http_date(datetime!(1994-11-06 08:49:37 UTC)),
            "Sun, 06 Nov 1994 08:49:37 GMT"
        );
    }
}
