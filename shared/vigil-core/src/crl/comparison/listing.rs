//! The entries of a CRL: fingerprints of serials, each with what its entry says.

use std::{num::NonZero, thread};

use super::{super::Entry, Fingerprints, Marks, said::Said};

/// A fingerprint and what its entry says: sixteen octets.
type Row = (u64, Said);

/// By the first bits of their fingerprints. Each part is sorted within a processor's cache, and
/// several threads sort several parts.
const PART_BITS: u32 = 4;
const PARTS: usize = 1 << PART_BITS;

/// The entries of a CRL, while it is read.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    fingerprints: Fingerprints,
    parts: [Vec<Row>; PARTS],
}

impl Listing {
    /// With fingerprints by this key.
    pub fn by(fingerprints: Fingerprints) -> Self {
        Self { fingerprints, ..Self::default() }
    }

    /// An indirect entry's serial belongs to another issuer's numbering.
    #[inline]
    pub fn add(&mut self, entry: &Entry<'_>) {
        if !entry.indirect {
            let fingerprint = self.fingerprints.of(entry.serial);
            self.parts[part_of(fingerprint)].push((fingerprint, Said::of(entry)));
        }
    }

    /// Sorts the entries, so that they can be found.
    pub fn sort(self) -> Listed {
        self.sort_in(NonZero::<usize>::MIN)
    }

    /// The same, in so many threads.
    pub fn sort_in(self, threads: NonZero<usize>) -> Listed {
        let Self { fingerprints, mut parts } = self;
        thread::scope(|scope| {
            let mut shares = parts.chunks_mut(PARTS.div_ceil(threads.get()));
            let own = shares.next();
            for share in shares {
                scope.spawn(|| share.iter_mut().for_each(sort));
            }
            own.into_iter().flatten().for_each(sort);
        });
        let mut first = 0;
        let parts = parts.into_iter().map(|rows| {
            let part = Part::of(rows, first);
            first += part.rows.len();
            part
        });
        Listed { fingerprints, parts: parts.collect(), count: first }
    }
}

#[expect(clippy::ptr_arg, reason = "it is called for each part")]
fn sort(rows: &mut Vec<Row>) {
    rows.sort_unstable_by_key(|(fingerprint, _)| *fingerprint);
}

#[inline]
fn part_of(fingerprint: u64) -> usize {
    (fingerprint >> (64 - PART_BITS)) as usize
}

/// The entries of a CRL that was read to its end, in the order of their fingerprints.
#[derive(Clone, Debug)]
pub struct Listed {
    fingerprints: Fingerprints,
    parts: Vec<Part>,
    count: usize,
}

/// Those whose fingerprints begin alike.
#[derive(Clone, Debug)]
struct Part {
    rows: Vec<Row>,
    /// The place of the first row among those of all parts.
    first: usize,
    /// Where the rows begin that go on alike, for each way to go on.
    starts: Vec<u32>,
    bits: u32,
}

/// So many rows begin alike for longer, on average: two lines of the processor's cache for each search.
const ALIKE: usize = 16;

/// Of 64 octets.
const ROWS_IN_A_LINE: usize = 64 / size_of::<Row>();

impl Part {
    fn of(rows: Vec<Row>, first: usize) -> Self {
        let bits = (rows.len() / ALIKE).max(1).ilog2();
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (at, (fingerprint, _)) in rows.iter().enumerate() {
            while starts.len() <= alike(*fingerprint, bits) {
                starts.push(place(at));
            }
        }
        starts.resize((1 << bits) + 1, place(rows.len()));
        Self { rows, first, starts, bits }
    }

    /// The rows that have this fingerprint: the place of the first, and all of them.
    #[inline]
    fn find(&self, fingerprint: u64) -> (usize, &[Row]) {
        let (from, to) = self.bucket(fingerprint);
        self.find_in(fingerprint, from as usize, to as usize)
    }

    /// The rows that begin like this fingerprint.
    #[inline]
    fn bucket(&self, fingerprint: u64) -> (u32, u32) {
        let bucket = alike(fingerprint, self.bits);
        (self.starts[bucket], self.starts[bucket + 1])
    }

    #[inline]
    fn find_in(&self, fingerprint: u64, from: usize, to: usize) -> (usize, &[Row]) {
        let rows = &self.rows[from..to];
        let before = rows.partition_point(|(other, _)| *other < fingerprint);
        let same = rows[before..].iter().take_while(|(other, _)| *other == fingerprint).count();
        (self.first + from + before, &rows[before..before + same])
    }
}

/// Objects of over 256 MiB are not read: they hold some ten million entries at most.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The bits behind those of the part.
#[inline]
fn alike(fingerprint: u64, bits: u32) -> usize {
    (fingerprint << PART_BITS).checked_shr(64 - bits).unwrap_or(0) as usize
}

impl Listed {
    /// The key of its fingerprints.
    pub fn fingerprints(&self) -> Fingerprints {
        self.fingerprints
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The number of entries whose serial is the same as that of an entry before them.
    pub fn duplicates(&self) -> u64 {
        let repeated =
            |part: &Part| part.rows.windows(2).filter(|two| two[0].0 == two[1].0).count();
        self.parts.iter().map(|part| repeated(part) as u64).sum()
    }

    /// What the entries of a serial say.
    #[inline]
    pub(super) fn find(&self, fingerprint: u64) -> &[Row] {
        self.part(fingerprint).find(fingerprint).1
    }

    /// Marks the entries of several serials, and says of each whether there are any. What is where in
    /// memory is asked for all of them before any is read: a processor waits for all at once, not for
    /// one after the other.
    pub(super) fn mark_all<const N: usize>(
        &self,
        fingerprints: impl Iterator<Item = u64>,
        marks: &mut Marks,
        is_listed: &mut [bool; N],
    ) {
        let mut sought = [(0_u64, 0_u32, 0_u32); N];
        let mut count = 0;
        for (sought, fingerprint) in sought.iter_mut().zip(fingerprints) {
            let (from, to) = self.part(fingerprint).bucket(fingerprint);
            *sought = (fingerprint, from, to);
            count += 1;
        }
        let sought = &sought[..count];
        let mut met = 0;
        for (fingerprint, from, to) in sought {
            let rows = &self.part(*fingerprint).rows[*from as usize..*to as usize];
            met ^= rows.iter().step_by(ROWS_IN_A_LINE).fold(0, |met, (other, _)| met ^ other);
        }
        std::hint::black_box(met);
        for ((fingerprint, from, to), is_listed) in sought.iter().zip(is_listed) {
            let part = self.part(*fingerprint);
            let (first, rows) = part.find_in(*fingerprint, *from as usize, *to as usize);
            for at in first..first + rows.len() {
                marks.set(at);
            }
            *is_listed |= !rows.is_empty();
        }
    }

    #[inline]
    fn part(&self, fingerprint: u64) -> &Part {
        &self.parts[part_of(fingerprint)]
    }

    /// The entries that have no mark.
    pub(super) fn unmarked<'m>(&'m self, marks: &'m Marks) -> impl Iterator<Item = &'m Row> {
        let rows = self.parts.iter().flat_map(|part| &part.rows).enumerate();
        rows.filter(|(at, _)| !marks.is_set(*at)).map(|(_, row)| row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_sixteen_octets() {
        assert_eq!(size_of::<Row>(), 16);
    }
}
