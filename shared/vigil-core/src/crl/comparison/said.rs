//! What an entry says of its certificate.

use super::super::Entry;

/// In eight octets: a CRL has a million of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said(u64);

/// RFC 5280 §5.3.1
const UNSPECIFIED: u64 = 0;
const KEY_COMPROMISE: u64 = 1;
const CERTIFICATE_HOLD: u64 = 6;
const REMOVE_FROM_CRL: u64 = 8;

impl Said {
    /// 40 bits of seconds since 1950 hold every year up to 9999; 0 is none.
    const EPOCH: i64 = -631_152_000;
    const DATE_BITS: u32 = 40;
    /// The code plus one; 0 is none. Codes from 14 on count as one.
    const REASON_BITS: u32 = 4;

    #[inline]
    pub(super) fn of(entry: &Entry<'_>) -> Self {
        let date = entry.revoked_at.map_or(0, |at| (at - Self::EPOCH + 1).max(0).cast_unsigned());
        let reason = entry.reason.map_or(0, |code| code.min(14) + 1);
        let since = entry.invalid_since.map_or(0, short_hash);
        Self(date | reason << Self::DATE_BITS | since << (Self::DATE_BITS + Self::REASON_BITS))
    }

    /// In Unix seconds; long ago if it could not be read.
    #[inline]
    pub(super) fn revoked_at(self) -> i64 {
        let date = self.0 & ((1 << Self::DATE_BITS) - 1);
        if date == 0 { i64::MIN } else { date.cast_signed() + Self::EPOCH - 1 }
    }

    pub(super) fn reason(self) -> u64 {
        self.0 >> Self::DATE_BITS & ((1 << Self::REASON_BITS) - 1)
    }

    /// Whether it says why: unspecified is to be left out (RFC 5280 §5.3.1), and says the same as none.
    pub(super) fn has_reason(self) -> bool {
        self.reason() > UNSPECIFIED + 1
    }

    /// In a delta CRL: the entry leaves the complete one.
    pub(super) fn is_removal(self) -> bool {
        self.reason() == REMOVE_FROM_CRL + 1
    }

    pub(super) fn is_key_compromise(self) -> bool {
        self.reason() == KEY_COMPROMISE + 1
    }

    pub(super) fn is_hold(self) -> bool {
        self.reason() == CERTIFICATE_HOLD + 1
    }

    pub(super) fn invalid_since(self) -> u64 {
        self.0 >> (Self::DATE_BITS + Self::REASON_BITS)
    }
}

/// 20 bits of an invalidity date, never 0: one move in a million is not seen.
#[inline]
fn short_hash(date: i64) -> u64 {
    (date.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44).max(1)
}
