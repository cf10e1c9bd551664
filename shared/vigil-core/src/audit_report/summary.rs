//! A report in numbers: how many certificates are valid, expire soon, or were revoked, and why.

use std::collections::BTreeMap;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::{BadRecords, Record, shown};

/// An audit report in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// The time of the counts, by the clock of ACM PCA.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
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
    /// The same by the reason of revocation.
    pub revoked_by_reason: Tally,
    /// Of the valid ones.
    pub expiring_within_30_days: u64,
    /// Of the valid ones.
    pub expiring_within_90_days: u64,
    /// Of the valid ones.
    #[serde(with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub earliest_not_after: Option<OffsetDateTime>,
    /// Of the valid ones.
    #[serde(with = "time::serde::rfc3339::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub latest_not_after: Option<OffsetDateTime>,
    /// All certificates by their template.
    pub by_template: Tally,
    /// All certificates by the account that requested them.
    pub by_account: Tally,
    /// Of those that a service asked for.
    pub by_service_principal: Tally,
    /// Certificates that were revoked because the key of a CA was compromised.
    pub ca_compromise: Concern,
    /// Valid ones that end after the CA's own certificate.
    pub outliving_ca: Concern,
    /// Records that could not be read.
    pub unreadable: BadRecords,
    #[serde(skip)]
    ca_not_after: Option<OffsetDateTime>,
}

/// Certificates that an operator should check: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Concern {
    /// All of them.
    pub count: u64,
    /// The serials of the first ten.
    pub first: Vec<String>,
}

/// Counts by name. The number of names is limited, whatever the report contains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Tally(BTreeMap<String, u64>);

const MAX_NAMES: usize = 1000;
const MAX_NAMED: usize = 10;
const OTHERS: &str = "(others)";

impl Summary {
    /// An empty summary as of this time. `ca_not_after`: the end of the CA's own certificate.
    pub fn new(as_of: OffsetDateTime, ca_not_after: Option<OffsetDateTime>) -> Self {
        Self {
            as_of,
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
            by_template: Tally::default(),
            by_account: Tally::default(),
            by_service_principal: Tally::default(),
            ca_compromise: Concern::default(),
            outliving_ca: Concern::default(),
            unreadable: BadRecords::default(),
            ca_not_after,
        }
    }

    /// The end of the CA's own certificate.
    pub fn ca_end(&self) -> Option<OffsetDateTime> {
        self.ca_not_after
    }

    /// Counts a record. Records come in any order.
    pub fn add(&mut self, record: &Record<'_>) {
        self.issued += 1;
        self.by_account.count(&record.aws_account_id);
        self.by_template.count(record.template_arn.as_deref().unwrap_or("(none)"));
        if let Some(principal) = &record.requested_by_service_principal {
            self.by_service_principal.count(principal);
        }
        // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
        let is_expired = record.not_after < self.as_of;
        if record.is_revoked() {
            self.add_revoked(record, is_expired);
        } else if is_expired {
            self.expired += 1;
        } else if record.not_before > self.as_of {
            self.not_yet_valid += 1;
        } else {
            self.add_valid(record);
        }
    }

    fn add_revoked(&mut self, record: &Record<'_>, is_expired: bool) {
        self.revoked += 1;
        self.revoked_unexpired += u64::from(!is_expired);
        let reason = record.revocation_reason.as_deref().unwrap_or("(none)");
        self.revoked_by_reason.count(reason);
        if reason == "CERTIFICATE_AUTHORITY_COMPROMISE" {
            self.ca_compromise.add(record);
        }
    }

    fn add_valid(&mut self, record: &Record<'_>) {
        let not_after = record.not_after;
        let left = not_after - self.as_of;
        self.valid += 1;
        self.expiring_within_30_days += u64::from(left <= Duration::days(30));
        self.expiring_within_90_days += u64::from(left <= Duration::days(90));
        self.earliest_not_after =
            Some(self.earliest_not_after.map_or(not_after, |at| at.min(not_after)));
        self.latest_not_after = self.latest_not_after.max(Some(not_after));
        if self.ca_not_after.is_some_and(|end| not_after > end) {
            self.outliving_ca.add(record);
        }
    }
}

impl Concern {
    fn add(&mut self, record: &Record<'_>) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(shown(&record.certificate_arn));
        }
    }
}

impl Tally {
    fn count(&mut self, name: &str) {
        if let Some(count) = self.0.get_mut(name) {
            *count += 1;
            return;
        }
        let name = if self.0.len() < MAX_NAMES { name } else { OTHERS };
        *self.0.entry(shown(name)).or_default() += 1;
    }

    /// How often the name was counted.
    pub fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }
}
