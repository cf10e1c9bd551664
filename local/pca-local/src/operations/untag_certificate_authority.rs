//! UntagCertificateAuthority.

use aws_sdk_acmpca::operation::untag_certificate_authority::{
    UntagCertificateAuthorityInput as Input, UntagCertificateAuthorityOutput as Output,
};

use super::tags;
use crate::{ApiError, PcaLocal, caller::Caller, lifecycle::Call};

pub(super) async fn run(
    service: &PcaLocal,
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
