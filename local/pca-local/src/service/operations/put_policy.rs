//! PutPolicy: attaches, or replaces, the CA's resource policy.

use aws_sdk_acmpca::operation::put_policy::{PutPolicyInput as Input, PutPolicyOutput as Output};

use crate::{
    model::{error::ApiError, lifecycle::Call, policy::Policy},
    service::{caller::Caller, core::Service},
};

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.resource_arn.unwrap_or_default();
    let (arn, cell) = service.authority(caller, "PutPolicy", &arn)?;
    let mut authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    let text = input.policy.unwrap_or_default();
    authority.policy = Some(Policy::parse(&text, &arn.to_string())?);
    Ok(Output::builder().build())
}
