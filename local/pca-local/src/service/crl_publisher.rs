//! Signs CRLs when they are due, and writes them to the CA's bucket.

use std::sync::Arc;

use aws_sdk_acmpca::types::{CrlConfiguration, SigningAlgorithm};
use aws_sdk_s3::{primitives::ByteStream, types::ObjectCannedAcl};
use futures::future::BoxFuture;
use time::{Duration, OffsetDateTime};

use crate::{
    model::{
        arn::CaArn,
        authority::Authority,
        crl::{Binding, list::Revoked, location},
        error::explain,
    },
    service::{
        buckets::{Object, WriteError},
        cloudtrail::Act,
        core::Service,
        events::{CrlFailure, ServiceEvent},
        timeline::Timed,
    },
    state::memory::AuthorityCell,
    x509::{
        crl::{CrlError, CrlHeader, sign_crl},
        issue::Issuer,
    },
};

const BACKDATED: Duration = Duration::HOUR;
/// The console's own default, for a configuration that leaves `ExpirationInDays` out.
const DEFAULT_EXPIRATION_DAYS: i32 = 7;

/// Writes every CA's CRLs when they are due.
pub(crate) struct Publisher(pub(crate) Arc<Service>);

impl Timed for Publisher {
    fn next_due(&self) -> Option<OffsetDateTime> {
        let now = self.0.now();
        self.0.store.timed().iter().filter_map(|cell| cell.lock().next_crl_due(now)).min()
    }

    /// The next CRL of each CA is made for the new time, with a number that still grows.
    fn turned_back(&self, now: OffsetDateTime) {
        for cell in self.0.store.all() {
            Self::turn_back(&mut cell.lock(), now);
        }
    }

    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for cell in self.0.store.timed() {
                let is_due = cell.lock().next_crl_due(now).is_some_and(|due| due <= now);
                if is_due {
                    self.publish(&cell, now).await;
                }
            }
        })
    }
}

impl Publisher {
    fn turn_back(authority: &mut Authority, now: OffsetDateTime) {
        let Some(crl) = authority.crl_configuration() else { return };
        let published: Vec<Binding> = authority.crl.published(crl).collect();
        for binding in published {
            if let Some(list) = authority.crl.list_mut(binding) {
                list.turned_back(now);
            }
        }
    }

    /// Writes those of the CA's CRLs that are due, and reports all of them in one event.
    async fn publish(&self, cell: &AuthorityCell, now: OffsetDateTime) {
        let mut first_failure = None;
        let (arn, due): (_, Vec<Binding>) = {
            let authority = cell.lock();
            let Some(crl) = authority.crl_configuration() else { return };
            let is_due = |binding: &Binding| {
                let list = authority.crl.list(*binding);
                list.and_then(|list| list.due()).is_some_and(|due| due <= now)
            };
            (authority.arn.clone(), authority.crl.published(crl).filter(is_due).collect())
        };
        for binding in due {
            let Some(job) = PendingCrl::prepare(&mut cell.lock(), binding, now) else { continue };
            let validity = job.validity;
            let written = self.write(job).await;
            let mut authority = cell.lock();
            let Some(list) = authority.crl.list_mut(binding) else { continue };
            match &written {
                Ok(()) => {
                    let over = list.written(now, validity);
                    authority.unlist(&over);
                }
                Err(_) => list.failed(now),
            }
            drop(authority);
            if written.is_ok() {
                self.0.events.trail(&arn, || Act::GenerateCrl, now);
            }
            first_failure = first_failure.or(written.err());
        }
        match first_failure {
            Some(failure) => tracing::warn!(ca = %arn, ?failure, "no CRL written"),
            None => tracing::info!(ca = %arn, "CRL written"),
        }
        self.0.metrics.crl(&arn, first_failure);
        self.0.events.announce(&arn, ServiceEvent::CrlGeneration { failure: first_failure }, now);
    }

