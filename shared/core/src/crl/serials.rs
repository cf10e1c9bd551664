//! How many serials occur twice, in sixteen bytes of memory for each.

use std::cmp::Ordering;

/// The serials of a CRL. AWS's have 16 octets; up to that they are compared as numbers, longer ones
/// (RFC 5280 allows 20) as they are.
#[derive(Default)]
pub(super) struct Serials {
    short: Vec<u128>,
    long: Vec<Box<[u8]>>,
}

impl Serials {
    /// `octets` is the content of an INTEGER in its shortest form, so equal means the same.
    pub(super) fn insert(&mut self, octets: &[u8]) {
        let negative = octets.first().is_some_and(|octet| octet & 0x80 != 0);
        let magnitude = match octets {
            [0, rest @ ..] => rest,
            octets => octets,
        };
        if negative || magnitude.len() > 16 {
            self.long.push(octets.into());
        } else {
            self.short.push(magnitude.iter().fold(0, |n, &octet| n << 8 | u128::from(octet)));
        }
    }

    pub(super) fn duplicates(mut self) -> u64 {
        self.short.sort_unstable();
        self.long.sort_unstable();
        repeats(&self.short) + repeats(&self.long)
    }
}

/// How many elements of a sorted slice equal the one before them.
fn repeats<T: Ord>(sorted: &[T]) -> u64 {
    sorted.windows(2).filter(|pair| pair[0].cmp(&pair[1]) == Ordering::Equal).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_a_duplicate_however_far_away_and_however_long() {
        let mut serials = Serials::default();
        for octets in [&[1][..], &[0x00, 0xff], &[0xff], &[2], &[1], &[1; 20], &[3], &[1; 20], &[1]]
        {
            serials.insert(octets);
        }
        assert_eq!(serials.duplicates(), 3, "1 twice more, twenty ones once more, -1 is not 255");
    }
}
