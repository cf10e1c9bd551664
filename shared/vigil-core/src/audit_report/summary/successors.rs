//! Of the certificates that end soon: how many have a successor, and which have none.
//!
//! A successor has the same subject, is not revoked, and ends later. It is one of the same CA, or of a CA
//! that succeeds it.
//!
//! For this, 12 bytes are kept of each unexpired certificate, and 20 to 40 for finding [serial numbers
//! that come twice](super::serials). So there is a limit, by the size of the report: above it neither is judged.

use std::{collections::BTreeMap, iter::repeat_n};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{
    super::Record,
    Named,
    concern::TakenBack,
    days::{Days, julian},
    serials::{Repeated, Serials, hash},
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
    /// All of those within 90 days that have none, by the day on which they end.
    #[serde(default)]
    pub without_per_day: Days,
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
    #[serde(with = "crate::instant::text")]
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
    /// The names of the soonest to end: a hash of the subject, and how many certificates have the name.
    candidates: BTreeMap<(u32, Named), (u64, usize)>,
    /// Of those in `ends` and `candidates`, which another record of the report has as revoked.
    revoked: Vec<[u32; 3]>,
    taken_back: TakenBack,
    serials: Serials,
}

/// The longest distinct time to an end: 68 years.
const LONGEST: u32 = u32::MAX >> 1;

impl Unexpired {
    /// Whether the serial number was there before.
    pub(super) fn repeats(&mut self, record: &Record<'_>) -> Option<Repeated> {
        self.serials.see(record)
    }

    /// Takes back what [`Self::add`] has added of this certificate.
    pub(super) fn take_back(&mut self, record: &Record<'_>, as_of: OffsetDateTime, is_valid: bool) {
        let end = end_of(record, as_of, is_valid);
        self.revoked.push(end);
        if is_soon(end) {
            self.taken_back.add(&Named::new(record, record.not_after));
        }
    }

    /// Adds a certificate that is neither revoked nor expired.
    pub(super) fn add(&mut self, record: &Record<'_>, as_of: OffsetDateTime, is_valid: bool) {
        let end = end_of(record, as_of, is_valid);
        let (subject, left) = (hash(&record.subject), end[2] >> 1);
        self.ends.push(end);
        if !is_soon(end) {
            return;
        }
        let is_full = self.candidates.len() == MAX_CANDIDATES;
        if is_full && self.candidates.last_key_value().is_some_and(|((last, _), _)| left > *last) {
            return;
        }
        let named = Named::new(record, record.not_after);
        self.candidates.entry((left, named)).or_insert((subject, 0)).1 += 1;
        if self.candidates.len() > MAX_CANDIDATES {
            self.candidates.pop_last();
        }
    }

    pub(super) fn finish(self, as_of: OffsetDateTime) -> Successors {
        let Self { ends, candidates, revoked, mut taken_back, serials: _ } = self;
        let ends = without(ends, revoked);
        let mut successors = Successors::default();
        for of_subject in ends.chunk_by(|one, other| one[..2] == other[..2]) {
            let last = of_subject.last().map_or(0, |one| one[2] >> 1);
            for left in of_subject.iter().filter(|one| one[2] & 1 == 1).map(|one| one[2] >> 1) {
                successors.count(left, last > left, as_of);
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
            .flat_map(|((_, named), (_, count))| repeat_n(named, count))
            .filter(|named| !taken_back.has(named));
        successors.without = without.take(MAX_WITHOUT).collect();
        let count = successors.within_90_days.without_successor;
        successors.without_is_complete =
            successors.without.len() as u64 == count.min(MAX_WITHOUT as u64);
        successors
    }
}

/// What is kept of a certificate: see [`Unexpired::ends`].
fn end_of(record: &Record<'_>, as_of: OffsetDateTime, is_valid: bool) -> [u32; 3] {
    let left = record.not_after - as_of;
    // A part of a second more than some days is not within these days.
    let left = left.whole_seconds() + i64::from(left.subsec_nanoseconds() > 0);
    let left = u32::try_from(left.max(0)).unwrap_or(LONGEST).min(LONGEST);
    let subject = hash(&record.subject);
    [(subject >> 32) as u32, subject as u32, left << 1 | u32::from(is_valid)]
}

/// Whether it is a valid one that ends within the longest of the windows.
fn is_soon([_, _, end]: [u32; 3]) -> bool {
    end & 1 == 1 && i64::from(end >> 1) <= Duration::days(90).whole_seconds()
}

/// All that are not in `less`, in order.
fn without(mut all: Vec<[u32; 3]>, mut less: Vec<[u32; 3]>) -> Vec<[u32; 3]> {
    all.sort_unstable();
    less.sort_unstable();
    let mut less = less.into_iter().peekable();
    all.retain(|one| {
        while less.next_if(|other| other < one).is_some() {}
        less.next_if_eq(one).is_none()
    });
    all
}

impl Successors {
    fn count(&mut self, left: u32, has_successor: bool, as_of: OffsetDateTime) {
        let left = Duration::seconds(left.into());
        if !has_successor && left <= Duration::days(90) {
            // Within the second in which it ends.
            self.without_per_day.count(julian(as_of.saturating_add(left)));
        }
        let all = [&mut self.within_7_days, &mut self.within_30_days, &mut self.within_90_days];
        for (days, ending) in DAYS.into_iter().zip(all) {
            if left > Duration::days(days) {
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
