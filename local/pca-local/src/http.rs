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
use http::{HeaderValue, header, request::Parts};
use serde_json::Value;
use time::{OffsetDateTime, macros::format_description};

use crate::{
    ApiError, PcaLocal, admin,
    arn::CaArn,
    caller::Caller,
    cloudtrail::{self, ApiCall},
    iam::Asked,
    ocsp, operations,
    protocol::Protocol,
    recent::Event,
    wire::{Answer, model::MODEL, validate::validate},
};

/// A chain of 2 MiB in base64, a certificate and the rest of the request fit; nothing larger does.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often a call that changes nothing is carried out before it fails because the data directory
/// could not be written to while it read.
const READINGS_MAX: u32 = 5;

impl PcaLocal {
    /// The AWS API at `POST /`, the OCSP responder under `/ocsp`, and what is plainly not AWS's
    /// under `/_pca-local/`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", post(api).fallback(not_a_post))
            .route("/service/{service}/operation/{operation}", post(api).fallback(not_a_post))
            .fallback(not_a_post)
            .with_state(Arc::new(self.clone()))
            .merge(admin::router(self.clone()))
            .merge(ocsp::router(self.clone()))
    }
}

async fn not_a_post(State(service): State<Arc<PcaLocal>>, request: Request) -> Response {
    let caller = service.caller(request.headers());
    let error = ApiError::unknown_operation(format!(
        "{} {} is not an operation of ACM PCA: its API is POST / with an X-Amz-Target header, or \
         POST /service/ACMPrivateCA/operation/… in CBOR; what pca-local adds is under /_pca-local/",
        request.method(),
        request.uri().path()
    ));
    respond(&service, &caller, Protocol::of(request.headers()), Err(error))
}

async fn api(State(service): State<Arc<PcaLocal>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let protocol = Protocol::of(&parts.headers);
    let caller = service.caller(&parts.headers);
    let result = answer(&service, &caller, protocol, &parts, body).await;
    respond(&service, &caller, protocol, result)
}

async fn answer(
    service: &PcaLocal,
    caller: &Caller,
    protocol: Protocol,
    parts: &Parts,
    body: Body,
) -> Result<Answer, ApiError> {
    let operation = protocol.operation(parts)?;
    let model = MODEL.operations.get(operation).ok_or_else(|| {
        ApiError::unknown_operation(format!("ACM PCA has no operation '{operation}'"))
    })?;
    let body = read(body, service.body_patience()).await?;
    let mut generation = service.generation();
    if let Some(secrets) = service.secrets() {
        secrets.verify(parts, &body, service.now())?;
    }
    let request = protocol.read(model, &body)?;
    let admitted = authorize(service, caller, operation, &request)
        .and_then(|()| admit(service, caller, operation))
        .and_then(|()| validate(model, &request))
        .and_then(|()| protocol.json(&request, &body));
    let mut readings_left = READINGS_MAX;
    let result = loop {
        let result = match &admitted {
            Ok(text) => operations::dispatch(operation, service, caller, text, protocol).await,
            Err(error) => Err(error.clone()),
        };
        // An answer tells of nothing that a crash could undo, whoever did it.
        let Err(error) = service.settled_since(generation).await else { break result };
        // What a call has read may be gone, and it can read again; what it has changed is undone,
        // which its client has to know.
        readings_left -= 1;
        if readings_left == 0 || !cloudtrail::is_read_only(operation) {
            break Err(error.into());
        }
        generation = service.generation();
    };
    record(service, caller, operation, request, body.len(), &result);
    result
}

async fn read(body: Body, patience: Duration) -> Result<Bytes, ApiError> {
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(ApiError::too_large(format!(
            "The request is larger than {BODY_BYTES_MAX} bytes"
        )));
    }
    let reading = axum::body::to_bytes(body, BODY_BYTES_MAX);
    let read = tokio::time::timeout(patience, reading)
        .await
        .map_err(|_| ApiError::timed_out("The body of the request was not received in time"))?;
    read.map_err(|error| {
        ApiError::too_large(format!(
            "The request could not be read, or is larger than {BODY_BYTES_MAX} bytes: {error}"
        ))
    })
}

/// Whether the caller may, if the service knows who may what.
fn authorize(
    service: &PcaLocal,
    caller: &Caller,
    operation: &str,
    request: &Value,
) -> Result<(), ApiError> {
    let Some(iam) = service.iam() else { return Ok(()) };
    let arn = request["CertificateAuthorityArn"].as_str().or(request["ResourceArn"].as_str());
    let ca = arn.and_then(|arn| CaArn::parse(arn).ok());
    let cell = ca.and_then(|ca| service.store().find(&ca, service.now()).ok());
    let resource_tags = cell.map(|cell| {
        let authority = cell.lock();
        let pair = |tag: &Tag| (tag.key().to_owned(), tag.value().unwrap_or_default().to_owned());
        authority.tags.iter().map(pair).collect()
    });
    let resource_tags = resource_tags.unwrap_or_default();
    iam.authorize(caller, &Asked { operation, request, resource_tags })
}

/// What can end a call whatever it asks for.
fn admit(service: &PcaLocal, caller: &Caller, operation: &str) -> Result<(), ApiError> {
    service.limiter().admit(caller, operation, service.now())?;
    service.faults().take_error(operation).map_or(Ok(()), Err)
}

fn record(
    service: &PcaLocal,
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
    service.tell(Event::Call(Box::new(ApiCall {
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
    service: &PcaLocal,
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
    at.to_offset(time::UtcOffset::UTC).format(format).expect("every instant has these fields")
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
