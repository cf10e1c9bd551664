//! The records of an audit report, which pass by, held against a CRL's entries.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    super::Serial, Coverage, Difference, Fingerprints, LISTED_WITHIN, Listed, Marks, Removed,
    Sample, TOGETHER, Unnamed, digits::Digits,
};
use crate::audit_report::{self, Brief, Sink};

/// What the records of a report are held against.
#[derive(Debug)]
pub struct Against<'l> {
    /// The parts that the CRL consists of.
    lists: Vec<&'l Listed>,
    fingerprints: Fingerprints,
    removed: Option<&'l Removed>,
    now: i64,
}

impl<'l> Against<'l> {
    /// `lists` are the parts that the CRL consists of, all of them with fingerprints by one key.
    /// `removed` is what the version before listed, and the CRL does not.
    pub fn new(
        lists: Vec<&'l Listed>,
        removed: Option<&'l Removed>,
        as_of: OffsetDateTime,
    ) -> Self {
        let fingerprints = lists.first().map(|list| list.fingerprints()).unwrap_or_default();
        Self { lists, fingerprints, removed, now: as_of.unix_timestamp() }
    }

    /// How many serials went, and no report says so far why.
    fn removed_count(&self) -> usize {
        self.removed.map_or(0, Removed::len)
    }
}

/// What the records say so far. It can be put down, and taken up by the next invocation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// The entries that a record was seen of.
    listed: Vec<Marks>,
    /// The same of those that went.
    explained: Marks,
    missing: Sample,
    missing_since: Option<i64>,
    removed_early: Sample,
    latest: Option<i64>,
    unreadable: u64,
}

impl Tally {
    /// Nothing was seen yet.
    pub fn begin(against: &Against<'_>) -> Self {
        let none = |list: &&Listed| Marks::none_of(list.len());
        Self {
            listed: against.lists.iter().map(none).collect(),
            explained: Marks::none_of(against.removed_count()),
            ..Self::default()
        }
    }

    /// Whether it was made of as many entries.
    pub fn fits(&self, against: &Against<'_>) -> bool {
        self.listed.len() == against.lists.len()
            && self.listed.iter().zip(&against.lists).all(|(marks, list)| marks.fits(list.len()))
            && self.explained.fits(against.removed_count())
    }

    /// Adds what another thread has seen.
    pub fn merge(&mut self, other: Self) {
        self.listed.iter_mut().zip(&other.listed).for_each(|(ours, theirs)| ours.merge(theirs));
        self.explained.merge(&other.explained);
        self.missing.merge(other.missing);
        let since = [self.missing_since, other.missing_since];
        self.missing_since = since.into_iter().flatten().min();
        self.removed_early.merge(other.removed_early);
        self.latest = self.latest.max(other.latest);
        self.unreadable += other.unreadable;
    }
}

/// A [`Tally`] that takes records.
#[derive(Debug)]
pub struct Comparison<'l> {
    against: &'l Against<'l>,
    tally: Tally,
    /// Records that are not in the tally yet.
    waiting: Vec<Waiting>,
}

/// What is needed of a record.
#[derive(Debug)]
struct Waiting {
    fingerprint: u64,
    serial: Kept,
    revoked_at: Option<i64>,
    not_after: i64,
}

#[derive(Debug)]
enum Kept {
    Short(u128),
    Long(Digits),
}

impl Kept {
    fn serial(&self) -> Serial<'_> {
        match self {
            Self::Short(number) => Serial::Short(*number),
            Self::Long(digits) => digits.serial(),
        }
    }
}

impl<'l> Comparison<'l> {
    /// Goes on with a tally of the same entries.
    pub fn resume(against: &'l Against<'l>, tally: Tally) -> Self {
        Self { against, tally, waiting: Vec::with_capacity(TOGETHER) }
    }

    /// Begins with the first record.
    pub fn begin(against: &'l Against<'l>) -> Self {
        Self::resume(against, Tally::begin(against))
    }

    /// What the records said that were taken.
    pub fn into_tally(mut self) -> Tally {
        self.look_for_all();
        self.tally
    }

    #[inline]
    fn wait(&mut self, record: &Brief<'_>, serial: Kept, fingerprint: u64) {
        let (revoked_at, not_after) = (record.revocation(), record.not_after);
        self.tally.latest = self.tally.latest.max(Some(record.issued_at)).max(record.revoked_at);
        self.waiting.push(Waiting { fingerprint, serial, revoked_at, not_after });
        if self.waiting.len() == TOGETHER {
            self.look_for_all();
        }
    }

