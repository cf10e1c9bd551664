//! Whose turn it is: the CAs of a run in order, each with its audit state.

use super::{
    AT_ONCE, CheckError, Ports, Scope, Skip, Trigger,
    audit_state::{self, AuditState},
};
use crate::{ca::Ca, evidence::keys, jobs::in_order::in_order};

/// A CA that is to be audited; without a scope, for its configuration only.
pub(super) struct WorkItem<'a> {
    pub(super) ca: &'a Ca,
    pub(super) scope: Option<&'a Scope>,
    pub(super) state: Result<AuditState, CheckError>,
    /// In PEM; `None` while it is neither recorded nor fetched.
    pub(super) certificate: Option<Result<String, CheckError>>,
}

impl WorkItem<'_> {
    pub(super) fn lacks_certificate(&self) -> bool {
        self.scope.is_some() && self.state.is_ok() && self.certificate.is_none()
    }
}

/// The turns of the CAs that the trigger concerns, in the order of `scopes`.
pub(super) async fn of<'a>(
    ports: &Ports<'_>,
    scopes: &'a [(&'a Ca, Result<Scope, Skip>)],
    trigger: &Trigger,
) -> Vec<WorkItem<'a>> {
    let concerned = scopes.iter().filter(|(ca, scope)| trigger.concerns(ca, scope));
    let work_items = concerned.filter_map(|(ca, scope)| match scope {
        Ok(scope) => Some((*ca, Some(scope))),
        Err(Skip::NoBucket | Skip::NotEnabled) => Some((*ca, None)),
        Err(Skip::Status(_)) => None,
    });
    let work_items = work_items.map(async |(ca, scope)| {
        let state = audit_state::read(ports.evidence, &keys::audited_ca(ca.arn.id())).await;
        let state = state.map(|(state, _)| state);
        let known = state.as_ref().ok().and_then(|state| state.certificate.as_ref());
        let known = known.filter(|known| known.is_of(ca)).map(|known| Ok(known.pem.clone()));
        WorkItem { ca, scope, state, certificate: known }
    });
    in_order(AT_ONCE, work_items).await
}
