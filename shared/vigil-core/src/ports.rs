//! What the jobs need of the world, in our own records; `vigil-aws` is the real thing.
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

use crate::{arn::CaArn, ca::Ca, finding::Finding};

mod attachments;
mod audit_reports;
mod buckets;
mod distribution;
mod error;
mod objects;
mod pace;
mod regions;

pub use attachments::Attachments;
pub use audit_reports::{AuditReports, CreatedReport, ReportRecord, ReportStatus};
pub use buckets::Buckets;
pub use distribution::Distribution;
pub use error::{Cause, PortError, PublishError, RefusedFinding};
pub use objects::{Address, Delivery, Objects};
pub use pace::{Pace, TimeIsUp};
pub use regions::{RegionPorts, Regions};

/// Takes an object piece by piece, in order; `Break` ends the delivery.
pub type ByteSink<'a> = dyn FnMut(&[u8]) -> ControlFlow<()> + Send + 'a;

/// ACM PCA: reading CAs, and the two calls that change one.
#[async_trait]
pub trait Authorities: Send + Sync {
    /// Every CA of the account and Region, DELETED ones included, over all pages. `as_of` is the
    /// time of the first page: nothing listed is older.
    async fn list(&self) -> Result<Listing, PortError>;

    async fn describe(&self, arn: &CaArn) -> Result<Described, PortError>;

    /// RestoreCertificateAuthority.
    async fn restore(&self, arn: &CaArn) -> Result<Receipt, PortError>;

    /// UpdateCertificateAuthority with `Status`, and nothing else.
    async fn update_status(&self, arn: &CaArn, status: ServiceStatus)
    -> Result<Receipt, PortError>;

    /// The tags. The service refuses this for a DELETED CA ([`PortError::InvalidState`]).
    async fn tags(&self, arn: &CaArn) -> Result<BTreeMap<String, Option<String>>, PortError>;

    /// GetCertificateAuthorityCertificate: the CA's certificate and its chain, in PEM.
    async fn certificate(&self, arn: &CaArn) -> Result<CaCertificate, PortError>;

    /// Lets a moment pass: what a call has changed may take that long to show.
    async fn wait(&self, moment: Duration);
}

/// ACM PCA: certificates that a CA has issued.
#[async_trait]
pub trait Issued: Send + Sync {
    /// GetCertificate, by the serial as certificate ARNs have it: the certificate, in PEM.
    async fn issued(&self, ca: &CaArn, serial: &str) -> Result<String, PortError>;
}

#[derive(Clone, Debug)]
pub struct Listing {
    pub cas: Vec<Ca>,
    pub as_of: OffsetDateTime,
}

#[derive(Clone, Debug)]
pub struct Described {
    pub ca: Ca,
    pub as_of: OffsetDateTime,
}

/// What a call that changed a CA leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The service's time of the call.
    pub at: OffsetDateTime,
    /// Under which AWS finds the request.
    pub request_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificate {
    pub certificate: String,
    /// Absent for a root.
    pub chain: Option<String>,
}

/// The two states between which UpdateCertificateAuthority switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceStatus {
    Active,
    Disabled,
}

/// The evidence bucket. Its conditional writes are the only concurrency control there is.
#[async_trait]
pub trait EvidenceStore: Send + Sync {
    /// Writes `key` unless it exists (`If-None-Match: *`).
    async fn create(&self, key: &str, body: Vec<u8>) -> Result<Creation, PortError>;

    /// The object at `key`; `None` if there is none.
    async fn read(&self, key: &str) -> Result<Option<Entry>, PortError>;

    /// Writes `key` if it still is what was read (`If-Match`).
    async fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> Result<Replacement, PortError>;

    /// The keys that begin with `prefix`, in order, over all pages.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, PortError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub body: Vec<u8>,
    pub etag: Etag,
}

/// The version of an object, opaque to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(pub String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    AlreadyExists,
    Created(Etag),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Somebody else wrote, or removed, the object since it was read.
    Changed,
    Replaced(Etag),
}

/// The event bus on which findings leave.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes every finding, or says which were not taken.
    async fn publish(&self, findings: &[Finding]) -> Result<(), PublishError>;

    /// Asks for another invocation, which is to do what this one has no time for.
    async fn continue_later(&self, rest: &Continuation) -> Result<(), PortError>;
}

/// What of a run is left, as it travels over the bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continuation {
    /// Whose run it is: `crl-audit`.
    pub job: String,
    /// The first in order that had no turn.
    pub from: String,
    /// How often the run was handed on.
    pub hop: u32,
}

/// The detail-type of an event with a [`Continuation`].
pub const CONTINUATION: &str = "Vigil Continuation";
