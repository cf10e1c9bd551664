//! DescribeCertificateAuthority: works in every state, deleted CAs included.

use std::sync::Arc;

use aws_sdk_acmpca::operation::describe_certificate_authority::{
    DescribeCertificateAuthorityInput as Input, DescribeCertificateAuthorityOutput as Output,
};

use crate::{
    model::error::ApiError,
    service::{caller::Caller, core::Service, pending_work},
};

pub(crate) async fn run(
    service: &Arc<Service>,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "DescribeCertificateAuthority", &arn)?;
    pending_work::poll_creation(service, &cell).await;
    let description = cell.lock().describe(service.now());
    Ok(Output::builder().certificate_authority(description).build())
}
