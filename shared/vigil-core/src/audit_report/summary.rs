//! The summary of an audit report: counts as of the report's creation, in the form that is published.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::BadRecords;

mod apart;
mod compared;
mod concern;
mod counter;
mod days;
mod document;
mod fingerprint;
mod hours;
mod recent_hours;
mod serials;
mod shorten;
mod successors;
mod tally;
mod validity;

pub use apart::{Apart, Impossible};
pub use compared::Compared;
pub use concern::{Concern, Named};
pub use counter::{Basis, Counter};
pub use days::{Days, Months, Timeline};
pub use document::{Document, Input, SCHEMA};
pub use fingerprint::{Fingerprint, SETTLED};
pub use hours::Hours;
pub use recent_hours::{HourCount, RecentHours};
pub use successors::{Ending as EndingWithin, Succeeding, Successors};
pub use tally::{FirstSeen, Moment, Tally};
pub use validity::{MAX_DAYS, ValidityCount};

/// An audit report in numbers. All times are UTC. Later versions add fields and change none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// The time of the counts: when ACM PCA created the report.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
    /// Whether every record was read, to the end of the report.
    pub complete: bool,
    /// Why it is not complete, one sentence each.
    pub incomplete_because: Vec<String>,
    /// All records of the report: `issued`, `apart` and `unreadable` together.
    pub records: u64,
    /// All that the CA ever issued.
    pub issued: u64,
    /// Neither revoked nor expired, and begun.
    pub valid: u64,
    /// Certificates whose validity begins later.
    pub not_yet_valid: u64,
    /// Expired, and never revoked.
    pub expired: u64,
    /// Certificates that were revoked, expired or not.
    pub revoked: u64,
    /// Revoked before they expired, and not expired since: what a CRL must list.
    pub revoked_unexpired: u64,
    /// All revoked certificates by the reason of revocation.
    pub revoked_by_reason: Tally,
    /// Of the valid ones.
    pub expiring_within_30_days: u64,
    /// Of the valid ones.
    pub expiring_within_90_days: u64,
    /// Of the valid ones, and of those that one record has as valid and another one as revoked.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub earliest_not_after: Option<OffsetDateTime>,
    /// Of the valid ones, and of those that one record has as valid and another one as revoked.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub latest_not_after: Option<OffsetDateTime>,
    /// Of the valid ones, those by a template for root CAs, `RootCACertificate`: a root's own certificate.
    #[serde(default)]
    pub valid_roots: u64,
    /// As `latest_not_after`, without those.
    #[serde(default, with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub latest_not_after_without_roots: Option<OffsetDateTime>,
    /// The end of the CA's own certificate, if it is known.
    #[serde(with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub ca_not_after: Option<OffsetDateTime>,
    /// All certificates by their template.
    pub by_template: Tally,
    /// All certificates by the account that requested them.
    pub by_account: Tally,
    /// Of those that a service asked for.
    pub by_service_principal: Tally,
    /// All certificates by the time from issuance to end. Every class is there, the shortest first.
    pub by_validity: Vec<ValidityCount>,
    /// When each account's first certificate was issued.
    pub first_issued_by_account: FirstSeen,
    /// When each template's first certificate was issued.
    pub first_issued_by_template: FirstSeen,
    /// All certificates by the day of issuance.
    pub issued_over_time: Timeline,
    /// The revoked ones by the day of revocation; of issuance, where the report has no time of
    /// revocation.
    pub revoked_over_time: Timeline,
    /// All certificates by the weekday and hour of issuance.
    pub issued_by_hour: Hours,
    /// The revoked ones by the weekday and hour of revocation.
    pub revoked_by_hour: Hours,
    /// The valid ones that end within the next 400 days, by the day on which they end.
    pub ending_per_day: Days,
    /// Certificates that were revoked because the key of a CA was compromised, the latest first.
    pub ca_compromise: Concern,
    /// Certificates that were revoked because their key was compromised, the latest first.
    pub key_compromise: Concern,
    /// Valid ones that end after the CA's own certificate, the last to end first.
    pub outliving_ca: Concern,
    /// CA certificates, by their template, that are neither revoked nor expired, also those that begin later.
    /// The newest first: 500 of them by name.
    #[serde(default)]
    pub ca_certificates: Concern,
    /// The limit of validity of end-entity certificates that the settings had, in days.
    #[serde(default)]
    pub max_validity_days: Option<u32>,
    /// Valid end-entity certificates that exceed it, the last to end first.
    #[serde(default)]
    pub over_max_validity: Concern,
    /// When the newest certificate was issued.
    #[serde(default, with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub last_issued_at: Option<OffsetDateTime>,
    /// The longest time from issuance to end, in days, of what was issued in the last 90 days. A root's
    /// own certificate does not count.
    #[serde(default)]
    pub longest_recent_validity_days: Option<u32>,
    /// The revoked ones of the last 72 hours by the hour of revocation.
    #[serde(default)]
    pub revoked_by_recent_hour: RecentHours,
    /// Of those that end soon, how many have a successor, and which have none; null: not judged.
    pub successors: Option<Successors>,
    /// The CAs that succeed this one, and whose certificates count as successors.
    #[serde(default)]
    pub succeeding: Vec<Succeeding>,
    /// What of this summary is not judged, and why.
    pub not_judged: Vec<String>,
    /// What the report says of the time up to ten minutes before it was created.
    pub fingerprint: Fingerprint,
    /// Records that are not counted as the CA's.
    pub apart: Apart,
    /// Records that cannot be so. They are counted as the CA's all the same.
    pub impossible: Impossible,
    /// Records that could not be read.
    pub unreadable: BadRecords,
}

impl Summary {
    /// The summary of a report without records, as of this time.
    pub fn new(as_of: OffsetDateTime, ca_not_after: Option<OffsetDateTime>) -> Self {
        Self {
            as_of,
            complete: true,
            incomplete_because: Vec::new(),
            records: 0,
            issued: 0,
            valid: 0,
            not_yet_valid: 0,
            expired: 0,
            revoked: 0,
            revoked_unexpired: 0,
            revoked_by_reason: Tally::default(),
            expiring_within_30_days: 0,
            expiring_within_90_days: 0,
            earliest_not_after: None,
            latest_not_after: None,
            valid_roots: 0,
            latest_not_after_without_roots: None,
            ca_not_after,
            by_template: Tally::default(),
            by_account: Tally::default(),
            by_service_principal: Tally::default(),
            by_validity: ValidityCount::all(),
            first_issued_by_account: FirstSeen::default(),
            first_issued_by_template: FirstSeen::default(),
            issued_over_time: Timeline::default(),
            revoked_over_time: Timeline::default(),
            issued_by_hour: Hours::default(),
            revoked_by_hour: Hours::default(),
            ending_per_day: Days::default(),
            ca_compromise: Concern::default(),
            key_compromise: Concern::default(),
            outliving_ca: Concern::default(),
            ca_certificates: Concern::default(),
            max_validity_days: None,
            over_max_validity: Concern::default(),
            last_issued_at: None,
            longest_recent_validity_days: None,
            revoked_by_recent_hour: RecentHours::default(),
            successors: None,
            succeeding: Vec::new(),
            not_judged: Vec::new(),
            fingerprint: Fingerprint::of_report(as_of),
            apart: Apart::default(),
            impossible: Impossible::default(),
            unreadable: BadRecords::default(),
        }
    }
}
