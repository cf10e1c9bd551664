//! PEM files: certificates, chains, requests, and CRLs as they would be signed now.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use super::page::refusal;
use crate::{
    model::{
        arn::{self, CaArn},
        crl::Binding,
        error::explain,
    },
    service::{core::Service, crl_publisher::CrlContent},
    state::{data_dir::BodyOf, memory::AuthorityCell},
    x509::{csr, pem},
};

fn find(service: &Service, arn: &str) -> Option<(CaArn, AuthorityCell)> {
    let arn = CaArn::parse(arn).ok()?;
    let cell = service.store.find(&arn, service.now()).ok()?;
    Some((arn, cell))
}

/// Of a CA, or one that it issued.
pub(super) async fn certificate(
    State(service): State<Arc<Service>>,
    Path(arn): Path<String>,
) -> Response {
    let found = match arn::parse_certificate(&arn) {
        Ok((ca, serial)) => issued(&service, &ca, &serial).await.map(|pem| (serial, pem)),
        Err(_) => own_certificate(&service, &arn),
    };
    file(&service, "certificate", found)
}

async fn issued(service: &Service, ca: &CaArn, serial: &str) -> Option<String> {
    let cell = service.store.find(ca, service.now()).ok()?;
    let serial = arn::parse_serial(serial)?;
    let (wanted, held) = {
        let authority = cell.lock();
        let issued = authority.issued.get(&serial)?;
        let wanted = BodyOf { ca: authority.ordinal, place: issued.place, serial };
        (wanted, issued.der.map(<[u8]>::to_vec))
    };
    let der = match held {
        Some(der) => der,
        None => service.store.read_body(wanted).await.ok()?,
    };
    Some(pem::encode(pem::CERTIFICATE, &der))
}

fn own_certificate(service: &Service, arn: &str) -> Option<(String, String)> {
    let (arn, cell) = find(service, arn)?;
    let pem = cell.lock().certificate.as_ref()?.certificate.pem();
    Some((arn.id, pem))
}

pub(super) async fn chain(
    State(service): State<Arc<Service>>,
    Path(arn): Path<String>,
) -> Response {
    let found = find(&service, &arn).and_then(|(arn, cell)| {
        let chain = cell.lock().certificate.as_ref()?.chain_pem()?;
        Some((format!("{}-chain", arn.id), chain))
    });
    file(&service, "chain", found)
}

pub(super) async fn csr(State(service): State<Arc<Service>>, Path(arn): Path<String>) -> Response {
    let found = find(&service, &arn).and_then(|(arn, cell)| {
        let pem = csr::to_pem(cell.lock().csr().ok()?);
        Some((format!("{}-request", arn.id), pem))
    });
    file(&service, "request", found)
}

/// `complete`, or the number of a partition.
pub(super) async fn crl(
    State(service): State<Arc<Service>>,
    Path((which, arn)): Path<(String, String)>,
) -> Response {
    let binding = match which.as_str() {
        "complete" => Some(Binding::Complete),
        number => number.parse().ok().map(Binding::Partition),
    };
    let now = service.now();
    let found = binding.zip(find(&service, &arn)).and_then(|(binding, (arn, cell))| {
        Some((arn, CrlContent::preview(&cell.lock(), binding, now)?))
    });
    let Some((arn, content)) = found else { return file(&service, "CRL", None) };
    match tokio::task::spawn_blocking(move || content.sign()).await {
        Ok(Ok(der)) => {
            let name = format!("{}-{which}-crl", arn.id);
            file(&service, "CRL", Some((name, pem::encode("X509 CRL", &der))))
        }
        Ok(Err(error)) => refusal(&service, StatusCode::INTERNAL_SERVER_ERROR, &explain(&error)),
        Err(error) => refusal(&service, StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn file(service: &Service, kind: &str, found: Option<(String, String)>) -> Response {
    let Some((name, content)) = found else {
        let why = format!("There is no such {kind}: it was not made yet, or is gone.");
        return refusal(service, StatusCode::NOT_FOUND, &why);
    };
    // Names are made of identifiers; anything else would have no place in the header.
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.pem\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, content).into_response()
}
