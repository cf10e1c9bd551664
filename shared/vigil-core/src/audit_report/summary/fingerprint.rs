//! What a report says of the past, as one number: reports never forget, so the next one must say the
//! same.
//!
//! It is a sum of digests, so the order of records does not matter, and it takes constant memory. That
//! makes it a check against reports that were cut or changed, not against an author who can choose many
//! records at will.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::super::Record;

/// The certificates that were issued up to a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Fingerprint {
    /// The moment, inclusive.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub until: OffsetDateTime,
    /// How many certificates.
    pub count: u64,
    /// The sum, modulo 2^128, of the first halves of the SHA-256 of `<serial> <issued> <end>`: the serial
    /// as the report writes it, the times in Unix seconds. In hexadecimal.
    #[serde(with = "hexadecimal")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub sum: u128,
}

/// Certificates that are issued in the last minutes before a report may be missing in it.
pub const SETTLED: Duration = Duration::minutes(10);

impl Fingerprint {
    pub(super) fn until(until: OffsetDateTime) -> Self {
        Self { until, count: 0, sum: 0 }
    }

    /// Of a report that was created at this time: up to ten minutes before.
    pub(super) fn of_report(created_at: OffsetDateTime) -> Self {
        Self::until(created_at - SETTLED)
    }

    /// Whether the record is one that it is made of.
    pub(super) fn concerns(&self, record: &Record<'_>) -> bool {
        record.issued_at <= self.until
    }

    pub(super) fn add(&mut self, of_record: u128) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(of_record);
    }

    /// What a record adds.
    pub(super) fn of(record: &Record<'_>) -> u128 {
        let (issued, end) = (record.issued_at.unix_timestamp(), record.not_after.unix_timestamp());
        let text = format!("{} {issued} {end}", record.serial);
        let digest = digest(&SHA256, text.as_bytes());
        digest.as_ref().iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
    }
}

mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{sum:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}
