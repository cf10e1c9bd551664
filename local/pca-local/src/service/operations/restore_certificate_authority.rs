//! RestoreCertificateAuthority: back to the state before the deletion, within the window.

use aws_sdk_acmpca::operation::restore_certificate_authority::{
    RestoreCertificateAuthorityInput as Input, RestoreCertificateAuthorityOutput as Output,
};

use crate::{
    model::{
        error::ApiError,
        lifecycle::{self, CaState, Call},
    },
    service::{caller::Caller, core::Service},
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "RestoreCertificateAuthority", &arn)?;
    let now = service.now();
    let mut authority = cell.lock();
    authority.permit(Call::Restore, now)?;
    if let CaState::Deleted { before, .. } = authority.state {
        authority.change_state(lifecycle::restore(before), now);
    }
    Ok(Output::builder().build())
}
