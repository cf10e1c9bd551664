//! Of the certificates that end soon: how many have a successor, and which have none.
//!
//! A successor has the same subject, is not revoked, and ends later. It is one of the same CA, or of a CA
//! that succeeds it.
//!
//! For this, 12 bytes are kept of each unexpired certificate, and 20 to 40 for finding serial numbers
//! that come twice. So there is a limit, by the size of the report: above it neither is judged.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{
    super::{Record, shown},
    Named,
};
use crate::arn::CaArn;

/// Certificates that end soon, with and without a successor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Successors {
    /// Of the valid ones that end within 7 days.
    pub within_7_days: Ending,
    /// Of those that end within 30 days.
    pub within_30_days: Ending,
    /// Of those that end within 90 days.
    pub within_90_days: Ending,
    /// The soonest 100 of those within 90 days that have none, the soonest first.
    pub without: Vec<Named>,
    /// Whether these are all that there are room for. Only the soonest 20,000 to end can be named.
    pub without_is_complete: bool,
}

/// A CA that succeeds the report's: its certificates count as successors, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Succeeding {
    /// The CA.
    pub ca: CaArn,
    /// The id of its report that was read.
    pub report: String,
    /// When that report was created.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub as_of: OffsetDateTime,
}

/// How many certificates have a successor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ending {
    /// They have one.
    pub with_successor: u64,
    /// They have none.
    pub without_successor: u64,
}

const DAYS: [i64; 3] = [7, 30, 90];
const MAX_WITHOUT: usize = 100;
/// Of so many the names are kept: about 4 MB.
const MAX_CANDIDATES: usize = 20_000;

/// What is kept of each unexpired certificate.
#[derive(Clone, Debug, Default)]
pub(super) struct Unexpired {
    /// Of those that are not revoked: a hash of the subject in two halves, and twice the seconds from the
    /// report to the end, plus one for a valid one.
    ends: Vec<[u32; 3]>,
    /// The names of the soonest to end.
    candidates: BTreeMap<(u32, String), (u64, Named)>,
    /// By the hash of the serial number: half of that of the record.
    serials: HashMap<u64, u32, BuildHasherDefault<AsIs>>,
}

/// A serial number that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    Equal,
    Different,
}

/// What is hashed already.
#[derive(Clone, Debug, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The longest distinct time to an end: 68 years.
const LONGEST: u32 = u32::MAX >> 1;

impl Unexpired {
    /// Whether the serial number was there before.
    pub(super) fn repeats(&mut self, record: &Record<'_>) -> Option<Repeated> {
        let of_record = hash(record) as u32;
        match self.serials.insert(hash(&record.serial), of_record) {
            None => None,
            Some(before) if before == of_record => Some(Repeated::Equal),
            Some(_) => Some(Repeated::Different),
        }
    }

    /// Adds a certificate that is neither revoked nor expired.
    pub(super) fn add(&mut self, record: &Record<'_>, as_of: OffsetDateTime, is_valid: bool) {
        let left = (record.not_after - as_of).whole_seconds();
        let left = u32::try_from(left.max(0)).unwrap_or(LONGEST).min(LONGEST);
        let subject = hash(&record.subject);
        self.ends.push([(subject >> 32) as u32, subject as u32, left << 1 | u32::from(is_valid)]);
        if !is_valid || i64::from(left) > Duration::days(90).whole_seconds() {
            return;
        }
        let is_full = self.candidates.len() == MAX_CANDIDATES;
        if is_full && self.candidates.last_key_value().is_some_and(|((last, _), _)| left > *last) {
            return;
        }
        let named = Named {
            certificate: shown(&record.certificate_arn),
            serial: shown(&record.serial),
            subject: shown(&record.subject),
            at: record.not_after,
        };
        self.candidates.insert((left, named.certificate.clone()), (subject, named));
        if self.candidates.len() > MAX_CANDIDATES {
            self.candidates.pop_last();
        }
    }

    pub(super) fn finish(self) -> Successors {
        let Self { mut ends, candidates, .. } = self;
        ends.sort_unstable();
        let mut successors = Successors::default();
        for of_subject in ends.chunk_by(|one, other| one[..2] == other[..2]) {
            let last = of_subject.last().map_or(0, |one| one[2] >> 1);
            for left in of_subject.iter().filter(|one| one[2] & 1 == 1).map(|one| one[2] >> 1) {
                successors.count(left, last > left);
            }
        }
        let last_of = |subject: u64| {
            let next = [(subject >> 32) as u32, subject as u32, u32::MAX];
            let at = ends.partition_point(|one| *one <= next);
            at.checked_sub(1).map_or(0, |at| ends[at][2] >> 1)
        };
        let without = candidates
            .into_iter()
            .filter(|((left, _), (subject, _))| last_of(*subject) <= *left)
            .map(|(_, (_, named))| named);
        successors.without = without.take(MAX_WITHOUT).collect();
        let count = successors.within_90_days.without_successor;
        successors.without_is_complete =
            successors.without.len() as u64 == count.min(MAX_WITHOUT as u64);
        successors
    }
}

impl Successors {
    fn count(&mut self, left: u32, has_successor: bool) {
        let all = [&mut self.within_7_days, &mut self.within_30_days, &mut self.within_90_days];
        for (days, ending) in DAYS.into_iter().zip(all) {
            if i64::from(left) > Duration::days(days).whole_seconds() {
                continue;
            }
            if has_successor {
                ending.with_successor += 1;
            } else {
                ending.without_successor += 1;
            }
        }
    }
}
