//! GetPolicy: the resource policy as it was put.

use aws_sdk_acmpca::operation::get_policy::{GetPolicyInput as Input, GetPolicyOutput as Output};

use crate::{
    model::{error::ApiError, lifecycle::Call},
    service::{caller::Caller, core::Service},
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.resource_arn.unwrap_or_default();
    let (arn, cell) = service.authority(caller, "GetPolicy", &arn)?;
    let authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    let policy = authority
        .policy
        .as_ref()
        .ok_or_else(|| ApiError::resource_not_found(format!("{arn} has no resource policy")))?;
    Ok(Output::builder().policy(&policy.text).build())
}
