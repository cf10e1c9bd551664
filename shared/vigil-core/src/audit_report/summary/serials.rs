//! Serial numbers that come twice among the unexpired certificates.
//!
//! ACM PCA writes no such records, so what is counted must hide nothing, whatever their order is: each
//! record is counted. But a revoked record and an unrevoked one that differ in nothing else are of one
//! certificate, which is revoked.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher},
};

use super::super::{Record, brief::sixteen};

/// What is known of the serial numbers so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Serials {
    /// The first record of each, by the hash of the serial number.
    seen: HashMap<u64, Seen, BuildHasherDefault<AsIs>>,
    /// Records that differ from the first one with their serial number.
    others: HashSet<(u64, Seen)>,
    /// Of these serial numbers, what was said of the revocation of each certificate.
    said: HashMap<(u64, u32), Says>,
}

/// A record without its serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Seen {
    /// A hash of all but the revocation.
    certificate: u32,
    /// Zero: it is not revoked.
    revocation: u32,
}

impl Seen {
    fn of(record: &Record<'_>) -> Self {
        let Record { revoked_at, revocation_reason, .. } = record;
        let revocation =
            if record.is_revoked() { hash((revoked_at, revocation_reason)) as u32 | 1 } else { 0 };
        let certificate = hash((
            &record.aws_account_id,
            &record.requested_by_service_principal,
            &record.certificate_arn,
            &record.subject,
            [record.not_before, record.not_after, record.issued_at],
            &record.template_arn,
        )) as u32;
        Self { certificate, revocation }
    }

    fn is_revoked(self) -> bool {
        self.revocation != 0
    }

    fn says(self) -> Says {
        Says { revoked: self.is_revoked(), unrevoked: !self.is_revoked() }
    }
}

/// What the records of one certificate say of its revocation.
#[derive(Clone, Copy, Debug, Default)]
struct Says {
    revoked: bool,
    unrevoked: bool,
}

/// A serial number that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    /// In the same record.
    Equal,
    /// In a record that differs in nothing but that the certificate is not revoked.
    Unrevoked,
    /// In a record that differs in nothing but that the certificate is revoked.
    Revoked,
    /// In records of another certificate, or of another revocation.
    Another,
}

impl Serials {
    /// Whether the serial number was there before.
    pub(super) fn see(&mut self, record: &Record<'_>) -> Option<Repeated> {
        let (serial, this) = (hash_serial(&record.serial), Seen::of(record));
        let Some(first) = self.seen.get(&serial).copied() else {
            self.seen.insert(serial, this);
            return None;
        };
        if first == this || !self.others.insert((serial, this)) {
            return Some(Repeated::Equal);
        }
        let is_of_first = first.certificate == this.certificate;
        let by_first = if is_of_first { first.says() } else { Says::default() };
        let said = self.said.entry((serial, this.certificate)).or_insert(by_first);
        let before = *said;
        let Says { revoked, unrevoked } = this.says();
        *said = Says { revoked: before.revoked | revoked, unrevoked: before.unrevoked | unrevoked };
        Some(match this.is_revoked() {
            true if before.unrevoked && !before.revoked => Repeated::Unrevoked,
            false if before.revoked => Repeated::Revoked,
            _ => Repeated::Another,
        })
    }
}

/// A hash of the number, in whatever way it is written: with colons or without, in letters of either
/// case, with zeros before it.
fn hash_serial(text: &str) -> u64 {
    let usual = text.as_bytes().try_into().ok().and_then(sixteen);
    if let Some(number) = usual.or_else(|| number(text)) {
        return hash(number);
    }
    // A longer one, or none at all.
    let mut hasher = DefaultHasher::new();
    let digits = text.bytes().filter(|byte| *byte != b':').skip_while(|byte| *byte == b'0');
    digits.for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    hasher.finish()
}

fn number(text: &str) -> Option<u128> {
    text.chars().filter(|character| *character != ':').try_fold(0_u128, |number, character| {
        let digit = character.to_digit(16)?;
        (number >> 124 == 0).then_some(number << 4 | u128::from(digit))
    })
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

#[cfg(test)]
mod tests {
    use super::hash_serial;

    #[test]
    fn a_serial_is_one_number_in_each_of_its_forms() {
        let long = "1".repeat(40);
        let (with_colons, without) = (format!("00:{long}:Ab"), format!("{long}aB"));
        for (one, other) in [
            ("00:AB:0c", "ab0C"),
            ("0:0", ""),
            ("00:00:00:00:00:00:00:00:00:00:00:00:00:00:AB:0c", "ab:0c"),
            (with_colons.as_str(), without.as_str()),
        ] {
            assert_eq!(hash_serial(one), hash_serial(other), "{one} {other}");
        }
        for (one, other) in [("ab", "ba"), ("a", "a0"), ("xy", "yx"), (&long[..], &long[1..])] {
            assert_ne!(hash_serial(one), hash_serial(other), "{one} {other}");
        }
    }
}
