//! GetCertificateAuthorityCsr: the request for the CA's own certificate.

use std::sync::Arc;

use aws_sdk_acmpca::operation::get_certificate_authority_csr::{
    GetCertificateAuthorityCsrInput as Input, GetCertificateAuthorityCsrOutput as Output,
};

use crate::{
    model::{error::ApiError, lifecycle::Call},
    service::{caller::Caller, core::Service, pending_work},
    x509::csr,
};

pub(crate) async fn run(
    service: &Arc<Service>,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "GetCertificateAuthorityCsr", &arn)?;
    pending_work::poll_creation(service, &cell).await;
    let authority = cell.lock();
    authority.permit(Call::GetCsr, service.now())?;
    Ok(Output::builder().csr(csr::to_pem(authority.csr()?)).build())
}