    fn look_for_all(&mut self) {
        let Self { against, tally, waiting } = self;
        let mut is_listed = [false; TOGETHER];
        for (list, marks) in against.lists.iter().zip(&mut tally.listed) {
            list.mark_all(waiting.iter().map(|record| record.fingerprint), marks, &mut is_listed);
        }
        for (record, is_listed) in waiting.iter().zip(is_listed) {
            see(against, tally, record, is_listed);
        }
        waiting.clear();
    }
}

fn see(against: &Against<'_>, tally: &mut Tally, record: &Waiting, is_listed: bool) {
    // RFC 5280 §4.1.2.5: valid through notAfter, inclusive.
    if let Some(revoked_at) = record.revoked_at
        && !is_listed
        && revoked_at < against.now - LISTED_WITHIN.whole_seconds()
        && record.not_after >= against.now
    {
        tally.missing.add(record.serial.serial());
        let since = tally.missing_since.unwrap_or(i64::MAX);
        tally.missing_since = Some(since.min(revoked_at));
    }
    if let Some(removed) = against.removed.filter(|removed| !removed.is_empty())
        && let Some(at) = removed.find(record.fingerprint)
        && !tally.explained.set(at)
        && removed.is_early(record.not_after)
    {
        tally.removed_early.add(record.serial.serial());
    }
}

impl Sink for Comparison<'_> {
    type Form<'r> = Brief<'r>;

    #[inline]
    fn take(&mut self, record: &Brief<'_>) {
        let by = self.against.fingerprints;
        match &record.serial {
            audit_report::Serial::Number(number) => {
                self.wait(record, Kept::Short(*number), by.of_number(*number));
            }
            audit_report::Serial::Text(text) => {
                let mut buffer = [0; MAX_SERIAL_LENGTH + 1];
                match octets(text, &mut buffer) {
                    Some(octets) => {
                        self.wait(record, Kept::Long(Digits::of(octets)), by.of(octets))
                    }
                    None => self.tally.unreadable += 1,
                }
            }
        }
    }
}

/// As the report writes it, `00:11:…`. RFC 5280 allows 20 octets.
pub(super) const MAX_SERIAL_LENGTH: usize = 20;

/// The content of the serial's INTEGER.
pub(super) fn octets<'b>(
    text: &str,
    buffer: &'b mut [u8; MAX_SERIAL_LENGTH + 1],
) -> Option<&'b [u8]> {
    let mut length = 0;
    for pair in text.as_bytes().chunks(3) {
        let (high, low) = match pair {
            [high, low] | [high, low, b':'] => (digit(*high)?, digit(*low)?),
            _ => return None,
        };
        *buffer.get_mut(1 + length)? = high << 4 | low;
        length += 1;
    }
    let octets = &buffer[..=length];
    // The sign's octet stays if it is needed, and one octet of zero is zero.
    let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(length);
    let negative = octets[zeros] & 0x80 != 0;
    (length > 0).then(|| &octets[zeros - usize::from(negative)..])
}

fn digit(character: u8) -> Option<u8> {
    u8::try_from(char::from(character).to_digit(16)?).ok()
}

/// What came of a report that was read to its end.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The CRL against the report.
    pub coverage: Coverage,
    /// Entries that were never issued and are to be named yet, by the serials of the CRL.
    pub unnamed: Unnamed,
    explained: Marks,
    removed_early: Sample,
}

impl Compared {
    /// `report` is what findings call the report, and `bad` counts the records that could not be read.
    /// What the report cannot know was revoked after `written_at`, or after the last thing in it if
    /// that is not known either.
    pub fn new(
        against: &Against<'_>,
        tally: Tally,
        report: String,
        written_at: Option<OffsetDateTime>,
        bad: u64,
    ) -> Self {
        let time = |at| OffsetDateTime::from_unix_timestamp(at).ok();
        let latest = tally.latest.and_then(time);
        let known_until = written_at.or(latest).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (mut never_issued, mut unnamed) =
            (Sample::default(), Unnamed::by(against.fingerprints));
        for (list, marks) in against.lists.iter().zip(&tally.listed) {
            for (fingerprint, said) in list.unmarked(marks) {
                if said.revoked_at() <= known_until.unix_timestamp() {
                    never_issued.count += 1;
                    unnamed.add(*fingerprint);
                }
            }
        }
        let coverage = Coverage {
            report,
            known_until,
            missing: tally.missing,
            missing_since: tally.missing_since.and_then(time),
            never_issued,
            unreadable: bad + tally.unreadable,
            has_records: tally.latest.is_some(),
            met: tally.listed.iter().map(Marks::count).sum(),
        };
        Self { coverage, unnamed, explained: tally.explained, removed_early: tally.removed_early }
    }

    /// What the report says of entries that went; and which serials are to be named yet.
    pub fn explain(&self, removed: Removed) -> (Difference, Unnamed) {
        removed.explained(&self.explained, self.removed_early.clone())
    }
}
