//! GetCertificate: an issued certificate, revoked and expired ones included, with its chain.

use aws_sdk_acmpca::operation::get_certificate::{
    GetCertificateInput as Input, GetCertificateOutput as Output,
};

use crate::{
    model::{
        arn, authority::Authority, error::ApiError, lifecycle::Call,
        pending_work::UnissuedCertificate,
    },
    service::{
        caller::Caller,
        core::Service,
        pending_work::{self},
    },
    state::data_dir::BodyOf,
    x509::pem,
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let ca = input.certificate_authority_arn.unwrap_or_default();
    let certificate_arn = input.certificate_arn.unwrap_or_default();
    let (ca, cell) = service.authority(caller, "GetCertificate", &ca)?;
    let (issuer, serial) = arn::parse_certificate(&certificate_arn)?;
    cell.lock().permit(Call::GetCertificate, service.now())?;
    let serial = arn::parse_serial(&serial)
        .filter(|_| issuer == ca)
        .ok_or_else(|| not_found(&certificate_arn))?;
    pending_work::poll_certificate(service, &cell, serial);
    let (wanted, held, chain) = find(&cell.lock(), &certificate_arn, serial)?;
    let der = match held {
        Some(der) => der,
        None => service.store.read_body(wanted).await?,
    };
    Ok(Output::builder()
        .certificate(pem::encode(pem::CERTIFICATE, &der))
        .set_certificate_chain(chain)
        .build())
}

type Found = (BodyOf, Option<Vec<u8>>, Option<String>);

/// Where the certificate is, its DER if it is in memory, and its chain.
fn find(authority: &Authority, certificate_arn: &str, serial: [u8; 16]) -> Result<Found, ApiError> {
    match authority.unissued.get(&serial) {
        // linkerd/linkerd2#2622. The reason is in IssueCertificateDetails only.
        Some(UnissuedCertificate::Failed { .. }) => {
            return Err(ApiError::request_failed(format!(
                "Certificate {certificate_arn} is in a failed state."
            )));
        }
        // CartoDB/cartodb#15570.
        Some(UnissuedCertificate::Waiting { .. }) => {
            return Err(ApiError::request_in_progress(format!(
                "The request to issue certificate {certificate_arn} is still in progress. Try \
                 again later."
            )));
        }
        None => {}
    }
    let issued = authority.issued.get(&serial).ok_or_else(|| not_found(certificate_arn))?;
    let chain = if issued.is_self_signed { None } else { issuing_chain(authority) };
    let wanted = BodyOf { ca: authority.ordinal, place: issued.place, serial };
    Ok((wanted, issued.der.map(<[u8]>::to_vec), chain))
}

fn not_found(certificate_arn: &str) -> ApiError {
    ApiError::resource_not_found(format!("Could not find Certificate {certificate_arn}"))
}

/// The issuing CA's certificate, then its own chain up to the root.
fn issuing_chain(authority: &Authority) -> Option<String> {
    let held = authority.certificate.as_ref()?;
    let above = held.chain_pem().map(|chain| format!("\n{chain}")).unwrap_or_default();
    Some(format!("{}{above}", held.certificate.pem()))
}
