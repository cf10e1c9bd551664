//! ListPermissions: what ACM may do with the CA.

use aws_sdk_acmpca::operation::list_permissions::{
    ListPermissionsInput as Input, ListPermissionsOutput as Output,
};

use super::paging;
use crate::{
    model::{error::ApiError, lifecycle::Call},
    service::{caller::Caller, core::Service},
};

const MAX_PAGE: usize = 1000;

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (arn, cell) = service.authority(caller, "ListPermissions", &arn)?;
    let authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    let page = paging::page_size(input.max_results, MAX_PAGE);
    let (list, given) = (format!("ListPermissions {arn}"), input.next_token.as_deref());
    let (shown, next) = paging::page(&list, &authority.permissions, given, page)?;
    let shown = shown.iter().map(|permission| permission.describe(&arn)).collect();
    Ok(Output::builder().set_permissions(Some(shown)).set_next_token(next).build())
}
