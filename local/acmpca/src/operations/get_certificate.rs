//! GetCertificate: an issued certificate, revoked and expired ones included, with its chain.

use aws_sdk_acmpca::operation::get_certificate::{
    GetCertificateInput as Input, GetCertificateOutput as Output,
};

use crate::{
    ApiError, PcaLocal, arn,
    authority::Authority,
    caller::Caller,
    lifecycle::Call,
    unfinished::{self, Unissued},
    x509::pem,
};

pub(super) async fn run(
    service: &PcaLocal,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let ca = input.certificate_authority_arn.unwrap_or_default();
    let certificate_arn = input.certificate_arn.unwrap_or_default();
    let (ca, cell) = service.authority(caller, "GetCertificate", &ca)?;
    let (issuer, serial) = arn::parse_certificate(&certificate_arn)?;
    cell.lock().permit(Call::GetCertificate, service.now())?;
    let not_found =
        || ApiError::resource_not_found(format!("Could not find Certificate {certificate_arn}"));
    let serial = arn::parse_serial(&serial).filter(|_| issuer == ca).ok_or_else(not_found)?;
    unfinished::poll_certificate(service, &cell, serial);
    let authority = cell.lock();
    match authority.unissued.get(&serial) {
        Some(Unissued::Failed { reason }) => {
            return Err(ApiError::request_failed(format!(
                "The issuance of {certificate_arn} has failed: {reason}"
            )));
        }
        Some(Unissued::Waiting { .. }) => {
            return Err(ApiError::request_in_progress(format!(
                "The certificate {certificate_arn} is still being issued"
            )));
        }
        None => {}
    }
    let issued = authority.issued.get(&serial).ok_or_else(not_found)?;
    let chain = if issued.is_self_signed { None } else { issuing_chain(&authority) };
    Ok(Output::builder()
        .certificate(pem::encode(pem::CERTIFICATE, issued.der))
        .set_certificate_chain(chain)
        .build())
}

/// The issuing CA's certificate, then its own chain up to the root.
fn issuing_chain(authority: &Authority) -> Option<String> {
    let held = authority.certificate.as_ref()?;
    let above = held.chain_pem().map(|chain| format!("\n{chain}")).unwrap_or_default();
    Some(format!("{}{above}", held.certificate.pem()))
}
