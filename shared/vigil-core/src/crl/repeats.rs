//! How many serials occur twice: in no memory at all while they ascend, and else in eight bytes for
//! each.
//!
//! Many CAs write their entries in the order of serials, and then a repeated one follows itself.
//! Where the order first breaks, a hash of each serial is kept from there on; the entries before that
//! place are shown a second time, because nothing was kept of them. Where hashes are the same then,
//! which is by chance not to be expected, all entries are shown once more to see whether the serials
//! are.

use super::serials::short;

/// Counts the serials that occur twice, as they pass by.
#[derive(Debug, Default)]
pub struct Repeats {
    /// Entries that came in ascending order, the last of them, and how many were as one before.
    ascending: u64,
    last: Option<u128>,
    repeated: u64,
    total: u64,
    /// Everything from where the order broke.
    rest: Option<Unordered>,
    again: u64,
    last_again: Option<u128>,
    /// What there was the same hash of.
    suspects: Option<Suspects>,
}

impl Repeats {
    /// The next serial: the content of an INTEGER in its shortest form, so equal means the same.
    #[inline]
    pub fn see(&mut self, octets: &[u8]) {
        self.total += 1;
        if let Some(rest) = &mut self.rest {
            return rest.insert(octets);
        }
        match short(octets) {
            Some(serial) if self.last.is_none_or(|last| last <= serial) => {
                self.repeated += u64::from(self.last == Some(serial));
                self.last = Some(serial);
                self.ascending += 1;
            }
            _ => self.rest.insert(Unordered::default()).insert(octets),
        }
    }

    /// Whether entries must be shown again, from the first one to where [`Self::see_again`] says that
    /// it is enough. To be asked again after that.
    pub fn wants_again(&mut self) -> bool {
        let Some(rest) = &mut self.rest else { return false };
        if self.again < self.ascending {
            return true;
        }
        match &self.suspects {
            Some(suspects) => suspects.shown < self.total && !suspects.hashes.is_empty(),
            None => {
                let suspects = self.suspects.insert(Suspects::of(rest));
                !suspects.hashes.is_empty()
            }
        }
    }

    /// An entry in its place; and whether the next one is wanted, too.
    pub fn see_again(&mut self, octets: &[u8]) -> bool {
        if let Some(suspects) = &mut self.suspects {
            suspects.see(octets);
            return suspects.shown < self.total;
        }
        if let Some(rest) = &mut self.rest
            && self.again < self.ascending
        {
            rest.insert(octets);
            self.again += 1;
            self.last_again = short(octets);
        }
        self.again < self.ascending
    }

    /// `None` if not everything was shown that had to be, or something else the second time; or if
    /// there were too many to keep.
    pub fn count(mut self) -> Option<u64> {
        if self.wants_again() {
            return None;
        }
        let Some(rest) = self.rest else { return Some(self.repeated) };
        if rest.too_many || self.ascending > 0 && self.last_again != self.last {
            return None;
        }
        Some(self.suspects?.repeated()? + repeated(rest.long))
    }
}

/// Serials in no order. Sorting a million takes longer than reading the CRL; so each sets one of
/// many bits as it comes, and only those that met another at theirs are sorted.
#[derive(Debug, Default)]
struct Unordered {
    hashes: Vec<u64>,
    long: Vec<Box<[u8]>>,
    /// No CA writes serials of over 16 octets by the million; who does must not fill our memory.
    too_many: bool,
    /// How many of `hashes` have set their bits.
    marked: usize,
    seen: Bits<SEEN>,
    /// Where two met, by the first digits of their bit alone: so it stays in the processor's cache.
    met: Bits<MET>,
}

/// 8 MiB: of a million serials, three in two hundred meet another by chance.
const SEEN: u32 = 26;
const MET: u32 = 22;
const MAX_LONG: usize = 1_000_000;
/// In a loop that does nothing else, the processor fetches the words of many bits at once.
const AT_ONCE: usize = 256;

impl Unordered {
    #[inline]
    fn insert(&mut self, octets: &[u8]) {
        match short(octets) {
            Some(number) => {
                self.hashes.push(hash(number));
                if self.hashes.len() - self.marked == AT_ONCE {
                    self.mark();
                }
            }
            None if self.long.len() < MAX_LONG => self.long.push(octets.into()),
            None => self.too_many = true,
        }
    }

    fn mark(&mut self) {
        for hash in &self.hashes[self.marked..] {
            if self.seen.set(*hash) {
                self.met.set(*hash);
            }
        }
        self.marked = self.hashes.len();
    }

    /// In order, each once; nothing is left.
    fn repeated_hashes(&mut self) -> Vec<u64> {
        self.mark();
        let mut hashes = std::mem::take(&mut self.hashes);
        hashes.retain(|hash| self.met.has(*hash));
        hashes.sort_unstable();
        let mut found: Vec<u64> =
            hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        found.dedup();
        found
    }
}

/// Serials whose hash another entry has as well.
#[derive(Debug)]
struct Suspects {
    hashes: Vec<u64>,
    found: Vec<u128>,
    shown: u64,
}

impl Suspects {
    fn of(rest: &mut Unordered) -> Self {
        Self { hashes: rest.repeated_hashes(), found: Vec::new(), shown: 0 }
    }

