//! Fetches what the rules judge: CRL, CA certificate, audit report, bucket.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{
    Ports, Scope, Settings, Skip, Step, Trigger,
    reading::{self, End, Reading},
};
use crate::{
    bucket::{BucketFacts, Fact},
    bucket_policy::BucketPolicy,
    ca::Ca,
    certificate::Certificate,
    failure::chain,
    ports::{Delivery, Distribution, Ledger, Objects, PortError},
    rules::{
        bucket::BucketUser,
        crl::{CrlHistory, CrlState, CrlSubject, Place},
        distribution::DistributionSubject,
    },
};

mod report;

/// A subject with what could not be learnt about it.
pub(super) struct Gathered {
    pub(super) subject: CrlSubject,
    /// Of the object.
    sha256: Vec<u8>,
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

pub(super) async fn crl<A, O: Objects, K, L: Ledger, B, P, D>(
    ports: &Ports<'_, A, O, K, L, B, P, D>,
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
    let reading = if scope.partitioned {
        let reason =
            "the CRL is partitioned, and only issued certificates tell where its parts are";
        not_read(reason)
    } else {
        let limit = settings.largest_crl;
        let (reading, failed) = fetch(ports.objects, scope, limit, issuer.as_ref().ok()).await;
        failures.extend(failed);
        reading
    };
    let Reading { state: crl, listed, sha256 } = reading;
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
    Gathered { subject, sha256, certificate: readable, failures }
}

fn not_read(reason: &str) -> Reading {
    Reading { state: CrlState::NotChecked(reason.to_owned()), listed: None, sha256: Vec::new() }
}

async fn fetch<O: Objects>(
    objects: &O,
    scope: &Scope,
    limit: u64,
    issuer: Option<&Certificate>,
) -> (Reading, Option<Step>) {
    reading::read(issuer, async |sink| {
        match objects.read(&scope.bucket, &scope.key, limit, sink).await {
            Ok(Delivery::Delivered) => (End::Delivered, None),
            // A bucket that is not there is bucket.exists's to find.
            Ok(Delivery::Absent) | Err(PortError::NotFound { .. }) => (End::Absent, None),
            Ok(Delivery::TooLarge) => (End::TooLarge { limit }, None),
            Err(error) => {
                let step = Step::Object(error);
                (End::Failed(chain(&step)), Some(step))
            }
        }
    })
    .await
}

/// What a relying party gets of a CRL that could be read; `None` if nobody is sent there.
pub(super) async fn distribution<A, O, K, L, B, P, D: Distribution>(
    ports: &Ports<'_, A, O, K, L, B, P, D>,
    scope: &Scope,
    gathered: &Gathered,
    limit: u64,
) -> Option<DistributionSubject> {
    let CrlState::Read { facts, .. } = &gathered.subject.crl else { return None };
    let (distribution, url) = (ports.distribution?, scope.distribution_point.as_ref()?);
    let issuer = gathered.subject.issuer.as_ref().ok();
    let (got, download) = reading::read(issuer, async |sink| {
        let download = distribution.fetch(url, limit, sink).await;
        let end = match &download.result {
            Ok(_) => End::Delivered,
            Err(error) => End::Failed(error.to_string()),
        };
        (end, download)
    })
    .await;
    Some(DistributionSubject {
        url: url.clone(),
        bucket: scope.bucket.clone(),
        held: (**facts).clone(),
        held_sha256: gathered.sha256.clone(),
        download,
        got: got.state,
        got_sha256: got.sha256,
        as_of: gathered.subject.as_of,
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
