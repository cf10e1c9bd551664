//! DeletePolicy: detaches the resource policy; without one there is nothing to do.

use aws_sdk_acmpca::operation::delete_policy::{
    DeletePolicyInput as Input, DeletePolicyOutput as Output,
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
    let arn = input.resource_arn.unwrap_or_default();
    let (_, cell) = service.authority(caller, "DeletePolicy", &arn)?;
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    authority.policy = None;
    Ok(Output::builder().build())
}
