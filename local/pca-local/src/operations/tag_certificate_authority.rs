//! TagCertificateAuthority.

use aws_sdk_acmpca::operation::tag_certificate_authority::{
    TagCertificateAuthorityInput as Input, TagCertificateAuthorityOutput as Output,
};

use super::tags;
use crate::{ApiError, PcaLocal, caller::Caller, lifecycle::Call};

pub(super) async fn run(
    service: &PcaLocal,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "TagCertificateAuthority", &arn)?;
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    let most = service.quotas().tags;
    authority.tags = tags::add(&authority.tags, &input.tags.unwrap_or_default(), most)?;
    Ok(Output::builder().build())
}
