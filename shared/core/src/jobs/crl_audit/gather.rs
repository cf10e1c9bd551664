//! Fetches what the rules judge: CRL, CA certificate, bucket.

use std::{collections::BTreeMap, ops::ControlFlow};

use time::OffsetDateTime;

use super::{Ports, Scope, Skip, Step, Trigger};
use crate::{
    bucket::BucketFacts,
    bucket_policy::BucketPolicy,
    ca::Ca,
    certificate::Certificate,
    crl::{CrlReader, Entry},
    failure::chain,
    ports::{Authorities, Delivery, Objects, PortError},
    rules::{
        bucket::BucketUser,
        crl::{CrlHistory, CrlState, CrlSubject},
    },
};

/// A subject with what could not be learnt about it.
pub(super) struct Gathered {
    pub(super) subject: CrlSubject,
    pub(super) failures: Vec<Step>,
}

pub(super) async fn crl<A: Authorities, O: Objects, K, L, B>(
    ports: &Ports<'_, A, O, K, L, B>,
    ca: &Ca,
    scope: &Scope,
    history: CrlHistory,
    limit: u64,
    as_of: OffsetDateTime,
) -> Gathered {
    let mut failures = Vec::new();
    let issuer = certificate(ports.authorities, ca).await.map_err(|step| {
        let reason = chain(&step);
        failures.push(step);
        reason
    });
    let crl = if scope.partitioned {
        let reason =
            "the CRL is partitioned, and only issued certificates tell where its parts are";
        CrlState::NotChecked(reason.to_owned())
    } else {
        fetch(ports.objects, scope, limit, issuer.as_ref().ok()).await.unwrap_or_else(|error| {
            let step = Step::Object(error);
            let reason = chain(&step);
            failures.push(step);
            CrlState::NotChecked(reason)
        })
    };
    let subject = CrlSubject {
        ca: ca.clone(),
        bucket: scope.bucket.clone(),
        key: scope.key.clone(),
        crl,
        issuer,
        history,
        as_of,
    };
    Gathered { subject, failures }
}

async fn certificate<A: Authorities>(authorities: &A, ca: &Ca) -> Result<Certificate, Step> {
    let pem = authorities.certificate(&ca.arn).await.map_err(Step::Certificate)?.certificate;
    Certificate::from_pem(&pem).map_err(Step::CertificateUnreadable)
}

/// Reads the CRL while it arrives; none of it is kept but its facts.
async fn fetch<O: Objects>(
    objects: &O,
    scope: &Scope,
    limit: u64,
    issuer: Option<&Certificate>,
) -> Result<CrlState, PortError> {
    let mut reader = CrlReader::new(|_: &Entry<'_>| ());
    let mut unreadable = None;
    let delivery = {
        let mut sink = |piece: &[u8]| match reader.push(piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                unreadable = Some(error);
                ControlFlow::Break(())
            }
        };
        match objects.read(&scope.bucket, &scope.key, limit, &mut sink).await {
            // A bucket that is not there is bucket.exists's to find.
            Err(PortError::NotFound { .. }) => Delivery::Absent,
            answered => answered?,
        }
    };
    if let Some(error) = unreadable {
        return Ok(CrlState::Unreadable(error));
    }
    let last_modified = match delivery {
        Delivery::Absent => return Ok(CrlState::Missing),
        Delivery::TooLarge => return Ok(CrlState::TooLarge { limit }),
        Delivery::Delivered { last_modified } => last_modified,
    };
    Ok(match reader.finish() {
        Err(error) => CrlState::Unreadable(error),
        Ok(crl) => {
            let facts = Box::new(crl.facts.clone());
            let signature = issuer.map(|issuer| crl.verify(issuer));
            CrlState::Read { facts, signature, last_modified }
        }
    })
}

/// The buckets to audit, each with every CA that uses it: a policy is judged for all of them.
pub(super) fn bucket_users(
    scopes: &[(&Ca, Result<Scope, Skip>)],
    trigger: &Trigger,
) -> BTreeMap<String, Vec<BucketUser>> {
    let mut users: BTreeMap<String, Vec<BucketUser>> = BTreeMap::new();
    let audited = || scopes.iter().filter_map(|(ca, scope)| Some((*ca, scope.as_ref().ok()?)));
    for (ca, scope) in audited() {
        users.entry(scope.bucket.clone()).or_default().push(scope.user(ca));
    }
    let concerned = |bucket: &String| {
        audited().any(|(ca, scope)| scope.bucket == *bucket && trigger.concerns(&ca.arn))
    };
    users.retain(|bucket, _| concerned(bucket));
    users
}

/// What could not be learnt of a bucket. A run that did not see everything must not end well.
pub(super) fn unknown(facts: &BucketFacts) -> Vec<Step> {
    let unknown = facts.unknown().into_iter();
    let mut steps: Vec<_> =
        unknown.map(|(fact, why)| Step::Bucket { fact, why: why.to_owned() }).collect();
    if let Ok(Some(policy)) = facts.policy.known()
        && let Err(error) = BucketPolicy::parse(policy)
    {
        steps.push(Step::Policy(error));
    }
    steps
}
