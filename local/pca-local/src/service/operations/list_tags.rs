//! ListTags.

use aws_sdk_acmpca::operation::list_tags::{ListTagsInput as Input, ListTagsOutput as Output};

use super::paging;
use crate::{
    model::{error::ApiError, lifecycle::Call},
    service::{caller::Caller, core::Service},
};

/// A CA has no more tags than this, so a page holds them all unless fewer are asked for.
const MAX_PAGE: usize = 50;

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let arn = input.certificate_authority_arn.unwrap_or_default();
    let (arn, cell) = service.authority(caller, "ListTags", &arn)?;
    let authority = cell.lock();
    authority.permit(Call::Metadata, service.now())?;
    let page = paging::page_size(input.max_results, MAX_PAGE);
    let (list, given) = (format!("ListTags {arn}"), input.next_token.as_deref());
    let (tags, next) = paging::page(&list, &authority.tags, given, page)?;
    Ok(Output::builder().set_tags(Some(tags.to_vec())).set_next_token(next).build())
}
