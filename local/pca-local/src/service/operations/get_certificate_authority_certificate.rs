//! GetCertificateAuthorityCertificate: the CA's own certificate and what is above it.

use aws_sdk_acmpca::operation::get_certificate_authority_certificate::{
    GetCertificateAuthorityCertificateInput as Input,
    GetCertificateAuthorityCertificateOutput as Output,
};

use crate::{
    model::{error::ApiError, lifecycle::Call},
    service::{caller::Caller, core::Service},
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "GetCertificateAuthorityCertificate", &arn)?;
    let authority = cell.lock();
    authority.permit(Call::GetCaCertificate, service.now())?;
    let held = authority
        .certificate
        .as_ref()
        .ok_or_else(|| ApiError::internal("an active CA has a certificate"))?;
    Ok(Output::builder()
        .certificate(held.certificate.pem())
        .set_certificate_chain(held.chain_pem())
        .build())
}
