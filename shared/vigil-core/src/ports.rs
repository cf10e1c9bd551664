//! What the jobs need of the world, in our own records; `vigil-aws` is the real thing.
//!
//! # Time
//!
//! There is no clock port. A job's `now` is the service's own, the `Date` header of ACM PCA's
//! answer, and it travels with the answer as `as_of`. `RestorableUntil` is judged by the service's
//! clock, so a decision that compares the two by any other clock can be wrong by that clock's
//! error; and a service whose time is simulated takes the unmodified jobs along with it.

use std::{collections::BTreeMap, future::Future};

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
pub use regions::Regions;

/// ACM PCA: reading CAs, and the two calls that change one.
pub trait Authorities: Send + Sync {
    /// Every CA of the account and Region, DELETED ones included, over all pages. `as_of` is the
    /// time of the first page: nothing listed is older.
    fn list(&self) -> impl Future<Output = Result<Listing, PortError>> + Send;

    fn describe(&self, arn: &CaArn) -> impl Future<Output = Result<Described, PortError>> + Send;

    /// RestoreCertificateAuthority.
    fn restore(&self, arn: &CaArn) -> impl Future<Output = Result<Receipt, PortError>> + Send;

    /// UpdateCertificateAuthority with `Status`, and nothing else.
    fn update_status(
        &self,
        arn: &CaArn,
        status: ServiceStatus,
    ) -> impl Future<Output = Result<Receipt, PortError>> + Send;

    /// The tags. The service refuses this for a DELETED CA ([`PortError::InvalidState`]).
    fn tags(
        &self,
        arn: &CaArn,
    ) -> impl Future<Output = Result<BTreeMap<String, Option<String>>, PortError>> + Send;

    /// GetCertificateAuthorityCertificate: the CA's certificate and its chain, in PEM.
    fn certificate(
        &self,
        arn: &CaArn,
    ) -> impl Future<Output = Result<CaCertificate, PortError>> + Send;

    /// Lets a moment pass: what a call has changed may take that long to show.
    fn wait(&self, moment: Duration) -> impl Future<Output = ()> + Send;
}

/// ACM PCA: certificates that a CA has issued.
pub trait Issued: Send + Sync {
    /// GetCertificate, by the serial as certificate ARNs have it: the certificate, in PEM.
    fn issued(
        &self,
        ca: &CaArn,
        serial: &str,
    ) -> impl Future<Output = Result<String, PortError>> + Send;
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
pub trait EvidenceStore: Send + Sync {
    /// Writes `key` unless it exists (`If-None-Match: *`).
    fn create(
        &self,
        key: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<Creation, PortError>> + Send;

    /// The object at `key`; `None` if there is none.
    fn read(&self, key: &str) -> impl Future<Output = Result<Option<Entry>, PortError>> + Send;

    /// Writes `key` if it still is what was read (`If-Match`).
    fn replace(
        &self,
        key: &str,
        body: Vec<u8>,
        seen: &Etag,
    ) -> impl Future<Output = Result<Replacement, PortError>> + Send;

    /// The keys that begin with `prefix`, in order, over all pages.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<String>, PortError>> + Send;
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
pub trait Bus: Send + Sync {
    /// Publishes every finding, or says which were not taken.
    fn publish(
        &self,
        findings: &[Finding],
    ) -> impl Future<Output = Result<(), PublishError>> + Send;

    /// Asks for another invocation, which is to do what this one has no time for.
    fn continue_later(
        &self,
        rest: &Continuation,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
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
