//! Serial numbers that come twice among the unexpired certificates.
//!
//! ACM PCA writes no such records. Whatever their order, a certificate that any of them has as revoked is
//! revoked: a record that was added to the report hides no revocation.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

use super::super::Record;

/// What is known of the serial numbers so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Serials {
    /// By the hash of the serial number.
    seen: HashMap<u64, Seen, BuildHasherDefault<AsIs>>,
    /// Records that differ from the first one with their serial number.
    others: HashSet<(u64, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Half of the hash of the first record.
    first: u32,
    says: Says,
}

/// What records with one serial number say of its revocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Says(u8);

impl Says {
    const UNREVOKED: Self = Self(1);
    const REVOKED: Self = Self(2);
    const CA_COMPROMISE: Self = Self(4);
    const KEY_COMPROMISE: Self = Self(8);

    fn of(record: &Record<'_>) -> Self {
        if !record.is_revoked() {
            return Self::UNREVOKED;
        }
        match record.revocation_reason.as_deref() {
            Some("CERTIFICATE_AUTHORITY_COMPROMISE") => Self::REVOKED.and(Self::CA_COMPROMISE),
            Some("KEY_COMPROMISE") => Self::REVOKED.and(Self::KEY_COMPROMISE),
            _ => Self::REVOKED,
        }
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn is_unrevoked(self) -> bool {
        self.has(Self::UNREVOKED)
    }

    pub(super) fn is_revoked(self) -> bool {
        self.has(Self::REVOKED)
    }

    pub(super) fn is_ca_compromise(self) -> bool {
        self.has(Self::CA_COMPROMISE)
    }

    pub(super) fn is_key_compromise(self) -> bool {
        self.has(Self::KEY_COMPROMISE)
    }
}

/// A serial number that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    /// In the same record.
    Equal,
    /// In other records only, which said this.
    Different(Says),
}

impl Serials {
    /// Whether the serial number was there before.
    pub(super) fn see(&mut self, record: &Record<'_>) -> Option<Repeated> {
        let (serial, of_record, says) =
            (hash(&record.serial), hash(record) as u32, Says::of(record));
        let Some(seen) = self.seen.get_mut(&serial) else {
            self.seen.insert(serial, Seen { first: of_record, says });
            return None;
        };
        if seen.first == of_record || !self.others.insert((serial, of_record)) {
            return Some(Repeated::Equal);
        }
        let before = seen.says;
        seen.says = before.and(says);
        Some(Repeated::Different(before))
    }

    /// Whether one record has the serial number as revoked, and another has it as not revoked.
    pub(super) fn is_contradicted(&self, serial: &str) -> bool {
        let says = self.seen.get(&hash(serial)).map(|seen| seen.says);
        says.is_some_and(|says| says.is_revoked() && says.is_unrevoked())
    }
}

/// What is hashed already.
#[derive(Clone, Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

pub(super) fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
