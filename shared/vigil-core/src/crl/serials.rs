//! Serials by the million: which occur twice, and which of one set are not in another.

use std::cmp::Ordering;

/// Serials with what belongs to each. AWS's have 16 octets; up to that they are kept as numbers, in
/// sixteen bytes of memory, and longer ones (RFC 5280 allows 20) as they are.
#[derive(Clone, Debug)]
pub struct Serials<T = ()> {
    /// By their first octet of sixteen. AWS's are random, so each part is sorted, and walked, within
    /// the processor's cache; a CA that counts from one has them all in one part. More parts are
    /// sorted faster, and take longer to fill.
    short: Vec<Vec<(Halves, T)>>,
    long: Vec<(Box<[u8]>, T)>,
    dropped: u64,
}

/// A number of sixteen octets, upper half first: what belongs to it stands closer than to a `u128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Halves([u64; 2]);

impl Ord for Halves {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for Halves {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    #[inline]
    fn lt(&self, other: &Self) -> bool {
        self.number() < other.number()
    }
}

impl Halves {
    #[inline]
    fn of(number: u128) -> Self {
        Self([(number >> 64) as u64, number as u64])
    }

    /// What they are compared as: the processor does that without a branch.
    #[inline]
    fn number(self) -> u128 {
        let [upper, lower] = self.0;
        u128::from(upper) << 64 | u128::from(lower)
    }

    #[inline]
    fn part(self) -> usize {
        (self.0[0] >> (64 - PART_BITS)) as usize
    }
}

/// No CA writes serials of over 16 octets by the million; who does must not fill our memory.
const MAX_LONG: usize = 1_000_000;

const PART_BITS: u32 = 8;

impl<T> Default for Serials<T> {
    fn default() -> Self {
        let short = (0..1 << PART_BITS).map(|_| Vec::new()).collect();
        Self { short, long: Vec::new(), dropped: 0 }
    }
}

impl<T> Serials<T> {
    /// `octets` is the content of an INTEGER in its shortest form, so equal means the same.
    #[inline]
    pub fn insert(&mut self, octets: &[u8], of: T) {
        match short(octets) {
            Some(number) => self.insert_number(number, of),
            None if self.long.len() < MAX_LONG => self.long.push((octets.into(), of)),
            None => self.dropped += 1,
        }
    }

    #[inline]
    pub(crate) fn insert_number(&mut self, number: u128, of: T) {
        let halves = Halves::of(number);
        self.short[halves.part()].push((halves, of));
    }

    /// Those that did not fit: what is said of this set then is not the whole truth.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Sorts the serials, so that they can be found.
    pub fn sort(mut self) -> SortedSerials<T> {
        for part in &mut self.short {
            part.sort_unstable_by_key(|(serial, _)| *serial);
        }
        self.long.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        SortedSerials(self)
    }
}

/// The number, if the serial is not negative and has at most 16 octets.
#[inline]
pub(super) fn short(octets: &[u8]) -> Option<u128> {
    if octets.is_empty() {
        return None;
    }
    // The usual lengths, without a copy of unknown length.
    let sixteen = match octets {
        [0, rest @ ..] => rest.try_into(),
        octets => octets.try_into(),
    };
    if let (Ok(sixteen), false) = (sixteen, octets[0] & 0x80 != 0) {
        return Some(u128::from_be_bytes(sixteen));
    }
    let negative = octets.first().is_some_and(|octet| octet & 0x80 != 0);
    let magnitude = match octets {
        [0, rest @ ..] => rest,
        octets => octets,
    };
    if negative || magnitude.len() > 16 {
        return None;
    }
    let mut number = [0; 16];
    number[16 - magnitude.len()..].copy_from_slice(magnitude);
    Some(u128::from_be_bytes(number))
}

/// Serials in ascending order, with what belongs to each.
#[derive(Clone, Debug)]
pub struct SortedSerials<T = ()>(Serials<T>);

impl<T> SortedSerials<T> {
    /// How many there are, the same ones counted each.
    pub fn len(&self) -> usize {
        self.0.short.iter().map(Vec::len).sum::<usize>() + self.0.long.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`Serials::dropped`].
    pub fn dropped(&self) -> u64 {
        self.0.dropped
    }

    /// How many are the same as one before them.
    pub fn duplicates(&self) -> u64 {
        let short: u64 = self.0.short.iter().map(|part| repeated(part)).sum();
        short + repeated(&self.0.long)
    }

    /// What belongs to a serial that [`Self::without`] gave.
    pub fn find(&self, serial: Serial<'_>) -> Option<&T> {
        match serial {
            Serial::Short(number) => {
                let halves = Halves::of(number);
                let part = &self.0.short[halves.part()];
                let at = part.binary_search_by_key(&halves, |(serial, _)| *serial).ok()?;
                Some(&part[at].1)
            }
            Serial::Long(octets) => {
                let long = &self.0.long;
                let at = long.binary_search_by(|(serial, _)| serial.as_ref().cmp(octets)).ok()?;
                Some(&long[at].1)
            }
        }
    }

