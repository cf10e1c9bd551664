//! A serial that is kept for later.

use super::super::Serial;

/// RFC 5280 §4.1.2.2 has 20 octets at most, and a sign may be one more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits {
    length: u8,
    octets: [u8; 21],
}

impl Digits {
    pub(super) fn of(serial: &[u8]) -> Self {
        let mut octets = [0; 21];
        let length = serial.len().min(octets.len());
        octets[..length].copy_from_slice(&serial[..length]);
        Self { length: u8::try_from(length).unwrap_or(21), octets }
    }

    pub(super) fn serial(&self) -> Serial<'_> {
        Serial::of(&self.octets[..usize::from(self.length)])
    }
}
