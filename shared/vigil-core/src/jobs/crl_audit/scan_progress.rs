//! What is recorded of the certificates that were read.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{certificate_traits::CertificateTraits, rules::crl::ScannedCertificates};

pub(super) mod interval;

use interval::Interval;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ScanProgress {
    #[serde(flatten)]
    pub(super) interval: Interval,
    /// Records of the newest audit report that could not be read: what they are about was not read.
    pub(super) unreadable: u64,
    /// Until when a certificate is valid whose names could not be read, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unknown_until: Option<i64>,
    /// What the certificates are that were read since this is counted, each once.
    #[serde(default, skip_serializing_if = "CertificateTraits::is_empty")]
    pub(super) traits: CertificateTraits,
}

impl ScanProgress {
    /// Everything that was issued before this, and is valid, was read, and the names in it are
    /// known; or why that is not so.
    pub(super) fn complete_until(&self, now: OffsetDateTime) -> Result<i64, &'static str> {
        if self.interval.from.is_some() {
            Err("not every valid certificate was read yet")
        } else if self.has_unknown(now) {
            Err("some certificates, or records of the audit report, could not be read")
        } else {
            Ok(self.interval.until.issued_at)
        }
    }

    fn has_unknown(&self, now: OffsetDateTime) -> bool {
        let now = now.unix_timestamp();
        self.unreadable > 0 || self.unknown_until.is_some_and(|until| until >= now)
    }

    /// For reports; `left` of the report's certificates are yet to be read.
    pub(super) fn report(&self, left: Option<u64>, now: OffsetDateTime) -> ScannedCertificates {
        let time = |second| OffsetDateTime::from_unix_timestamp(second).ok();
        let Interval { from, until } = &self.interval;
        ScannedCertificates {
            issued_after: from.as_ref().and_then(|from| time(from.issued_at)),
            issued_before: time(until.issued_at),
            left,
            has_unreadable: self.has_unknown(now),
        }
    }
}
