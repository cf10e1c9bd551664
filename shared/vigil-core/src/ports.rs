//! The ports: what the jobs need of AWS, as traits over Vigil's own types. `vigil-aws` implements them
//! with the AWS SDK.
//!
//! # Object safety
//!
//! A job takes its ports as trait objects, so it is compiled once, and no type names all of them.
//! `async_trait` boxes the future of each call. Every call waits for a network, beside which an
//! allocation does not count.
//!
//! # Time
//!
//! There is no clock port. A job's `now` is the service's own, the `Date` header of ACM PCA's
//! answer, and it travels with the answer as `as_of`. `RestorableUntil` is judged by the service's
//! clock, so a decision that compares the two by any other clock can be wrong by that clock's
//! error; and a service whose time is simulated takes the unmodified jobs along with it.

use std::{collections::BTreeMap, ops::ControlFlow};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{anchor::Anchored, arn::CaArn, ca::Ca, finding::Finding};

mod attachments;
mod audit_reports;
mod buckets;
mod distribution;
mod error;
mod event_history;
mod objects;
mod pace;
mod regions;
mod report_files;
mod sealed;
mod signatures;

pub use attachments::Attachments;
pub use audit_reports::{AuditReports, CreatedReport, ReportRecord, ReportStatus};
pub use buckets::Buckets;
pub use distribution::Distribution;
pub use error::{Cause, PortError, PublishError, RefusedFinding};
pub use event_history::EventHistory;
pub use objects::{Address, Delivery, ObjectFacts, Objects, Rest};
pub use pace::{Pace, TimeIsUp};
pub use regions::{RegionPorts, Regions};
pub use report_files::{ReportFiles, ReportTags};
pub use sealed::{Sealed, seal, without_seal};
pub use signatures::{Sealing, Secret, Signatures};

/// Takes an object piece by piece, in order; `Break` ends the delivery.
pub type ByteSink<'a> = dyn FnMut(&[u8]) -> ControlFlow<()> + Send + 'a;

/// ACM PCA: reading CAs, and the two calls that change one.
#[async_trait]
pub trait Authorities: Send + Sync {
    /// ListCertificateAuthorities: every CA of the account and Region, DELETED ones included, over all
    /// pages. `as_of` is the time of the first page: nothing listed is older.
    ///
    /// # Errors
    ///
    /// [`PortError`] if a page cannot be had.
    async fn list(&self) -> Result<Listing, PortError>;

    /// DescribeCertificateAuthority.
    ///
    /// # Errors
    ///
    /// [`PortError::NotFound`] for a CA that is gone.
    async fn describe(&self, arn: &CaArn) -> Result<Described, PortError>;

    /// RestoreCertificateAuthority.
    ///
    /// # Errors
    ///
    /// [`PortError::InvalidState`] for a CA that is not DELETED.
    async fn restore(&self, arn: &CaArn) -> Result<Receipt, PortError>;

    /// UpdateCertificateAuthority with `Status`, and nothing else.
    ///
    /// # Errors
    ///
    /// [`PortError::InvalidState`] for a CA that is neither ACTIVE nor DISABLED.
    async fn update_status(&self, arn: &CaArn, status: ServiceStatus)
    -> Result<Receipt, PortError>;

    /// ListTags.
    ///
    /// # Errors
    ///
    /// [`PortError::InvalidState`] for a DELETED CA.
    async fn tags(&self, arn: &CaArn) -> Result<BTreeMap<String, Option<String>>, PortError>;

    /// GetCertificateAuthorityCertificate: the CA's certificate and its chain, in PEM.
    ///
    /// # Errors
    ///
    /// [`PortError::InvalidState`] for a CA that is DELETED or has no certificate.
    async fn certificate(&self, arn: &CaArn) -> Result<CaCertificate, PortError>;

    /// Waits for `moment`. The effect of a call may take that long to show.
    async fn wait(&self, moment: Duration);
}

/// ACM PCA: certificates that a CA has issued.
#[async_trait]
pub trait Issued: Send + Sync {
    /// GetCertificate: the certificate in PEM. `serial` is written as in certificate ARNs.
    ///
    /// # Errors
    ///
    /// [`PortError::NotFound`] if the CA has not issued it.
    async fn issued(&self, ca: &CaArn, serial: &str) -> Result<String, PortError>;
}

/// All CAs of a Region.
#[derive(Clone, Debug)]
pub struct Listing {
    /// In the order of the service.
    pub cas: Vec<Ca>,
    /// The service's time of the first page.
    pub as_of: OffsetDateTime,
}

