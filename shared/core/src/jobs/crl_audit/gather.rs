//! Fetches what the rules judge: CRL, CA certificate, audit report, bucket.

use std::{collections::BTreeMap, ops::ControlFlow};

use time::OffsetDateTime;

use super::{Ports, Scope, Settings, Skip, Step, Trigger};
use crate::{
    bucket::{BucketFacts, Fact},
    bucket_policy::BucketPolicy,
    ca::Ca,
    certificate::Certificate,
    crl::{
        CrlReader, Entry,
        comparison::{Listed, Listing},
    },
    failure::chain,
    ports::{Delivery, Ledger, Objects, PortError},
    rules::{
        bucket::BucketUser,
        crl::{CrlHistory, CrlState, CrlSubject, Place},
    },
};

mod report;

/// A subject with what could not be learnt about it.
pub(super) struct Gathered {
    pub(super) subject: CrlSubject,
    /// The CA's certificate in PEM, if it could be read.
    pub(super) certificate: Option<String>,
    pub(super) failures: Vec<Step>,
}

/// What is known before the CRL is looked at.
pub(super) struct Asked<'a> {
    pub(super) ca: &'a Ca,
    pub(super) scope: &'a Scope,
    pub(super) history: CrlHistory,
    /// The CA's certificate in PEM, or why there is none.
    pub(super) certificate: Option<Result<String, Step>>,
    pub(super) settings: &'a Settings,
    pub(super) as_of: OffsetDateTime,
}

pub(super) async fn crl<A, O: Objects, K, L: Ledger, B, P>(
    ports: &Ports<'_, A, O, K, L, B, P>,
    asked: Asked<'_>,
) -> Gathered {
    let Asked { ca, scope, history, certificate, settings, as_of } = asked;
    let mut failures = Vec::new();
    let mut readable = None;
    let issuer = certificate.unwrap_or(Err(Step::NoTime)).and_then(|pem| {
        let read = Certificate::from_pem(&pem).map_err(Step::CertificateUnreadable)?;
        readable = Some(pem);
        Ok(read)
    });
    let issuer = issuer.map_err(|step| {
        let reason = chain(&step);
        // Deleted, say, since it was listed: the next run sees what it is now.
        if !matches!(
            step,
            Step::Certificate(PortError::InvalidState { .. } | PortError::NotFound { .. })
        ) {
            failures.push(step);
        }
        reason
    });
    let (crl, listed) = if scope.partitioned {
        let reason =
            "the CRL is partitioned, and only issued certificates tell where its parts are";
        (CrlState::NotChecked(reason.to_owned()), None)
    } else {
        let limit = settings.largest_crl;
        let fetched = fetch(ports.objects, scope, limit, issuer.as_ref().ok()).await;
        fetched.unwrap_or_else(|error| {
            let step = Step::Object(error);
            let reason = chain(&step);
            failures.push(step);
            (CrlState::NotChecked(reason), None)
        })
    };
    let report = match listed {
        None => Err("there is no CRL to compare with an audit report".to_owned()),
        Some(listed) => match report::newest(ports, ca, settings.largest_report).await {
            Ok(reported) => Ok(reported.coverage(&listed, as_of)),
            Err(report::Unknown::Because(reason)) => Err(reason),
            Err(report::Unknown::Failed(step)) => {
                let reason = chain(&step);
                failures.push(step);
                Err(reason)
            }
        },
    };
    let subject = CrlSubject {
        ca: Some(ca.clone()),
        place: Place::Bucket { bucket: scope.bucket.clone(), key: scope.key.clone() },
        crl,
        issuer,
        history,
        report,
        previous: Err("the version before this one is not fetched here".to_owned()),
        as_of,
    };
    Gathered { subject, certificate: readable, failures }
}

/// Reads the CRL while it arrives; nothing of it is kept but its facts, and its serials.
async fn fetch<O: Objects>(
    objects: &O,
    scope: &Scope,
    limit: u64,
    issuer: Option<&Certificate>,
) -> Result<(CrlState, Option<Listed>), PortError> {
    let mut listing = Listing::default();
    let mut reader = CrlReader::new(|entry: &Entry<'_>| listing.add(entry));
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
        return Ok((CrlState::Unreadable(error), None));
    }
    match delivery {
        Delivery::Absent => return Ok((CrlState::Missing, None)),
        Delivery::TooLarge => return Ok((CrlState::TooLarge { limit }, None)),
        Delivery::Delivered => {}
    }
    let mut crl = match reader.finish() {
        Err(error) => return Ok((CrlState::Unreadable(error), None)),
        Ok(crl) => crl,
    };
    let listed = listing.sort();
    crl.facts.entries.duplicate_serials = Some(listed.duplicates());
    let facts = Box::new(crl.facts.clone());
    let signature = issuer.map(|issuer| crl.verify(issuer));
    Ok((CrlState::Read { facts, signature }, Some(listed)))
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
    let of_concerned = |bucket: &str| {
        scopes.iter().any(|(ca, scope)| {
            matches!(scope, Ok(scope) if scope.bucket == bucket) && trigger.concerns(ca, scope)
        })
    };
    let concerned = |bucket: &String| trigger.concerns_bucket(bucket) || of_concerned(bucket);
    users.retain(|bucket, _| concerned(bucket));
    users
}

/// What could not be learnt of a bucket. A run that did not see everything must not end well.
pub(super) fn unknown(facts: &BucketFacts) -> Vec<Step> {
    // A stranger's bucket tells us nothing, and bucket.owner says so.
    if facts.owned == Fact::Known(false) {
        return Vec::new();
    }
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
