//! How many serials occur twice, in no memory at all while they ascend.
//!
//! Many CAs write their entries in the order of serials, and then a repeated one follows itself.
//! Where the order first breaks, collecting begins; the few entries before that place are shown a
//! second time, because nothing was kept of them.

use super::serials::short;

#[derive(Debug, Default)]
pub struct Repeats {
    /// Entries that came in ascending order, and the last of them.
    ascending: u64,
    last: Option<u128>,
    repeated: u64,
    /// Everything from where the order broke.
    rest: Option<Unordered>,
    again: u64,
    last_again: Option<u128>,
}

impl Repeats {
    /// The next serial: the content of an INTEGER in its shortest form, so equal means the same.
    #[inline]
    pub fn see(&mut self, octets: &[u8]) {
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

    /// How many entries from the beginning must be shown again.
    pub fn wants_again(&self) -> u64 {
        if self.rest.is_some() { self.ascending - self.again } else { 0 }
    }

    /// An entry from the beginning, in its place.
    pub fn see_again(&mut self, octets: &[u8]) {
        if self.wants_again() == 0 {
            return;
        }
        if let Some(rest) = &mut self.rest {
            rest.insert(octets);
            self.again += 1;
            self.last_again = short(octets);
        }
    }

    /// `None` if not everything was shown that had to be, or something else the second time; or if
    /// there were too many to keep.
    pub fn count(self) -> Option<u64> {
        let Some(rest) = self.rest else { return Some(self.repeated) };
        let shown_again = self.ascending == 0 || self.last_again == self.last;
        if self.again != self.ascending || !shown_again {
            return None;
        }
        rest.repeated()
    }
}

/// Serials in no order. Sorting a million takes longer than reading the CRL; so each sets one of
/// many bits, and only those that meet another at theirs are sorted.
#[derive(Debug, Default)]
struct Unordered {
    short: Vec<u128>,
    long: Vec<Box<[u8]>>,
    /// No CA writes serials of over 16 octets by the million; who does must not fill our memory.
    too_many: bool,
}

/// 2 MiB: of a million serials, six in a hundred meet another by chance.
const BITS: u32 = 24;
const MAX_LONG: usize = 1_000_000;

impl Unordered {
    #[inline]
    fn insert(&mut self, octets: &[u8]) {
        match short(octets) {
            Some(number) => self.short.push(number),
            None if self.long.len() < MAX_LONG => self.long.push(octets.into()),
            None => self.too_many = true,
        }
    }

    fn repeated(mut self) -> Option<u64> {
        if self.too_many {
            return None;
        }
        let (mut seen, mut met) = (Bits::default(), Bits::default());
        for number in &self.short {
            let bit = bit_of(*number);
            if seen.set(bit) {
                met.set(bit);
            }
        }
        self.short.retain(|number| met.has(bit_of(*number)));
        Some(repeated(&mut self.short) + repeated(&mut self.long))
    }
}

/// All loops over it are short ones, so that the processor fetches many words at once.
struct Bits(Vec<u64>);

impl Default for Bits {
    fn default() -> Self {
        Self(vec![0; (1 << BITS) / 64])
    }
}

impl Bits {
    /// Whether it was set already.
    fn set(&mut self, bit: u32) -> bool {
        let word = &mut self.0[bit as usize / 64];
        let before = *word;
        *word |= 1 << (bit % 64);
        before == *word
    }

    fn has(&self, bit: u32) -> bool {
        self.0[bit as usize / 64] & 1 << (bit % 64) != 0
    }
}

/// Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, §6.4).
#[inline]
fn bit_of(number: u128) -> u32 {
    let folded = (number >> 64) as u64 ^ number as u64;
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as u32
}

fn repeated<K: Ord>(serials: &mut [K]) -> u64 {
    serials.sort_unstable();
    serials.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(serials: &[&[u8]]) -> (u64, Option<u64>) {
        let mut repeats = Repeats::default();
        for octets in serials {
            repeats.see(octets);
        }
        let again = repeats.wants_again();
        for octets in serials {
            repeats.see_again(octets);
        }
        (again, repeats.count())
    }

    #[test]
    fn ascending_serials_are_counted_without_being_kept() {
        assert_eq!(count(&[]), (0, Some(0)));
        assert_eq!(count(&[&[1], &[2], &[2], &[2], &[0, 0xff]]), (0, Some(2)));
    }

    #[test]
    fn from_where_the_order_breaks_everything_is_kept_and_the_beginning_shown_again() {
        assert_eq!(count(&[&[2], &[1], &[2], &[1]]), (1, Some(2)));
        assert_eq!(count(&[&[1], &[5], &[9], &[5]]), (3, Some(1)));
        assert_eq!(count(&[&[1; 20], &[1; 20]]), (0, Some(1)), "long ones are never in order");
        assert_eq!(count(&[&[3], &[0xff], &[3]]), (1, Some(1)), "nor are negative ones");
    }

    /// More than bits, in a way: all of them meet at the same one.
    #[test]
    fn serials_that_meet_by_design_are_told_apart() {
        let mut serials: Vec<[u8; 16]> = (1..5_000_u64)
            .map(|low| (u128::from(low) << 64 | u128::from(low ^ 0x1234_5678)).to_be_bytes())
            .collect();
        let bits = |octets: &[u8; 16]| bit_of(u128::from_be_bytes(*octets));
        assert!(serials.iter().all(|octets| bits(octets) == bits(&serials[0])));
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

    #[test]
    fn what_was_not_shown_again_or_was_another_is_not_counted() {
        let unordered = || {
            let mut repeats = Repeats::default();
            for octets in [[5], [4]] {
                repeats.see(&octets);
            }
            repeats
        };
        assert_eq!(unordered().count(), None);
        let mut changed = unordered();
        changed.see_again(&[6]);
        assert_eq!(changed.count(), None);
    }
}
