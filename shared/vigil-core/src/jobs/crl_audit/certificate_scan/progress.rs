//! What is remembered of the certificates that were looked at.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Plan, Seen, interval::Interval};
use crate::{jobs::crl_audit::audit_state::AuditState, rules::crl::ScannedCertificates};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in super::super) struct ScanProgress {
    #[serde(flatten)]
    pub(super) interval: Interval,
    /// Records of the newest audit report that could not be read: what they are about was not
    /// looked at.
    pub(super) unreadable: u64,
    /// Until when a certificate is valid that did not tell what it names, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unknown_until: Option<i64>,
}

impl ScanProgress {
    /// Everything that was issued before this, and is valid, was looked at and told what it names;
    /// or why that is not so.
    pub(in super::super) fn complete_until(
        &self,
        now: OffsetDateTime,
    ) -> Result<i64, &'static str> {
        if self.interval.from.is_some() {
            Err("not every valid certificate was looked at yet")
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

    /// For people; `left` of the report's certificates are yet to be looked at.
    pub(in super::super) fn tell(
        &self,
        left: Option<u64>,
        now: OffsetDateTime,
    ) -> ScannedCertificates {
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

impl Plan {
    /// Whether there is anything to remember when so many were looked at. The report alone may say
    /// something new: that there is nothing more to look at, say.
    pub(super) fn teaches(&self, scanned: usize) -> bool {
        let known = self.known.as_ref().map(|known| (&known.interval, known.unreadable));
        let after = self.after(scanned);
        let is_new =
            after.is_some() && after.as_ref().map(|after| (after, self.unreadable)) != known;
        scanned > 0 || self.begins_anew || is_new
    }
}

/// As many partitions as a CA with a hundred million certificates has; and a bound.
const MOST_POINTS: usize = 4_000;

impl AuditState {
    /// Adds what was learnt, and forgets what no valid certificate names any more. Another run may have
    /// learnt something meanwhile.
    pub(super) fn learn_certificates(&mut self, plan: &Plan, seen: &Seen, now: OffsetDateTime) {
        let mut unknown_until = seen.unknown_until;
        for (url, until) in &seen.points {
            if let Some(known) = self.points.get_mut(url) {
                *known = until.max(known).to_owned();
            } else if self.points.len() < MOST_POINTS {
                self.points.insert(url.clone(), *until);
            } else {
                unknown_until = unknown_until.max(Some(*until));
            }
        }
        let now = now.unix_timestamp();
        self.points.retain(|_, until| *until >= now);
        let known = self.certificate_scan.take().filter(|_| !plan.begins_anew);
        self.certificate_scan = match (known, plan.after(seen.scanned)) {
            (known, None) => known,
            (None, Some(interval)) => {
                Some(ScanProgress { interval, unreadable: plan.unreadable, unknown_until })
            }
            (Some(known), Some(interval)) => Some(ScanProgress {
                interval: known.interval.join(interval),
                unreadable: plan.unreadable,
                unknown_until: known.unknown_until.max(unknown_until),
            }),
        };
    }
}