    /// Shows those that are in both, with what belongs to them here and there, in one walk over both.
    pub fn both<U>(&self, other: &SortedSerials<U>, mut show: impl FnMut(Serial<'_>, &T, &U)) {
        for (ours, theirs) in self.0.short.iter().zip(&other.0.short) {
            meet(ours, theirs, |serial, of, theirs| {
                show(Serial::Short(serial.number()), of, theirs);
            });
        }
        meet(&self.0.long, &other.0.long, |serial, of, theirs| {
            show(Serial::Long(serial), of, theirs);
        });
    }

    /// Shows those that are in none of `others`, in one walk over all of them.
    pub fn without<U>(&self, others: &[&SortedSerials<U>], mut show: impl FnMut(Serial<'_>, &T)) {
        for (at, ours) in self.0.short.iter().enumerate() {
            let theirs = others.iter().map(|other| other.0.short[at].as_slice());
            walk(ours, theirs, |serial, of| show(Serial::Short(serial.number()), of));
        }
        let theirs = others.iter().map(|other| other.0.long.as_slice());
        walk(&self.0.long, theirs, |serial, of| show(Serial::Long(serial), of));
    }
}

fn repeated<K: PartialEq, T>(sorted: &[(K, T)]) -> u64 {
    sorted.windows(2).filter(|pair| pair[0].0 == pair[1].0).count() as u64
}

fn meet<K: Ord, T, U>(ours: &[(K, T)], mut theirs: &[(K, U)], mut show: impl FnMut(&K, &T, &U)) {
    for (serial, of) in ours {
        while let [(other, _), rest @ ..] = theirs
            && other < serial
        {
            theirs = rest;
        }
        if let [(other, of_other), ..] = theirs
            && other == serial
        {
            show(serial, of, of_other);
        }
    }
}

fn walk<'t, K: Ord + 't, T, U: 't>(
    ours: &[(K, T)],
    theirs: impl Iterator<Item = &'t [(K, U)]>,
    mut show: impl FnMut(&K, &T),
) {
    let mut theirs: Vec<_> = theirs.collect();
    for (serial, of) in ours {
        let mut is_there = false;
        for theirs in &mut theirs {
            while let [(other, _), rest @ ..] = *theirs
                && other < serial
            {
                *theirs = rest;
            }
            is_there |= theirs.first().is_some_and(|(other, _)| other == serial);
        }
        if !is_there {
            show(serial, of);
        }
    }
}

/// A serial number, shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serial<'a> {
    /// Not negative, and at most 16 octets.
    Short(u128),
    /// The content of its INTEGER.
    Long(&'a [u8]),
}

impl<'a> Serial<'a> {
    /// By the content of an INTEGER in its shortest form.
    pub fn of(octets: &'a [u8]) -> Self {
        short(octets).map_or(Self::Long(octets), Self::Short)
    }
}

impl std::fmt::Display for Serial<'_> {
    /// In hexadecimal, as certificate ARNs have it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 32;
        match self {
            Self::Short(number) => write!(f, "{number:032x}"),
            Self::Long(octets) => {
                octets.iter().take(SHOWN).try_for_each(|octet| write!(f, "{octet:02x}"))?;
                if octets.len() > SHOWN { f.write_str("...") } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serials(list: &[&[u8]]) -> Serials<usize> {
        let mut serials = Serials::default();
        for (at, octets) in list.iter().enumerate() {
            serials.insert(octets, at);
        }
        serials
    }

    #[test]
    fn a_serial_is_a_duplicate_however_far_away_and_however_long() {
        let list: &[&[u8]] =
            &[&[1], &[0x00, 0xff], &[0xff], &[2], &[1], &[1; 20], &[3], &[1; 20], &[1]];
        let duplicates = serials(list).sort().duplicates();
        assert_eq!(duplicates, 3, "1 twice more, twenty ones once more, -1 is not 255");
    }

    #[test]
    fn the_difference_of_two_sets_comes_with_its_values() {
        let ours = serials(&[&[9], &[1; 20], &[4], &[2; 20], &[1], &[4]]).sort();
        let theirs = serials(&[&[4], &[1; 20], &[7], &[0]]).sort();
        let mut shown = Vec::new();
        ours.without(&[&theirs], |serial, at| shown.push((serial.to_string(), *at)));
        let hex = |n: u8| format!("{n:032x}");
        let long = "02".repeat(20);
        assert_eq!(shown, [(hex(1), 4), (hex(9), 0), (long, 3)]);
        let mut shown = Vec::new();
        let others = [&serials(&[&[9], &[2; 20]]).sort(), &serials(&[&[1], &[3]]).sort(), &theirs];
        ours.without(&others, |serial, _| shown.push(serial.to_string()));
        assert_eq!(shown, Vec::<String>::new(), "each of them is in one of the others");
        assert_eq!(ours.find(Serial::Short(9)), Some(&0));
        assert_eq!(ours.find(Serial::Long(&[2; 20])), Some(&3));
        assert_eq!(ours.find(Serial::Short(7)), None);
    }

    #[test]
    fn nothing_of_its_own_is_kept_beside_a_serial() {
        assert_eq!(size_of::<(Halves, ())>(), 16);
    }
}
