//! UntagCertificateAuthority.

use aws_sdk_acmpca::operation::untag_certificate_authority::{
    UntagCertificateAuthorityInput as Input, UntagCertificateAuthorityOutput as Output,
};

use super::tags;
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
    let (_, cell) = service.authority(caller, "UntagCertificateAuthority", &arn)?;
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    authority.tags = tags::remove(&authority.tags, &input.tags.unwrap_or_default());
    Ok(Output::builder().build())
}
