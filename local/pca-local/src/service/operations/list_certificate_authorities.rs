//! ListCertificateAuthorities: a page of the caller's CAs in the order of their creation.

use std::sync::Arc;

use aws_sdk_acmpca::{
    operation::list_certificate_authorities::ListCertificateAuthoritiesInput as Input,
    types::ResourceOwner,
};

use super::paging;
use crate::{
    model::{arn::AccountRegion, error::ApiError, shown::Shown},
    service::{caller::Caller, core::Service},
};

/// "At most 100 items are returned", whatever `MaxResults` asks for (up to 1000).
const MAX_PAGE: usize = 100;

/// What ListCertificateAuthorities answers with.
pub(crate) struct AuthorityPage {
    pub(crate) listed: Vec<Arc<Shown>>,
    pub(crate) next: Option<String>,
}

pub(crate) async fn run(
    service: &Service,
    caller: &Caller,
    input: Input,
) -> Result<AuthorityPage, ApiError> {
    let now = service.now();
    let page = paging::page_size(input.max_results, MAX_PAGE);
    let owner = input.resource_owner.unwrap_or(ResourceOwner::SelfValue);
    let list = format!("ListCertificateAuthorities {} {} {owner}", caller.account, caller.region);
    let given = input.next_token.as_deref();
    let first = given.map(|given| paging::read_token(&list, given)).transpose()?.unwrap_or(0);
    let place = AccountRegion { account: caller.account.clone(), region: caller.region.clone() };
    let cells = match owner {
        ResourceOwner::OtherAccounts => service.store.shared_with(&place, first, now),
        _ => service.store.list(&place, first, now),
    };
    let next = cells.get(page).map(|cell| paging::token(&list, cell.lock().ordinal));
    let listed = cells.iter().take(page).map(|cell| cell.lock().shown(now)).collect();
    Ok(AuthorityPage { listed, next })
}
