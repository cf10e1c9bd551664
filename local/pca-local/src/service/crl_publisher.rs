//! Signs CRLs when they are due, and writes them to the CA's bucket.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

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
pub(crate) struct Publisher {
    service: Arc<Service>,
    /// Attempts of each CA since the last CRL that was written: the first one is logged.
    failures: Mutex<HashMap<CaArn, u64>>,
}

/// Why there is no CRL: in the service's words, and in the log's.
struct NotWritten {
    failure: CrlFailure,
    why: String,
}

impl NotWritten {
    fn signing(error: &dyn std::error::Error) -> Self {
        Self { failure: CrlFailure::Signing, why: explain(error) }
    }
}

impl Timed for Publisher {
    fn next_due(&self) -> Option<OffsetDateTime> {
        let now = self.service.now();
        self.service.store.timed().iter().filter_map(|cell| cell.lock().next_crl_due(now)).min()
    }

    /// Events of CRLs are delivered when the CRLs' numbers are on disk.
    fn settled(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            // What is not written down is reported by the call that asks for it.
            drop(self.service.store.settled().await);
        })
    }

    /// The next CRL of each CA is made for the new time, with a number that still grows.
    fn turned_back(&self, now: OffsetDateTime) {
        for cell in self.service.store.all() {
            Self::turn_back(&mut cell.lock(), now);
        }
    }

    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for cell in self.service.store.timed() {
                let is_due = cell.lock().next_crl_due(now).is_some_and(|due| due <= now);
                if is_due {
                    self.publish(&cell, now).await;
                }
            }
        })
    }
}

impl Publisher {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, failures: Mutex::default() }
    }

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
            let is_written = written.is_ok();
            let mut authority = cell.lock();
            let Some(list) = authority.crl.list_mut(binding) else { continue };
            if is_written {
                let over = list.written(now, validity);
                authority.unlist(&over);
            } else {
                list.failed(now);
            }
            drop(authority);
            if is_written {
                self.service.events.trail(&arn, || Act::GenerateCrl, now);
            }
            first_failure = first_failure.or(written.err());
        }
        self.log(&arn, first_failure.as_ref());
        let failure = first_failure.map(|first| first.failure);
        self.service.metrics.crl(&arn, failure);
        self.service.events.announce(&arn, ServiceEvent::CrlGeneration { failure }, now);
    }

    /// A bucket that is away fails each of the CA's CRLs every 15 minutes: one line for all of them.
    fn log(&self, ca: &CaArn, failure: Option<&NotWritten>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            Some(NotWritten { failure, why }) => {
                let count = failures.entry(ca.clone()).or_default();
                *count += 1;
                if *count == 1 {
                    tracing::warn!(%ca, ?failure, why, "no CRL written: tried again every 15 minutes");
                } else {
                    tracing::debug!(%ca, ?failure, why, failures = *count, "no CRL written");
                }
            }
            None => match failures.remove(ca) {
                Some(failures) => tracing::warn!(%ca, failures, "CRLs are written again"),
                None => tracing::info!(%ca, "CRL written"),
            },
        }
    }

    /// Writes the CRL after its content, the number included, is on disk.
    async fn write(&self, job: PendingCrl) -> Result<(), NotWritten> {
        self.service.store.settled().await.map_err(|error| NotWritten::signing(&error))?;
        let PendingCrl { ca, bucket, key, acl, content, .. } = job;
        let at = content.generated_at;
        let der = tokio::task::spawn_blocking(move || content.sign())
            .await
            .map_err(|error| NotWritten::signing(&error))?
            .map_err(|error| NotWritten::signing(&error))?;
        self.service.events.trail(&ca, || Act::SignCrl, at);
        let content_type = "application/pkix-crl";
        let object = Object { ca: &ca, bucket: &bucket, key: &key, content_type, acl };
        let put = self.service.buckets.put(&object, ByteStream::from(der)).await;
        put.map_err(|error| {
            let failure = match &error {
                WriteError::Refused { .. } => CrlFailure::BucketPermissions,
                WriteError::NoEndpoint { .. }
                | WriteError::Unavailable { .. }
                | WriteError::Unreadable(_) => CrlFailure::S3Internal,
            };
            NotWritten { failure, why: error.to_string() }
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
