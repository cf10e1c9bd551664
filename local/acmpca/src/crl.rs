//! When a CA's CRL is written, and writing it.

use aws_sdk_acmpca::types::{CertificateAuthorityStatus as Status, CrlConfiguration, S3ObjectAcl};
use aws_sdk_s3::{primitives::ByteStream, types::ObjectCannedAcl};
use futures::future::BoxFuture;
use time::{Duration, OffsetDateTime};

use crate::{
    PcaLocal, Timed,
    authority::Authority,
    bucket::WriteError,
    error::explain,
    events::{CrlFailure, ServiceEvent},
    store::Cell,
    x509::crl::{CrlEntry, CrlError, CrlHeader, Reason, sign_crl},
};

/// "A CRL is typically updated approximately 30 minutes after a certificate is revoked", and a
/// failed write is tried again every 15 (user guide, "Planning a certificate revocation list").
const AFTER_REVOCATION: Duration = Duration::minutes(30);
const AFTER_FAILURE: Duration = Duration::minutes(15);
const BACKDATED: Duration = Duration::HOUR;
/// The console's own default, for a configuration that leaves `ExpirationInDays` out.
const DEFAULT_EXPIRATION_DAYS: i32 = 7;

/// A certificate that refers to the CRL has been issued: the first one calls for the CRL at once.
pub(crate) fn on_issuance(authority: &mut Authority, now: OffsetDateTime) {
    if authority.crl_configuration().is_some() && authority.crl.due.is_none() {
        authority.crl.due = Some(now);
    }
}

pub(crate) fn on_revocation(authority: &mut Authority, now: OffsetDateTime) {
    if authority.crl_configuration().is_some() {
        let due = now + AFTER_REVOCATION;
        authority.crl.due = Some(authority.crl.due.map_or(due, |planned| planned.min(due)));
    }
}

/// The moment of the next CRL: only ACTIVE and DISABLED CAs write any.
fn due(authority: &Authority, now: OffsetDateTime) -> Option<OffsetDateTime> {
    authority.crl_configuration()?;
    matches!(authority.status(now), Status::Active | Status::Disabled)
        .then_some(authority.crl.due)
        .flatten()
}

pub(crate) fn object_key(authority: &Authority, crl: &CrlConfiguration) -> String {
    let id = &authority.arn.id;
    match crl.custom_path().map(|path| path.trim_matches('/')) {
        None => format!("crl/{id}.crl"),
        Some("") => format!("{id}.crl"),
        Some(path) => format!("{path}/{id}.crl"),
    }
}

/// The URL in issued certificates. Plain HTTP: a CRL is signed, and fetching it must not need one.
pub(crate) fn distribution_point(authority: &Authority) -> Option<String> {
    let crl = authority.crl_configuration()?;
    if crl.crl_distribution_point_extension_configuration().is_some_and(|cdp| cdp.omit_extension())
    {
        return None;
    }
    let key = object_key(authority, crl);
    let region = &authority.arn.region;
    let bucket = crl.s3_bucket_name().unwrap_or_default();
    Some(match crl.custom_cname().filter(|name| !name.is_empty()) {
        Some(name) => format!("http://{name}/{key}"),
        // A bucket name with dots makes no single host label, so it moves into the path.
        None if bucket.contains('.') => {
            format!("http://s3.{region}.amazonaws.com/{bucket}/{key}")
        }
        None => format!("http://{bucket}.s3.{region}.amazonaws.com/{key}"),
    })
}

pub(crate) fn canned_acl(crl: &CrlConfiguration) -> ObjectCannedAcl {
    match crl.s3_object_acl() {
        Some(S3ObjectAcl::BucketOwnerFullControl) => ObjectCannedAcl::BucketOwnerFullControl,
        _ => ObjectCannedAcl::PublicRead,
    }
}

/// Writes every CA's CRL when it is due.
pub(crate) struct Publisher(pub(crate) PcaLocal);

impl Timed for Publisher {
    fn next_due(&self) -> Option<OffsetDateTime> {
        let now = self.0.now();
        self.0.store().all().iter().filter_map(|cell| due(&cell.lock(), now)).min()
    }

    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for cell in self.0.store().all() {
                let is_due = due(&cell.lock(), now).is_some_and(|due| due <= now);
                if is_due {
                    self.publish(&cell, now).await;
                }
            }
        })
    }
}