    /// Writes the CRL after its content, the number included, is on disk.
    async fn write(&self, job: PendingCrl) -> Result<(), CrlFailure> {
        self.0.store.settled().await.map_err(|_| CrlFailure::Signing)?;
        let PendingCrl { ca, bucket, key, acl, content, .. } = job;
        let at = content.generated_at;
        let der = tokio::task::spawn_blocking(move || content.sign())
            .await
            .map_err(|_| CrlFailure::Signing)?
            .map_err(|error| {
                tracing::error!(error = explain(&error), "the CRL could not be signed");
                CrlFailure::Signing
            })?;
        self.0.events.trail(&ca, || Act::SignCrl, at);
        let content_type = "application/pkix-crl";
        let object = Object { ca: &ca, bucket: &bucket, key: &key, content_type, acl };
        self.0.buckets.put(&object, ByteStream::from(der)).await.map_err(|error| {
            tracing::warn!(%ca, %error, "the CRL could not be written");
            match error {
                WriteError::Refused { .. } => CrlFailure::BucketPermissions,
                WriteError::NoEndpoint { .. }
                | WriteError::Unavailable { .. }
                | WriteError::Unreadable(_) => CrlFailure::S3Internal,
            }
        })
    }
}

/// One CRL that is to be written, taken from the CA's record so that neither signing nor writing
/// holds its lock.
struct PendingCrl {
    ca: CaArn,
    bucket: String,
    key: String,
    acl: ObjectCannedAcl,
    validity: Duration,
    content: CrlContent,
}

pub(crate) struct CrlContent {
    issuer: Issuer,
    signing_algorithm: SigningAlgorithm,
    generated_at: OffsetDateTime,
    number: u64,
    next_update: OffsetDateTime,
    issuing_distribution_point: Option<String>,
    revoked: Arc<Vec<Revoked>>,
}

impl PendingCrl {
    /// `None` if the configuration has changed meanwhile, or the CA has no certificate.
    fn prepare(authority: &mut Authority, binding: Binding, now: OffsetDateTime) -> Option<Self> {
        let number = authority.crl.list_mut(binding)?.begin(now);
        let crl = authority.crl_configuration()?;
        let (key, _) = authority.crl.place(&authority.arn, crl, binding)?;
        Some(Self {
            ca: authority.arn.clone(),
            bucket: location::bucket(crl).to_owned(),
            key,
            acl: location::canned_acl(crl),
            validity: validity(crl),
            content: CrlContent::prepare(authority, binding, number, now)?,
        })
    }
}

impl CrlContent {
    /// The CRL of this moment; `None` if CRLs are off, or the CA has no certificate.
    fn prepare(
        authority: &Authority,
        binding: Binding,
        number: u64,
        now: OffsetDateTime,
    ) -> Option<Self> {
        let crl = authority.crl_configuration()?;
        let list = authority.crl.list(binding)?;
        let (_, issuing_distribution_point) = authority.crl.place(&authority.arn, crl, binding)?;
        Some(Self {
            issuer: authority.issuer()?,
            signing_algorithm: authority.configuration.signing_algorithm().clone(),
            generated_at: now,
            number,
            next_update: now + validity(crl),
            issuing_distribution_point,
            revoked: list.revoked(),
        })
    }

    /// What would be written now. Its number stays free for the CRL that is.
    pub(crate) fn preview(
        authority: &Authority,
        binding: Binding,
        now: OffsetDateTime,
    ) -> Option<Self> {
        let number = authority.crl.list(binding)?.number_at(now);
        Self::prepare(authority, binding, number, now)
    }

    /// thisUpdate an hour back, nextUpdate after the configured days.
    pub(crate) fn sign(&self) -> Result<Vec<u8>, CrlError> {
        let header = CrlHeader {
            signing_algorithm: &self.signing_algorithm,
            number: self.number,
            this_update: self.generated_at - BACKDATED,
            next_update: self.next_update,
            issuing_distribution_point: self.issuing_distribution_point.as_deref(),
        };
        sign_crl(&self.issuer, &header, self.revoked.iter().map(|revoked| revoked.entry))
    }
}

fn validity(crl: &CrlConfiguration) -> Duration {
    let days = crl.expiration_in_days().unwrap_or(DEFAULT_EXPIRATION_DAYS);
    Duration::days(i64::from(days))
}
