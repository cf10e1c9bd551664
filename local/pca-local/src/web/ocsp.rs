//! The OCSP responder of all CAs: HTTP GET and POST as in RFC 6960 appendix A and RFC 5019.

use std::sync::Arc;

use aws_lc_rs::digest;
use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, SigningAlgorithm};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    response::Response,
    routing::{get, post},
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderName, header};
use time::{Duration, OffsetDateTime};

use crate::{
    api::http::http_date,
    model::{arn::CaArn, authority::Authority, error::explain},
    service::{cloudtrail::Act, core::Service},
    x509::{
        issue::Issuer,
        ocsp::{
            CertId, CertStatus, OcspRefusal, OcspRequest, ResponseHeader, SingleResponse, refusal,
            sign_response,
        },
    },
};

/// How long a response may be used. The service says that a revocation shows "within 60 minutes";
/// here it shows at once, and in what is cached, within that.
const VALIDITY: Duration = Duration::HOUR;
/// Hundreds of certificates in one request; clients ask for one.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

pub(crate) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/ocsp", post(by_post))
        .route("/ocsp/", post(by_post))
        .route("/ocsp/{*request}", get(by_get))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(service)
}

async fn by_post(State(service): State<Arc<Service>>, body: Bytes) -> Response {
    let now = service.now();
    respond(durable(&service, &body, now).await, None, now)
}

/// The request is the rest of the path: the base64 of its DER, URL-encoded, which is undone by now.
async fn by_get(State(service): State<Arc<Service>>, Path(request): Path<String>) -> Response {
    /// Clients differ about the padding.
    const BASE64: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let now = service.now();
    let answered = match BASE64.decode(&request) {
        Ok(der) => durable(&service, &der, now).await,
        Err(_) => Answer::Refused(OcspRefusal::MalformedRequest),
    };
    // RFC 9654 §2.1: what has a nonce is for one client, once.
    let is_cacheable = matches!(answered, Answer::Signed { has_nonce: false, .. });
    respond(answered, is_cacheable.then_some(now + VALIDITY), now)
}

enum Answer {
    Refused(OcspRefusal),
    Signed { der: Vec<u8>, has_nonce: bool },
}

/// The answer, after every change that it shows is on disk.
async fn durable(service: &Service, request: &[u8], now: OffsetDateTime) -> Answer {
    let generation = service.store.generation();
    let answered = answer(service, request, now);
    match service.store.settled_since(generation).await {
        Ok(()) => answered,
        Err(_) => Answer::Refused(OcspRefusal::InternalError),
    }
}

fn answer(service: &Service, request: &[u8], now: OffsetDateTime) -> Answer {
    let request = match OcspRequest::from_der(request) {
        Ok(request) => request,
        Err(error) => {
            tracing::info!(error = explain(&error), "an OCSP request was refused");
            return Answer::Refused(OcspRefusal::MalformedRequest);
        }
    };
    // RFC 5019 §2.2.3: unauthorized, if the responder does not speak for the CA.
    let Some(found) = find(service, &request.certificates, now) else {
        return Answer::Refused(OcspRefusal::Unauthorized);
    };
    let header = ResponseHeader {
        signing_algorithm: &found.signing_algorithm,
        produced_at: now,
        this_update: now,
        next_update: now + VALIDITY,
        nonce: request.nonce.as_ref(),
    };
    let responses: Vec<SingleResponse<'_>> = request
        .certificates
        .iter()
        .zip(found.statuses)
        .map(|(certificate, status)| SingleResponse { certificate, status })
        .collect();
    match sign_response(&found.issuer, &header, &responses) {
        Ok(der) => {
            if let Some(ca) = &found.announced_for {
                announce(service, ca, &request.certificates, now);
            }
            Answer::Signed { der, has_nonce: request.nonce.is_some() }
        }
        Err(error) => {
            tracing::error!(error = explain(&error), "an OCSP response could not be signed");
            Answer::Refused(OcspRefusal::InternalError)
        }
    }
}

fn announce(service: &Service, ca: &CaArn, asked: &[CertId], now: OffsetDateTime) {
    service.events.trail(ca, || Act::SignOcspResponse, now);
    let arn = |id: &CertId| ca.certificate(&id.serial.to_hex());
    let certificates = || asked.iter().map(arn).collect();
    service.events.trail(ca, || Act::GenerateOcspResponse { certificates: certificates() }, now);
}

/// What is taken from the CA's record; signing is done without its lock.
struct Found {
    /// The CA, if there is an event sink.
    announced_for: Option<CaArn>,
    issuer: Issuer,
    signing_algorithm: SigningAlgorithm,
    statuses: Vec<CertStatus>,
}

/// The one CA that issued all that is asked for, if it answers OCSP requests: enabled, and ACTIVE
/// or DISABLED.
fn find(service: &Service, certificates: &[CertId], now: OffsetDateTime) -> Option<Found> {
    service.store.all().into_iter().find_map(|cell| {
        let authority = cell.lock();
        let hashes = &authority.certificate.as_ref()?.hashes;
        let answers = certificates.iter().all(|id| hashes.are_in(id))
            && authority.ocsp_configuration().is_some()
            && matches!(authority.status(now), Status::Active | Status::Disabled);
        if !answers {
            return None;
        }
        Some(Found {
            announced_for: service.events.is_heard().then(|| authority.arn.clone()),
            issuer: authority.issuer()?,
            signing_algorithm: authority.configuration.signing_algorithm().clone(),
            statuses: certificates.iter().map(|id| status(&authority, id)).collect(),
        })
    })
}

fn status(authority: &Authority, id: &CertId) -> CertStatus {
    let issued = id.serial.to_array().and_then(|serial| authority.issued.get(&serial));
    match issued.map(|entry| entry.revocation) {
        None => CertStatus::Unknown,
        Some(None) => CertStatus::Good,
        Some(Some(revocation)) => {
            CertStatus::Revoked { at: revocation.at, reason: revocation.reason }
        }
    }
}

/// RFC 5019 §6.2: what a proxy needs to keep the response until it ends.
fn respond(answer: Answer, cache_until: Option<OffsetDateTime>, now: OffsetDateTime) -> Response {
    let body = match answer {
        Answer::Refused(why) => refusal(why),
        Answer::Signed { der, .. } => der,
    };
    let mut headers: Vec<(HeaderName, String)> = vec![
        (header::CONTENT_TYPE, "application/ocsp-response".to_owned()),
        (header::DATE, http_date(now)),
    ];
    match cache_until {
        Some(until) => {
            let seconds = (until - now).whole_seconds();
            let caching = format!("max-age={seconds}, public, no-transform, must-revalidate");
            let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &body);
            headers.push((header::CACHE_CONTROL, caching));
            headers.push((header::LAST_MODIFIED, http_date(now)));
            headers.push((header::EXPIRES, http_date(until)));
            headers.push((header::ETAG, format!("\"{}\"", hex::encode(hash.as_ref()))));
        }
        None => headers.push((header::CACHE_CONTROL, "no-store".to_owned())),
    }
    let mut response = Response::new(body.into());
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
