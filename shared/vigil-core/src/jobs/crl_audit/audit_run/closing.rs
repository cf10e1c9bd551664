//! What a run over all CAs finds to be audited no longer.

use std::collections::BTreeSet;

use super::{
    super::{AT_ONCE, CheckError, CheckFailure, Skip, settle},
    AuditRun, Scopes, Sum,
};
use crate::{evidence::keys, jobs::in_order::in_order};

impl AuditRun<'_> {
    /// A CA that was deleted, or whose CRL was turned off, has no findings any more. Only a run
    /// over all CAs can show, and only about resources that it did not audit.
    pub(super) async fn close_what_is_no_longer_audited(&self, scopes: &Scopes<'_>, sum: &mut Sum) {
        if !self.trigger.is_of_all() {
            return;
        }
        let Sum { report, failures, .. } = sum;
        let mut failed = |resource: String, step| failures.push(CheckFailure { resource, step });
        let keys = match self.ports.evidence.list(keys::AUDIT_STATES).await {
            Ok(keys) => keys,
            Err(error) => return failed("the ledger".to_owned(), CheckError::AuditState(error)),
        };
        let audited = audited(scopes);
        let partitions: Vec<String> = scopes
            .iter()
            .filter_map(|(ca, scope)| {
                let scope = scope.as_ref().ok().filter(|scope| scope.partitioned)?;
                Some(keys::audited_partitions(ca.arn.id(), &scope.bucket))
            })
            .collect();
        let is_audited = |key: &String| {
            key.starts_with(keys::COMPARED_REPORTS)
                || audited.contains(key)
                || partitions.iter().any(|prefix| key.starts_with(prefix))
        };
        let keys: Vec<_> = keys.into_iter().filter(|key| !is_audited(key)).collect();
        let closed = keys.iter().map(|key| settle::close(&self.finding_store, key));
        let closed = in_order(AT_ONCE, closed).await;
        for (key, closed) in keys.into_iter().zip(closed) {
            match closed {
                Ok(resolved) => report.published.resolved.extend(resolved),
                Err(step) => failed(key, step),
            }
        }
    }
}

/// The keys of what a run over all CAs audits.
fn audited(scopes: &Scopes<'_>) -> BTreeSet<String> {
    let mut audited = BTreeSet::new();
    for (ca, scope) in scopes {
        if !matches!(scope, Err(Skip::Status(_))) {
            audited.insert(keys::audited_ca(ca.arn.id()));
        }
        if let Ok(scope) = scope {
            audited.insert(keys::audited_bucket(&scope.bucket));
        }
    }
    audited
}