    fn see(&mut self, octets: &[u8]) {
        self.shown += 1;
        if let Some(number) = short(octets)
            && self.hashes.binary_search(&hash(number)).is_ok()
        {
            self.found.push(number);
        }
    }

    /// `None` if other serials were shown than before.
    fn repeated(self) -> Option<u64> {
        (self.found.len() >= 2 * self.hashes.len()).then(|| repeated(self.found))
    }
}

/// As many bits as there are numbers of so many digits, in words.
#[derive(Debug)]
struct Bits<const DIGITS: u32>(Vec<u64>);

impl<const DIGITS: u32> Default for Bits<DIGITS> {
    fn default() -> Self {
        Self(vec![0; (1 << DIGITS) / 64])
    }
}

impl<const DIGITS: u32> Bits<DIGITS> {
    #[inline]
    fn place(hash: u64) -> (usize, u64) {
        let bit = hash >> (64 - DIGITS);
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    /// Whether it was set already.
    #[inline]
    fn set(&mut self, hash: u64) -> bool {
        let (word, bit) = Self::place(hash);
        let before = self.0[word];
        self.0[word] |= bit;
        before & bit != 0
    }

    #[inline]
    fn has(&self, hash: u64) -> bool {
        let (word, bit) = Self::place(hash);
        self.0[word] & bit != 0
    }
}

/// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, §6.4).
#[inline]
fn hash(number: u128) -> u64 {
    let folded = (number >> 64) as u64 ^ number as u64;
    folded.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn repeated<K: Ord>(mut serials: Vec<K>) -> u64 {
    serials.sort_unstable();
    serials.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many entries were shown again, and how many are repeated.
    fn count(serials: &[&[u8]]) -> (usize, Option<u64>) {
        let mut repeats = Repeats::default();
        for octets in serials {
            repeats.see(octets);
        }
        let mut shown = 0;
        while repeats.wants_again() {
            for octets in serials {
                shown += 1;
                if !repeats.see_again(octets) {
                    break;
                }
            }
        }
        (shown, repeats.count())
    }

    #[test]
    fn ascending_serials_are_counted_without_being_kept() {
        assert_eq!(count(&[]), (0, Some(0)));
        assert_eq!(count(&[&[1], &[2], &[2], &[2], &[0, 0xff]]), (0, Some(2)));
    }

    #[test]
    fn where_order_breaks_the_rest_is_kept_and_the_start_reread() {
        assert_eq!(count(&[&[2], &[3], &[1]]), (2, Some(0)));
        assert_eq!(count(&[&[1; 20], &[1; 20]]), (0, Some(1)), "long ones are never in order");
        assert_eq!(count(&[&[3], &[0xff], &[4]]), (1, Some(0)), "nor are negative ones");
    }

    #[test]
    fn what_seems_repeated_is_all_shown_again() {
        assert_eq!(count(&[&[2], &[1], &[2], &[1]]), (1 + 4, Some(2)));
        assert_eq!(count(&[&[1], &[5], &[9], &[5]]), (3 + 4, Some(1)));
        assert_eq!(count(&[&[3], &[0xff], &[3]]), (1 + 3, Some(1)));
        assert_eq!(count(&[&[3], &[2], &[2], &[2], &[2]]), (1 + 5, Some(3)));
    }

    /// More than bits, in a way: all of them have the same hash.
    #[test]
    fn serials_that_meet_by_design_are_told_apart() {
        let mut serials: Vec<[u8; 16]> = (1..5_000_u64)
            .map(|low| (u128::from(low) << 64 | u128::from(low ^ 0x1234_5678)).to_be_bytes())
            .collect();
        let hash_of = |octets: &[u8; 16]| hash(u128::from_be_bytes(*octets));
        assert!(serials.iter().all(|octets| hash_of(octets) == hash_of(&serials[0])));
        serials.reverse();
        serials.extend_from_within(..7);
        let shown: Vec<&[u8]> = serials.iter().map(|octets| trimmed(octets)).collect();
        assert_eq!(count(&shown).1, Some(7));
    }

    /// As DER has it.
    fn trimmed(octets: &[u8]) -> &[u8] {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        &octets[zeros - usize::from(octets[zeros] & 0x80 != 0)..]
    }

    fn seen(serials: &[u8]) -> Repeats {
        let mut repeats = Repeats::default();
        for serial in serials {
            repeats.see(&[*serial]);
        }
        repeats
    }

    #[test]
    fn what_was_not_shown_again_or_was_another_is_not_counted() {
        assert_eq!(seen(&[5, 4]).count(), None, "the first entry");
        let mut changed = seen(&[5, 4]);
        assert!(!changed.see_again(&[6]));
        assert_eq!(changed.count(), None, "another first entry");
        let beginning = || {
            let mut repeats = seen(&[5, 4, 4]);
            assert!(!repeats.see_again(&[5]));
            repeats
        };
        assert_eq!(beginning().count(), None, "all entries");
        let mut cut = beginning();
        assert!(cut.wants_again() && cut.see_again(&[5]) && cut.see_again(&[4]));
        assert_eq!(cut.count(), None, "the last entry");
        let mut changed = beginning();
        assert!(changed.wants_again());
        for octets in [[5], [4], [6]] {
            changed.see_again(&octets);
        }
        assert_eq!(changed.count(), None, "another last entry");
    }
}
