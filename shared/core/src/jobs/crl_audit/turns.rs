//! Whose turn it is: the CAs of a run in order, each with what is remembered of it.

use super::{
    AT_ONCE, Ports, Scope, Skip, Step, Trigger,
    memory::{self, Memory},
};
use crate::{
    ca::Ca,
    jobs::side_by_side::side_by_side,
    ports::{Ledger, Pace},
};

/// A CA that is to be audited; without a scope, for its configuration only.
pub(super) struct Turn<'a> {
    pub(super) ca: &'a Ca,
    pub(super) scope: Option<&'a Scope>,
    pub(super) memory: Result<Memory, Step>,
    /// In PEM; `None` while it is neither remembered nor fetched.
    pub(super) certificate: Option<Result<String, Step>>,
}

impl Turn<'_> {
    pub(super) fn lacks_certificate(&self) -> bool {
        self.scope.is_some() && self.memory.is_ok() && self.certificate.is_none()
    }
}

/// The turns of the CAs that the trigger concerns, in the order of `scopes`.
pub(super) async fn of<'a, A, O, K, L: Ledger, B, P: Pace, D>(
    ports: &Ports<'_, A, O, K, L, B, P, D>,
    scopes: &'a [(&'a Ca, Result<Scope, Skip>)],
    trigger: &Trigger,
) -> Vec<Turn<'a>> {
    let concerned = scopes.iter().filter(|(ca, scope)| trigger.concerns(ca, scope));
    let turns = concerned.filter_map(|(ca, scope)| match scope {
        Ok(scope) => Some((*ca, Some(scope))),
        Err(Skip::NoBucket | Skip::NotEnabled) => Some((*ca, None)),
        Err(Skip::Status(_)) => None,
    });
    let turns = turns.map(async |(ca, scope)| {
        let memory = memory::read(ports.ledger, &memory::ca_key(ca.arn.id())).await;
        let memory = memory.map(|(memory, _)| memory);
        let known = memory.as_ref().ok().and_then(|memory| memory.certificate.as_ref());
        let known = known.filter(|known| known.is_of(ca)).map(|known| Ok(known.pem.clone()));
        Turn { ca, scope, memory, certificate: known }
    });
    side_by_side(AT_ONCE, turns).await
}
