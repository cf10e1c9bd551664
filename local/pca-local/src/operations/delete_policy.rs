//! DeletePolicy: detaches the resource policy; without one there is nothing to do.

use aws_sdk_acmpca::operation::delete_policy::{
    DeletePolicyInput as Input, DeletePolicyOutput as Output,
};

use crate::{ApiError, PcaLocal, caller::Caller, lifecycle::Call};

pub(super) async fn run(
    service: &PcaLocal,
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
