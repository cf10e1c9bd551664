//! The partitions of a CA's CRL, in the CA's turn.

use std::collections::BTreeSet;

use super::{
    super::{
        CheckFailure, Scope,
        audit_state::AuditState,
        gather,
        partitions::{self, Found},
        references,
    },
    AuditRun, Checked, Scopes,
};
use crate::{
    ca::Ca,
    certificate::Certificate,
    crl::DistributionPointName,
    jobs::in_order::in_order,
    rules::crl::{CrlState, CrlSubject, References},
};

/// Of one CA; several CAs have their turn at a time.
const PARTITIONS_AT_ONCE: usize = 4;

impl AuditRun<'_> {
    /// Each by itself, with a memory of its own.
    pub(super) async fn audit_partitions(
        &self,
        ca: &Ca,
        scope: &Scope,
        issuer: &Result<Certificate, String>,
        of_ca: &AuditState,
        scopes: &Scopes<'_>,
    ) -> (gather::Parts, Checked) {
        let (mut parts, mut checked) = (gather::Parts::default(), Checked::default());
        if !scope.partitioned {
            return (parts, checked);
        }
        let others: BTreeSet<&str> = scopes.iter().map(|(ca, _)| ca.arn.id()).collect();
        match partitions::of(self.ports, ca, scope, &others).await {
            Err(step) => {
                (parts.is_incomplete, parts.is_unknown) = (true, true);
                checked.failures.push(CheckFailure { resource: ca.arn.to_string(), step });
            }
            Ok(keys) => {
                let audits = keys.into_iter().map(|(key, found)| {
                    self.audit_partition(ca, scope.part(&key), found, issuer, of_ca)
                });
                for (part, one) in in_order(PARTITIONS_AT_ONCE, audits).await {
                    checked.add(one);
                    match part {
                        Part::Another => {}
                        Part::Read { part, urls } => {
                            parts.read.push(part);
                            parts.urls.extend(urls);
                        }
                        Part::Spoilt { urls } => {
                            parts.is_incomplete = true;
                            parts.urls.extend(urls);
                        }
                        Part::Unknown => (parts.is_incomplete, parts.is_unknown) = (true, true),
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
        found: Found,
        issuer: &Result<Certificate, String>,
        of_ca: &AuditState,
    ) -> (Part, Checked) {
        let resource = format!("arn:{}:s3:::{}/{}", ca.arn.partition(), scope.bucket, scope.key);
        let known = found.state;
        let mut history = known.crl;
        self.trigger.learn(&ca.arn, &scope, &mut history);
        let references = references::of(of_ca, &scope.key, &history, self.now);
        // Whether it is retired is settled once; only a certificate brings it back, or ACM PCA.
        let is_named = matches!(references, References::Named(_));
        if known.is_retired && known.open.is_empty() && !found.is_there && !is_named {
            return (Part::Another, Checked::default());
        }
        let is_unneeded = matches!(references, References::NotNamed(_));
        let mut gathered = self
            .gather(gather::Asked {
                ca,
                scope: &scope,
                history,
                issuer: issuer.clone(),
                kind: gather::Kind::Partition,
                references,
                wanted: None,
                may_put_down: false,
                settings: self.settings,
                as_of: self.now,
            })
            .await;
        let is_signed =
            matches!(gathered.subject.crl, CrlState::Read { signature: Some(Ok(())), .. });
        if !found.is_certain && !is_signed {
            return (Part::Another, Checked::default());
        }
        scope.distribution_point = url_of(&gathered.subject);
        let judgements = self.judge(&scope, &resource, &gathered).await;
        let subject = &gathered.subject;
        let is_missing = matches!(subject.crl, CrlState::Missing);
        let learn = |state: &mut AuditState| {
            self.trigger.learn(&ca.arn, &scope, &mut state.crl);
            state.crl.learn(subject);
            state.is_retired = is_missing && is_unneeded;
        };
        let failures = std::mem::take(&mut gathered.failures);
        let checked = self.settle(&resource, &found.state_key, judgements, failures, learn).await;
        let is_unknown = matches!(gathered.subject.crl, CrlState::NotChecked(_));
        let urls = scope.urls(&scope.key).collect();
        let part = match gathered.listed {
            Some(listed) => {
                let (key, sha256) = (scope.key, gathered.sha256);
                Part::Read { part: gather::PartRead { key, listed, sha256 }, urls }
            }
            None if is_unknown => Part::Unknown,
            None if is_missing && is_unneeded => Part::Another,
            None => Part::Spoilt { urls },
        };
        (part, checked)
    }
}

/// What an object in a CRL's folder turned out to be.
enum Part {
    /// None of this CA's, or none any more.
    Another,
    Read {
        part: gather::PartRead,
        urls: Vec<String>,
    },
    /// It is not a CRL that can be read, or is gone, as its own findings say.
    Spoilt {
        urls: Vec<String>,
    },
    /// It could not be read.
    Unknown,
}

/// Where a partition says that it belongs, which is what its certificates name.
fn url_of(subject: &CrlSubject) -> Option<String> {
    let CrlState::Read { facts, .. } = &subject.crl else { return None };
    match &facts.issuing_distribution_point.as_ref()?.name {
        Some(DistributionPointName::Full { uris, .. }) => uris.first().cloned(),
        Some(DistributionPointName::RelativeToIssuer) | None => None,
    }
}