impl Publisher {
    async fn publish(&self, cell: &Cell, now: OffsetDateTime) {
        let planned = cell.lock().crl.due;
        let written = self.write(cell, now).await;
        let (arn, failure) = {
            let mut authority = cell.lock();
            let validity = validity(&authority);
            let next = match written {
                Ok(()) => {
                    authority.crl.written_at = Some(now);
                    now + validity / 2
                }
                Err(_) => now + AFTER_FAILURE,
            };
            // A revocation that came in meanwhile has asked for an earlier one.
            authority.crl.due = match authority.crl.due {
                sooner if sooner != planned => sooner.map(|due| due.min(next)),
                _ => Some(next),
            };
            (authority.arn.clone(), written.err())
        };
        if let Some(failure) = failure {
            tracing::warn!(ca = %arn, metric = "MisconfiguredCRLBucket", ?failure, "no CRL written");
        } else {
            tracing::info!(ca = %arn, metric = "CRLGenerated", "CRL written");
        }
        self.0.announce(&arn, ServiceEvent::CrlGeneration { failure }, now);
    }

    async fn write(&self, cell: &Cell, now: OffsetDateTime) -> Result<(), CrlFailure> {
        let signing = cell.clone();
        let der = tokio::task::spawn_blocking(move || sign(&signing.lock(), now))
            .await
            .map_err(|_| CrlFailure::Signing)?
            .ok_or(CrlFailure::Signing)?
            .map_err(|error| {
                tracing::error!(error = explain(&error), "the CRL could not be signed");
                CrlFailure::Signing
            })?;
        let (arn, bucket, key, acl) = {
            let authority = cell.lock();
            let crl = authority.crl_configuration().ok_or(CrlFailure::Signing)?;
            let bucket = crl.s3_bucket_name().unwrap_or_default().to_owned();
            (authority.arn.clone(), bucket, object_key(&authority, crl), canned_acl(crl))
        };
        self.0
            .buckets()
            .put(&arn, &bucket, &key, ByteStream::from(der), "application/pkix-crl", acl)
            .await
            .map_err(|error| {
                tracing::warn!(ca = %arn, %error, "the CRL could not be written");
                match error {
                    WriteError::Refused { .. } => CrlFailure::BucketPermissions,
                    WriteError::NoEndpoint { .. } | WriteError::Unavailable { .. } => {
                        CrlFailure::S3Internal
                    }
                }
            })
    }
}

fn validity(authority: &Authority) -> Duration {
    let days = authority.crl_configuration().and_then(CrlConfiguration::expiration_in_days);
    Duration::days(i64::from(days.unwrap_or(DEFAULT_EXPIRATION_DAYS)))
}

/// A complete CRL: thisUpdate an hour back, nextUpdate after the configured days, the CRL number
/// the milliseconds of the epoch. `None` if the CA has no certificate to sign for.
fn sign(authority: &Authority, now: OffsetDateTime) -> Option<Result<Vec<u8>, CrlError>> {
    let issuer = authority.issuer()?;
    let written_at = authority.crl.written_at;
    let mut entries: Vec<CrlEntry> = authority
        .issued
        .values()
        .filter_map(|issued| {
            let (revoked_at, reason) = issued.revoked.as_ref()?;
            // RFC 5280 §3.3: an entry stays until it has been on one CRL issued after the
            // certificate's own end.
            let has_been_on_one = written_at.is_some_and(|written| written > issued.not_after);
            (!has_been_on_one).then(|| CrlEntry {
                serial: issued.serial,
                revoked_at: *revoked_at,
                reason: Reason::from_api(reason).unwrap_or(Reason::Unspecified),
            })
        })
        .collect();
    entries.sort_unstable_by_key(|entry| (entry.revoked_at, entry.serial));
    let header = CrlHeader {
        signing_algorithm: authority.configuration.signing_algorithm(),
        number: u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default(),
        this_update: now - BACKDATED,
        next_update: now + validity(authority),
        issuing_distribution_point: None,
    };
    Some(sign_crl(&issuer, &header, entries))
}
