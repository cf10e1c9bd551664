//! Eight octets for a serial: a CRL has millions of them.

use std::hash::{BuildHasher, RandomState};

use super::super::serials::short;

/// Makes fingerprints of serials, each by the same key.
///
/// Two serials have the same one by chance: among five million entries and a hundred million
/// records, once in some 40,000 comparisons. A CA that chooses its serials could have it so by will
/// if it knew the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprints([u64; 2]);

impl Default for Fingerprints {
    /// Always the same key, for CAs that draw serials at random, as ACM PCA does. What one invocation
    /// has marked, the next one finds.
    fn default() -> Self {
        Self([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344])
    }
}

impl Fingerprints {
    /// By a key that no CA knows.
    pub fn by_chance() -> Self {
        Self([RandomState::new().hash_one(0_u8), RandomState::new().hash_one(1_u8)])
    }

    /// Of the content of an INTEGER in its shortest form.
    #[inline]
    pub fn of(self, serial: &[u8]) -> u64 {
        match short(serial) {
            Some(number) => self.of_number(number),
            None => self.of_long(serial),
        }
    }

    /// Of a serial that is not negative and has at most 16 octets.
    #[inline]
    pub fn of_number(self, number: u128) -> u64 {
        let Self([first, second]) = self;
        let mixed = fold((number >> 64) as u64 ^ first, number as u64 ^ second);
        fold(mixed ^ first, ODD)
    }

    fn of_long(self, serial: &[u8]) -> u64 {
        let begun = self.0[1] ^ serial.len() as u64;
        serial.chunks(8).fold(begun, |mixed, octets| {
            let mut number = [0; 8];
            number[..octets.len()].copy_from_slice(octets);
            fold(mixed ^ u64::from_le_bytes(number), ODD ^ self.0[0])
        })
    }
}

/// 2^64 divided by the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The halves of a product, one over the other: each bit depends on all of both factors.
#[inline]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product >> 64) as u64 ^ product as u64
}