/// One CA.
#[derive(Clone, Debug)]
pub struct Described {
    /// The CA.
    pub ca: Ca,
    /// The service's time of the answer.
    pub as_of: OffsetDateTime,
}

/// The receipt of a call that changed a CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The service's time of the call.
    pub at: OffsetDateTime,
    /// The `x-amzn-RequestId`, by which AWS Support finds the request.
    pub request_id: Option<String>,
}

/// The certificate of a CA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificate {
    /// In PEM.
    pub certificate: String,
    /// In PEM; `None` for a root.
    pub chain: Option<String>,
}

/// The two states between which UpdateCertificateAuthority switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStatus {
    /// ACTIVE.
    Active,
    /// DISABLED.
    Disabled,
}

/// The evidence bucket. Its conditional writes are the only concurrency control there is.
#[async_trait]
pub trait EvidenceStore: Send + Sync {
    /// Writes `key` unless it exists (`If-None-Match: *`).
    ///
    /// # Errors
    ///
    /// [`PortError`] if the object may not have been written.
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError>;

    /// The object at `key`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the object cannot be read.
    async fn read(&self, key: &str) -> Result<Option<StoredObject>, PortError>;

    /// Writes `key` if it still is what was read (`If-Match`).
    ///
    /// # Errors
    ///
    /// [`PortError`] if the object may not have been written.
    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError>;

    /// The keys that begin with `prefix`, in order, over all pages.
    ///
    /// # Errors
    ///
    /// [`PortError::InvalidState`] if there are more than [`max_listed`](crate::evidence::keys::max_listed), or if
    /// S3 takes too long to list them. Another [`PortError`] if a page cannot be had.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError>;
}

/// Files that are written for readers. Nothing is decided by them, so they are written over as they are.
#[async_trait]
pub trait Pages: Send + Sync {
    /// Writes the object, whatever is there.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the object may not have been written.
    async fn write(&self, key: &str, body: Vec<u8>) -> Result<(), PortError>;
}

/// An object of the evidence bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Its bytes.
    pub body: Vec<u8>,
    /// The version that was read.
    pub etag: Etag,
}

/// The version of an object, as S3's `ETag` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(pub String);

/// The answer to [`EvidenceStore::create`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// There is an object; nothing was written.
    AlreadyExists,
    /// The object was written.
    Created(Etag),
}

/// The answer to [`EvidenceStore::replace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Another writer changed or removed the object since it was read; nothing was written.
    Changed,
    /// The object was written.
    Replaced(Etag),
}

/// The event bus that findings are published on.
#[async_trait]
pub trait Bus: Send + Sync {
    /// PutEvents: publishes every finding.
    ///
    /// # Errors
    ///
    /// [`PublishError::Refused`] names the findings that the bus did not take; the others are published.
    async fn publish(&self, findings: &[Finding]) -> Result<(), PublishError>;

    /// Publishes an event that starts another invocation for the rest of a run.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the event may not have been published.
    async fn continue_later(&self, rest: &Continuation) -> Result<(), PortError>;

    /// Publishes a sign of life.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the event may not have been published.
    async fn beat(&self, beat: &Heartbeat) -> Result<(), PortError>;

    /// Publishes the digest of the day's heads.
    ///
    /// # Errors
    ///
    /// [`PortError`] if the event may not have been published.
    async fn anchor(&self, anchored: &Anchored) -> Result<(), PortError>;
}

/// The rest of a run: the detail of an event that starts the next invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// The function whose run it is: `crl-audit`.
    pub job: String,
    /// The first resource, in order of ARNs, that was not handled.
    pub from: String,
    /// How many invocations came before.
    pub hop: u32,
}

/// A sign of life: the detail of an event that leaves every hour. Another account can take its absence for an
/// alarm, which no principal of this account can switch off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The function that ran.
    pub function: String,
    /// The service's time of the run.
    #[serde(with = "crate::instant::text")]
    pub as_of: OffsetDateTime,
    /// The Regions that answered.
    pub regions: Vec<String>,
    /// DELETED CAs that are watched.
    pub deleted: usize,
    /// What could not be handled.
    pub failures: usize,
}

/// The detail-type of an event with a [`Heartbeat`].
pub const HEARTBEAT: &str = "Vigil Heartbeat";

/// The detail-type of an event with a [`Continuation`].
pub const CONTINUATION: &str = "Vigil Continuation";
