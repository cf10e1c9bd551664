//! Fetches what the rules judge: CRL, CA certificate, audit report, bucket.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use super::{
    CheckError, Ports, Scope, Settings, Skip, Trigger,
    certificate_scan::{Plan, Wanted},
    reading::{self, End, Reading},
};
use crate::{
    bucket::{BucketFacts, Fact},
    bucket_policy::BucketPolicy,
    ca::Ca,
    certificate::Certificate,
    crl::comparison::Listed,
    distribution::ObjectMetadata,
    failure::chain,
    ports::{Address, Delivery, Objects, PortError},
    rules::{
        bucket::BucketUser,
        crl::{CrlHistory, CrlLocation, CrlState, CrlSubject, Profile, References},
        distribution::DistributionSubject,
    },
};

use held::Held;

pub(super) mod account;
mod held;
mod naming;
mod previous;
mod report;

/// A subject with what could not be learnt about it.
pub(super) struct Gathered {
    pub(super) subject: CrlSubject,
    /// The entries of a CRL that could be read.
    pub(super) listed: Option<Listed>,
    /// Of the object.
    pub(super) sha256: Vec<u8>,
    /// The audit report was put down: nothing is judged until it was read to its end.
    pub(super) is_put_down: bool,
    /// Which certificates are to be read, if any were asked for.
    pub(super) plan: Option<Plan>,
    /// When the audit report was created that was read.
    pub(super) report_created_at: Option<OffsetDateTime>,
    pub(super) failures: Vec<CheckError>,
}

/// What is known before the CRL is read.
pub(super) struct Asked<'a> {
    pub(super) ca: &'a Ca,
    pub(super) scope: &'a Scope,
    pub(super) history: CrlHistory,
    pub(super) issuer: Result<Certificate, String>,
    pub(super) kind: Kind<'a>,
    pub(super) references: References,
    /// Which certificates of the newest audit report are to be read.
    pub(super) wanted: Option<Wanted<'a>>,
    /// Whether another invocation goes on with a report that this one puts down.
    pub(super) may_put_down: bool,
    pub(super) settings: &'a Settings,
    pub(super) as_of: OffsetDateTime,
}

/// What the object is of the CA's CRL.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    /// All of it, or what is judged in its name: these are the other parts.
    Whole(&'a Parts),
    Partition,
}

/// The partitions of a CA's CRL, as far as they could be read.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) read: Vec<PartRead>,
    /// Some of them could not be.
    pub(super) is_incomplete: bool,
    /// Of some it is not even known whether they are there.
    pub(super) is_unknown: bool,
    /// Of those that are there, or whose own findings say that they are not.
    pub(super) urls: BTreeSet<String>,
}

/// A partition that was read.
pub(super) struct PartRead {
    pub(super) key: String,
    pub(super) listed: Listed,
    pub(super) sha256: Vec<u8>,
}

/// The CA's certificate, as it is and in PEM; or why it is not known.
pub(super) struct KnownIssuer {
    pub(super) issuer: Result<Certificate, String>,
    pub(super) pem: Option<String>,
    pub(super) failure: Option<CheckError>,
}

pub(super) fn issuer(certificate: Option<Result<String, CheckError>>) -> KnownIssuer {
    let mut readable = None;
    let issuer = certificate.unwrap_or(Err(CheckError::NoTime)).and_then(|pem| {
        let read = Certificate::from_pem(&pem).map_err(CheckError::CertificateUnreadable)?;
        readable = Some(pem);
        Ok(read)
    });
    let mut failure = None;
    let issuer = issuer.map_err(|step| {
        let reason = chain(&step);
        // Deleted, say, since it was listed: the next run sees what it is now.
        if !matches!(
            step,
            CheckError::Certificate(PortError::InvalidState { .. } | PortError::NotFound { .. })
        ) {
            failure = Some(step);
        }
        reason
    });
    KnownIssuer { issuer, pem: readable, failure }
}

pub(super) async fn crl(ports: &Ports<'_>, asked: Asked<'_>) -> Gathered {
    let Asked { scope, settings, .. } = &asked;
    let mut failures = Vec::new();
    let limit = settings.max_crl_bytes;
    let address = Address::new(&scope.bucket, &scope.key);
    let known = asked.issuer.as_ref().ok();
    let Fetched { reading, metadata, failure } = fetch(ports.objects, address, limit, known).await;
    failures.extend(failure);
    let Reading { state: crl, listed, sha256 } = reading;
    let (before, failed) = match &listed {
        Some(listed) if matches!(crl, CrlState::Read { signature: Some(Ok(())), .. }) => {
            previous::compare(ports, address, limit, known, listed).await
        }
        _ => (Err("there is no CRL of the CA's to compare".to_owned()), None),
    };
    failures.extend(failed);
    let held = held::hold(ports, &asked, (listed.as_ref(), &sha256), before, &mut failures).await;
    let Held { report, previous, plan, report_created_at, is_put_down } = held;
    let Asked { ca, scope, history, issuer, references, as_of, .. } = asked;
    let subject = CrlSubject {
        ca: Some(ca.clone()),
        location: CrlLocation::Bucket { bucket: scope.bucket.clone(), key: scope.key.clone() },
        profile: Profile::AcmPca,
        crl,
        issuer,
        history,
        report,
        previous,
        named: Err("certificates are read for the CRL as a whole".to_owned()),
        references,
        metadata,
        as_of,
    };
    Gathered { subject, listed, sha256, is_put_down, plan, report_created_at, failures }
}

/// An object, read as a CRL.
struct Fetched {
    reading: Reading,
    /// `None` if there is no object, or it is not known.
    metadata: Option<ObjectMetadata>,
    failure: Option<CheckError>,
}

async fn fetch(
    objects: &dyn Objects,
    address: Address<'_>,
    limit: u64,
    issuer: Option<&Certificate>,
) -> Fetched {
    let (reading, (metadata, failure)) = reading::read(issuer, async |sink| {
        match objects.read(address, limit, sink).await {
            Ok(Delivery::Delivered(metadata)) => (End::Delivered, (Some(metadata), None)),
            Ok(delivery) => (end_of(&delivery, limit), (None, None)),
            // A bucket that is not there is bucket.exists's to find.
            Err(PortError::NotFound { .. }) => (End::Absent, (None, None)),
            Err(error) => {
                let step = CheckError::Object(error);
                (End::Failed(chain(&step)), (None, Some(step)))
            }
        }
    })
    .await;
    Fetched { reading, metadata, failure }
}

fn end_of(delivery: &Delivery, limit: u64) -> End {
    match delivery {
        Delivery::Absent => End::Absent,
        Delivery::Delivered(_) => End::Delivered,
        Delivery::TooLarge => End::TooLarge { limit },
    }
}

/// What a relying party gets of a CRL that could be read; `None` if no certificate names it.
pub(super) async fn distribution(
    ports: &Ports<'_>,
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
        ca: gathered.subject.ca.clone(),
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
pub(super) fn unknown(facts: &BucketFacts) -> Vec<CheckError> {
    // Another account's bucket shows nothing, and bucket.owner says so.
    if facts.owned == Fact::Known(false) {
        return Vec::new();
    }
    let unknown = facts.unknown().into_iter();
    let mut steps: Vec<_> =
        unknown.map(|(fact, why)| CheckError::Bucket { fact, why: why.to_owned() }).collect();
    if let Ok(Some(policy)) = facts.policy.known()
        && let Err(error) = BucketPolicy::of_resource(policy)
    {
        steps.push(CheckError::Policy(error));
    }
    steps
}
