//! UpdateCertificateAuthority: enables, disables, and changes how revocation is published.

use aws_sdk_acmpca::{
    operation::update_certificate_authority::{
        UpdateCertificateAuthorityInput as Input, UpdateCertificateAuthorityOutput as Output,
    },
    types::CertificateAuthorityStatus as Status,
};

use super::revocation;
use crate::{
    model::{
        error::ApiError,
        lifecycle::{CaState, Call},
    },
    service::{caller::Caller, core::Service},
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (arn, cell) = service.authority(caller, "UpdateCertificateAuthority", &arn)?;
    let state = match input.status {
        None => None,
        Some(Status::Active) => Some(CaState::Active),
        Some(Status::Disabled) => Some(CaState::Disabled),
        Some(other) => {
            return Err(ApiError::invalid_args(format!(
                "Status can be set to ACTIVE or DISABLED, not to {other}"
            )));
        }
    };
    let call = if state.is_some() { Call::Update } else { Call::UpdateRevocation };
    let revocation = {
        let authority = cell.lock();
        authority.permit(call, service.now())?;
        let given = input.revocation_configuration.as_ref();
        given.map(|given| revocation::merge(&authority.revocation, given)).transpose()?
    };
    if let Some(revocation) = &revocation {
        revocation::probe(service, &arn, revocation).await?;
    }

    let now = service.now();
    let mut authority = cell.lock();
    // The bucket was tried without the lock; the CA may have been deleted meanwhile.
    authority.permit(call, now)?;
    if let Some(revocation) = revocation {
        authority.revocation = revocation;
    }
    if let Some(state) = state.filter(|state| *state != authority.state) {
        authority.change_state(state, now);
    }
    Ok(Output::builder().build())
}
