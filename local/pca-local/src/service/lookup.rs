//! The CA that a request names, if its caller may reach it.

use crate::{
    model::{arn::CaArn, error::ApiError},
    service::{caller::Caller, core::Service},
    state::memory::AuthorityCell,
};

impl Service {
    /// The CA behind an ARN of a request. Another account's is open to what its resource policy
    /// grants.
    pub(crate) fn authority(
        &self,
        caller: &Caller,
        operation: &str,
        arn: &str,
    ) -> Result<(CaArn, AuthorityCell), ApiError> {
        self.authority_for(caller, operation, arn, None)
    }

    /// The same for IssueCertificate, which policies grant for one template.
    pub(crate) fn authority_for(
        &self,
        caller: &Caller,
        operation: &str,
        arn: &str,
        template_arn: Option<&str>,
    ) -> Result<(CaArn, AuthorityCell), ApiError> {
        let arn = CaArn::parse(arn)?;
        if arn.region != caller.region {
            return Err(ApiError::invalid_arn(format!(
                "{arn} lies in {}, the request was sent to {}",
                arn.region, caller.region
            )));
        }
        let cell = self.store.find(&arn, self.now());
        if arn.account == caller.account {
            return cell.map(|cell| (arn, cell));
        }
        // To a stranger, a CA that does not exist looks like one that is not shared.
        let shared = cell.ok().filter(|cell| {
            cell.lock()
                .policy
                .as_ref()
                .is_some_and(|policy| policy.allows(&caller.account, operation, template_arn))
        });
        match shared {
            Some(cell) => Ok((arn, cell)),
            None => Err(ApiError::access_denied(&caller.arn, operation, &arn.to_string())),
        }
    }
}
