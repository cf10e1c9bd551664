//! CreatePermission: lets ACM issue and renew certificates from the CA.

use aws_sdk_acmpca::operation::create_permission::{
    CreatePermissionInput as Input, CreatePermissionOutput as Output,
};

use crate::{
    model::{error::ApiError, lifecycle::Call, permission::Permission},
    service::{caller::Caller, core::Service},
};

/// "At this time, the only valid principal is acm.amazonaws.com."
const ONLY_PRINCIPAL: &str = "acm.amazonaws.com";

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "CreatePermission", &arn)?;
    let now = service.now();
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, now)?;
    let principal = input.principal.unwrap_or_default();
    if principal != ONLY_PRINCIPAL {
        return Err(ApiError::validation(format!(
            "The principal must be {ONLY_PRINCIPAL}, not {principal}"
        )));
    }
    let source_account = input.source_account.unwrap_or_else(|| caller.account.clone());
    if authority.permissions.iter().any(|held| held.is_for(&principal, &source_account)) {
        return Err(ApiError::permission_already_exists(format!(
            "{principal} has a permission for account {source_account} already"
        )));
    }
    let mut actions = Vec::new();
    for action in input.actions.unwrap_or_default() {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    authority.permissions.push(Permission { principal, source_account, actions, created_at: now });
    Ok(Output::builder().build())
}
