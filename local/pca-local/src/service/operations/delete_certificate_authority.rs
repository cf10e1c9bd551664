//! DeleteCertificateAuthority: starts the restoration period, or removes what never came to be.

use aws_sdk_acmpca::operation::delete_certificate_authority::{
    DeleteCertificateAuthorityInput as Input, DeleteCertificateAuthorityOutput as Output,
};
use time::Duration;

use crate::{
    model::{
        error::ApiError,
        lifecycle::{self, Call},
    },
    service::{caller::Caller, core::Service},
};

const DEFAULT_WINDOW_DAYS: i32 = 30;

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "DeleteCertificateAuthority", &arn)?;
    let now = service.now();
    let days = input.permanent_deletion_time_in_days.unwrap_or(DEFAULT_WINDOW_DAYS);
    let is_gone = {
        let mut authority = cell.lock();
        authority.permit(Call::Delete, now)?;
        let deleted = lifecycle::delete(&authority.state, Duration::days(days.into()), now);
        authority.change_state(deleted, now);
        lifecycle::is_gone(&authority.state, now)
    };
    if is_gone {
        service.store.remove_gone(now);
    }
    Ok(Output::builder().build())
}
