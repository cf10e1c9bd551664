//! TagCertificateAuthority.

use aws_sdk_acmpca::operation::tag_certificate_authority::{
    TagCertificateAuthorityInput as Input, TagCertificateAuthorityOutput as Output,
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
    let (_, cell) = service.authority(caller, "TagCertificateAuthority", &arn)?;
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    let most = service.limiter.quotas().tags;
    authority.tags = tags::add(&authority.tags, &input.tags.unwrap_or_default(), most)?;
    Ok(Output::builder().build())
}
