//! ListCertificateAuthorities: a page of the caller's CAs in the order of their creation.

use aws_sdk_acmpca::{
    operation::list_certificate_authorities::ListCertificateAuthoritiesInput as Input,
    types::ResourceOwner,
};

use super::paging;
use crate::{ApiError, PcaLocal, caller::Caller, store::Place, wire::page::Page as Output};

/// "At most 100 items are returned", whatever `MaxResults` asks for (up to 1000).
const PAGE_MAX: usize = 100;

pub(super) async fn run(
    service: &PcaLocal,
    caller: &Caller,
    input: Input,
) -> Result<Output, ApiError> {
    let now = service.now();
    let page = paging::page_size(input.max_results, PAGE_MAX);
    let first = input.next_token.as_deref().map(paging::read_token).transpose()?.unwrap_or(0);
    let place = Place { account: caller.account.clone(), region: caller.region.clone() };
    let cells = match input.resource_owner {
        Some(ResourceOwner::OtherAccounts) => service.store().shared_with(&place, first, now),
        _ => service.store().list(&place, first, now),
    };
    let next = cells.get(page).map(|cell| paging::token(cell.lock().ordinal));
    let listed = cells.iter().take(page).map(|cell| cell.lock().shown(now)).collect();
    Ok(Output { listed, next })
}
