//! DeletePermission: takes back what CreatePermission gave.

use aws_sdk_acmpca::operation::delete_permission::{
    DeletePermissionInput as Input, DeletePermissionOutput as Output,
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
    let (_, cell) = service.authority(caller, "DeletePermission", &arn)?;
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    let principal = input.principal.unwrap_or_default();
    let source_account = input.source_account.unwrap_or_else(|| caller.account.clone());
    let position = authority
        .permissions
        .iter()
        .position(|held| held.is_for(&principal, &source_account))
        .ok_or_else(|| {
            ApiError::resource_not_found(format!(
                "{principal} has no permission for account {source_account}"
            ))
        })?;
    authority.permissions.remove(position);
    Ok(Output::builder().build())
}
