//! The partitions of a CA's CRL, in the CA's turn.

use std::collections::BTreeSet;

use super::{
    super::{
        CheckFailure, Scope, gather,
        memory::{self, Memory},
        partitions,
    },
    Checked, Job, Scopes,
};
use crate::{
    ca::Ca,
    certificate::Certificate,
    crl::{DistributionPointName, comparison::Listed},
    jobs::side_by_side::side_by_side,
    ports::{Authorities, Buckets, Bus, Distribution, Issued, Ledger, Objects, Pace},
    rules::crl::{CrlState, CrlSubject},
};

/// Of one CA; several CAs have their turn at a time.
const PARTITIONS_AT_ONCE: usize = 4;

impl<A, O, K, L, B, P, D> Job<'_, A, O, K, L, B, P, D>
where
    A: Authorities + Issued,
    O: Objects,
    K: Buckets,
    L: Ledger,
    B: Bus,
    P: Pace,
    D: Distribution,
{
    /// Each by itself, with a memory of its own.
    pub(super) async fn audit_partitions(
        &self,
        ca: &Ca,
        scope: &Scope,
        issuer: &Result<Certificate, String>,
        scopes: &Scopes<'_>,
    ) -> (gather::Parts, Checked) {
        let (mut parts, mut checked) = (gather::Parts::default(), Checked::default());
        if !scope.partitioned {
            return (parts, checked);
        }
        let others: BTreeSet<&str> = scopes.iter().map(|(ca, _)| ca.arn.id()).collect();
        match partitions::of(self.ports, ca, scope, &others).await {
            Err(step) => {
                parts.is_incomplete = true;
                checked.failures.push(CheckFailure { resource: ca.arn.to_string(), step });
            }
            Ok(keys) => {
                let audits = keys.into_iter().map(|(key, is_certain)| {
                    self.audit_partition(ca, scope.part(&key), is_certain, issuer)
                });
                for (part, one) in side_by_side(PARTITIONS_AT_ONCE, audits).await {
                    checked.add(one);
                    match part {
                        Part::Another => {}
                        Part::Read { listed, urls } => {
                            parts.listed.push(listed);
                            parts.urls.extend(urls);
                        }
                        Part::Unread => parts.is_incomplete = true,
                    }
                }
            }
        }
        (parts, checked)
    }

    async fn audit_partition(
        &self,
        ca: &Ca,
        mut scope: Scope,
        is_certain: bool,
        issuer: &Result<Certificate, String>,
    ) -> (Part, Checked) {
        let resource = format!("arn:{}:s3:::{}/{}", ca.arn.partition(), scope.bucket, scope.key);
        let key = memory::partition_key(ca.arn.id(), &scope.bucket, &scope.key);
        let history = match memory::read(self.ports.ledger, &key).await {
            Ok((memory, _)) => memory.crl,
            Err(step) => return (Part::Unread, Checked::failed(&resource, step)),
        };
        let kind = gather::Kind::Partition;
        let mut gathered = self.gather(ca, &scope, kind, history, issuer.clone()).await;
        let is_signed =
            matches!(gathered.subject.crl, CrlState::Read { signature: Some(Ok(())), .. });
        if !is_certain && !is_signed {
            return (Part::Another, Checked::default());
        }
        scope.distribution_point = url_of(&gathered.subject);
        let judgements = self.judge(&scope, &resource, &gathered).await;
        let subject = &gathered.subject;
        let learn = |memory: &mut Memory| {
            self.trigger.learn(&ca.arn, &scope.key, &mut memory.crl);
            memory.crl.learn(subject);
        };
        let failures = std::mem::take(&mut gathered.failures);
        let checked = self.settle(&resource, &key, judgements, failures, learn).await;
        let part = match gathered.listed {
            Some(listed) => Part::Read { listed, urls: scope.urls(&scope.key).collect() },
            None => Part::Unread,
        };
        (part, checked)
    }
}

/// What an object in a CRL's folder turned out to be.
enum Part {
    /// Not this CA's.
    Another,
    Read {
        listed: Listed,
        urls: Vec<String>,
    },
    Unread,
}

/// Where a partition says that it belongs, which is what its certificates name.
fn url_of(subject: &CrlSubject) -> Option<String> {
    let CrlState::Read { facts, .. } = &subject.crl else { return None };
    match &facts.issuing_distribution_point.as_ref()?.name {
        Some(DistributionPointName::Full { uris, .. }) => uris.first().cloned(),
        Some(DistributionPointName::RelativeToIssuer) | None => None,
    }
}
