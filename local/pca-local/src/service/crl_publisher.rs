//! Signs CRLs when they are due, and writes them to the CA's bucket.

mod outages;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_acmpca::types::{CrlConfiguration, SigningAlgorithm};
use aws_sdk_s3::{primitives::ByteStream, types::ObjectCannedAcl};
use futures::{StreamExt as _, future::BoxFuture, stream};
use time::{Duration, OffsetDateTime};

use self::outages::Outages;
use crate::{
    model::{
        arn::CaArn,
        authority::Authority,
        crl::{Binding, list::Revoked, location},
        error::explain,
    },
    service::{
        buckets::Object,
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
/// So many CAs sign and write at the same time.
const AT_ONCE: usize = 8;

/// Writes every CA's CRLs when they are due.
pub(crate) struct Publisher {
    service: Arc<Service>,
    /// Attempts of each CA since the last CRL that was written: the first one is logged.
    failures: Mutex<HashMap<CaArn, u64>>,
    outages: Outages,
}

/// What has become of a CA's CRLs at one moment.
struct Published {
    ca: CaArn,
    acts: Vec<Act>,
    failure: Option<NotWritten>,
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

    fn departs(&self) {
        self.outages.forget();
    }

    fn run_due(&self, now: OffsetDateTime) -> BoxFuture<'_, ()> {
        let is_due =
            move |cell: &AuthorityCell| cell.lock().next_crl_due(now).is_some_and(|due| due <= now);
        Box::pin(async move {
            let mut due = self.service.store.timed().into_iter().filter(is_due);
            // The first one alone: if S3 is away, one call shows it.
            if let Some(first) = due.next() {
                self.report(self.publish(first, now).await, now);
            }
            // Reported in their order, whichever ends first.
            let mut rest = stream::iter(due.map(|cell| self.publish(cell, now))).buffered(AT_ONCE);
            while let Some(published) = rest.next().await {
                self.report(published, now);
            }
        })
    }
}

impl Publisher {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        Self { service, failures: Mutex::default(), outages: Outages::default() }
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

    /// Writes those of the CA's CRLs that are due.
    async fn publish(&self, cell: AuthorityCell, now: OffsetDateTime) -> Option<Published> {
        let (ca, due) = due(&cell.lock(), now)?;
        let mut published = Published { ca, acts: Vec::new(), failure: None };
        for (binding, bucket) in due {
            let failure = match self.outages.at(&bucket, now) {
                Some(failure) => {
                    put_off(&cell, binding, now);
                    let why = "S3 has failed, and is called again later".to_owned();
                    Some(NotWritten { failure, why })
                }
                None => self.publish_one(&cell, binding, now, &mut published.acts).await,
            };
            published.failure = published.failure.or(failure);
        }
        Some(published)
    }

    /// `None` if it is written, or not to be written any more.
    async fn publish_one(
        &self,
        cell: &AuthorityCell,
        binding: Binding,
        now: OffsetDateTime,
        acts: &mut Vec<Act>,
    ) -> Option<NotWritten> {
        let job = PendingCrl::prepare(&mut cell.lock(), binding, now)?;
        let validity = job.validity;
        let written = self.write(cell.generation(), job, acts).await;
        let mut authority = cell.lock();
        let list = authority.crl.list_mut(binding)?;
        match written {
            Ok(()) => {
                let over = list.written(now, validity);
                authority.unlist(&over);
                acts.push(Act::GenerateCrl);
                None
            }
            Err(failure) => {
                list.failed(now);
                Some(failure)
            }
        }
    }

    /// All of the CA's CRLs in one event.
    fn report(&self, published: Option<Published>, now: OffsetDateTime) {
        let Some(Published { ca, acts, failure }) = published else { return };
        for act in acts {
            self.service.events.trail(&ca, || act, now);
        }
        self.log(&ca, failure.as_ref());
        let failure = failure.map(|first| first.failure);
        self.service.metrics.crl(&ca, failure);
        self.service.events.announce(&ca, ServiceEvent::CrlGeneration { failure }, now);
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
    async fn write(
        &self,
        generation: u64,
        job: PendingCrl,
        acts: &mut Vec<Act>,
    ) -> Result<(), NotWritten> {
        let settled = self.service.store.settled_since(generation).await;
        settled.map_err(|error| NotWritten::signing(&error))?;
        let PendingCrl { ca, bucket, key, acl, content, .. } = job;
        let at = content.generated_at;
        let der = tokio::task::spawn_blocking(move || content.sign())
            .await
            .map_err(|error| NotWritten::signing(&error))?
            .map_err(|error| NotWritten::signing(&error))?;
        acts.push(Act::SignCrl);
        let content_type = "application/pkix-crl";
        let object = Object { ca: &ca, bucket: &bucket, key: &key, content_type, acl };
        let put = self.service.buckets.put(&object, ByteStream::from(der)).await;
        put.inspect(|()| self.outages.is_over(&bucket)).map_err(|error| {
            let failure = self.outages.note(&bucket, &error, at);
            NotWritten { failure, why: error.to_string() }
        })
    }
}

/// The CA's CRLs that are due, and where they go; `None` if it has none.
fn due(authority: &Authority, now: OffsetDateTime) -> Option<(CaArn, Vec<(Binding, String)>)> {
    let crl = authority.crl_configuration()?;
    let is_due = |binding: &Binding| {
        let list = authority.crl.list(*binding);
        list.and_then(|list| list.due()).is_some_and(|due| due <= now)
    };
    let bucket = location::bucket(crl);
    let due = authority.crl.published(crl).filter(is_due);
    let due = due.map(|binding| (binding, bucket.to_owned())).collect();
    Some((authority.arn.clone(), due))
}

/// Until the next retry. It is not written down: a process that starts meanwhile tries at once.
fn put_off(cell: &AuthorityCell, binding: Binding, now: OffsetDateTime) {
    if let Some(list) = cell.lock().noted().crl.list_mut(binding) {
        list.put_off(now);
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{PcaLocal, Timings, state::seed::Seed};

    #[tokio::test]
    async fn no_crl_is_signed_whose_number_may_be_lost() {
        let folder = tempfile::tempdir().unwrap();
        let pca = PcaLocal::builder().timings(Timings::IMMEDIATE).open(folder.path()).unwrap();
        let crl = json!({"Enabled": true, "ExpirationInDays": 7, "S3BucketName": "bucket"});
        let seed = json!({"authorities": [{
            "id": "11111111-1111-4111-8111-111111111111",
            "create": {
                "CertificateAuthorityType": "ROOT",
                "CertificateAuthorityConfiguration": {
                    "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
                    "Subject": {"CommonName": "Root"},
                },
                "RevocationConfiguration": {"CrlConfiguration": crl},
            },
            "certificate": {"serial": "00000000000000000000000000000001"},
            "issued": [{
                "serial": "0000000000000000000000000000000a",
                "subject": {"CommonName": "www.example.com"},
            }],
        }]});
        pca.plant(&Seed::from_json(seed.to_string().as_bytes()).unwrap()).await.unwrap();
        let service = Arc::clone(pca.service());
        let (cell, later) = (service.store.all().remove(0), service.now() + Duration::DAY);
        // As after a commit that has failed, the CA is not what is on disk any more.
        pca.reset().await.unwrap();
        let published = Publisher::new(service).publish(cell, later).await.unwrap();
        assert!(published.acts.is_empty(), "nothing is signed");
        let why = published.failure.unwrap().why;
        assert!(why.contains("data directory"), "{why}");
    }
}
