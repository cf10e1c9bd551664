//! What a CRL lists, held against what an audit report shows and against the version before it.
//!
//! Only the current CRL's entries stay in memory, sixteen octets each. The version before and the
//! report pass by, entry by entry and record by record, and leave marks on them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

mod digits;
mod fingerprint;
mod kinds;
mod listing;
mod marks;
mod records;
mod said;
#[cfg(test)]
mod tests;
mod versions;

pub use fingerprint::Fingerprints;
pub use kinds::{are_versions, have_comparable_entries};
pub use listing::{Listed, Listing};
pub use marks::Marks;
pub use records::{Against, Compared, Comparison, Tally};
pub use versions::{Allowed, Removed, Versions};

use super::Serial;

/// The service lists a revocation after about 30 minutes and retries twice in the next 30 (AWS
/// Private CA User Guide, Set up a CRL). What is not listed then is late.
pub const LISTED_WITHIN: Duration = Duration::HOUR;

/// ACM PCA dates a CRL one hour before it makes it.
pub const BACKDATED: Duration = Duration::HOUR;

/// Serials that something was found of: how many, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// How many there are.
    pub count: u64,
    /// The ten lowest of them, in hexadecimal: the order in which they were found says nothing.
    pub first: Vec<String>,
}

const MAX_NAMED: usize = 10;
/// So many serials are looked for together: the memory is asked for all of them at once.
const TOGETHER: usize = 64;

impl Sample {
    fn add(&mut self, serial: Serial<'_>) {
        self.count += 1;
        self.name(serial);
    }

    fn name(&mut self, serial: Serial<'_>) {
        self.insert(serial.to_string());
    }

    fn insert(&mut self, serial: String) {
        let is_lower = |other: &String| (other.len(), other) < (serial.len(), &serial);
        let at = self.first.partition_point(is_lower);
        if at < MAX_NAMED {
            self.first.insert(at, serial);
            self.first.truncate(MAX_NAMED);
        }
    }

    /// Adds what another thread found.
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        other.first.into_iter().for_each(|serial| self.insert(serial));
    }
}

/// What the audit report shows, held against the CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// What the report is called.
    pub report: String,
    /// Revocations after this time cannot be in the report.
    pub known_until: OffsetDateTime,
    /// Revoked for longer than [`LISTED_WITHIN`], not expired, and not in the CRL.
    pub missing: Sample,
    /// The earliest revocation among them.
    pub missing_since: Option<OffsetDateTime>,
    /// In the CRL, and not in a report that would know.
    pub never_issued: Sample,
    /// Records that could not be compared.
    pub unreadable: u64,
    /// Whether there is a record that could be compared.
    pub has_records: bool,
    /// Entries of the CRL that a record was seen of.
    pub met: u64,
}

/// What the version of the CRL before this one listed, and this one does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Their certificates had not expired when that version was made.
    pub removed_early: Sample,
    /// No audit report says when their certificates expire.
    pub removed_unexplained: Sample,
    /// Listed in both, with another reason, or with none any more.
    pub reason_changed: Sample,
    /// Listed in both, with another revocation date.
    pub date_moved: Sample,
    /// Listed in both, with another invalidity date.
    pub invalidity_moved: Sample,
    /// Not in the version before, although revoked long before it was made.
    pub readded: Sample,
}

/// Entries of which only the fingerprints are known. The CRL is read again for their serials.
#[derive(Clone, Debug, Default)]
pub struct Unnamed {
    fingerprints: BTreeSet<u64>,
    limit: usize,
}

/// Chance must not choose which serials are named, as far as memory goes.
const MAX_KEPT: usize = 1 << 16;

impl Unnamed {
    fn by(fingerprints: Fingerprints) -> Self {
        let is_by_chance = fingerprints != Fingerprints::default();
        Self { limit: if is_by_chance { MAX_KEPT } else { MAX_NAMED }, ..Self::default() }
    }

    /// Whether there is a serial to find.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    fn add(&mut self, fingerprint: u64) {
        if self.fingerprints.len() < self.limit {
            self.fingerprints.insert(fingerprint);
        }
    }

    /// Names the serial in `sample`, if it is one of them.
    pub fn name(&mut self, serial: &[u8], by: Fingerprints, sample: &mut Sample) {
        if self.fingerprints.remove(&by.of(serial)) {
            sample.name(Serial::of(serial));
        }
    }
}
