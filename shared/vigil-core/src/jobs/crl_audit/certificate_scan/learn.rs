//! What a scan adds to the audit state of a CA.

use time::OffsetDateTime;

use super::{Plan, Seen};
use crate::jobs::crl_audit::{audit_state::AuditState, scan_progress::ScanProgress};

impl Plan {
    /// Whether there is anything to record when so many were read. The report alone may say
    /// something new: that there is nothing more to read, say.
    pub(super) fn teaches(&self, scanned: usize) -> bool {
        let known = self.known.as_ref().map(|known| (&known.interval, known.unreadable));
        let after = self.after(scanned);
        let is_new =
            after.is_some() && after.as_ref().map(|after| (after, self.unreadable)) != known;
        scanned > 0 || self.begins_anew || is_new
    }
}

/// As many partitions as a CA with a hundred million certificates has; and a bound.
const MAX_POINTS: usize = 4_000;

impl AuditState {
    /// Adds what was learnt, and forgets what no valid certificate names any more. Another run may have
    /// learnt something meanwhile.
    pub(super) fn learn_certificates(&mut self, plan: &Plan, seen: &Seen, now: OffsetDateTime) {
        let mut unknown_until = seen.unknown_until;
        for (url, until) in &seen.points {
            if let Some(known) = self.points.get_mut(url) {
                *known = until.max(known).to_owned();
            } else if self.points.len() < MAX_POINTS {
                self.points.insert(url.clone(), *until);
            } else {
                unknown_until = unknown_until.max(Some(*until));
            }
        }
        let now = now.unix_timestamp();
        self.points.retain(|_, until| *until >= now);
        let known = self.certificate_scan.take().filter(|_| !plan.begins_anew);
        // Another run may have read the same certificates since the plan was made. They count once.
        let planned = plan.known.as_ref().filter(|_| !plan.begins_anew).map(|of| &of.interval);
        let is_first = known.as_ref().map(|of| &of.interval) == planned;
        let mut traits = known.as_ref().map(|of| of.traits.clone()).unwrap_or_default();
        if is_first {
            traits.join(&seen.traits);
        }
        self.certificate_scan = match (known, plan.after(seen.scanned)) {
            (known, None) => known,
            (None, Some(interval)) => {
                Some(ScanProgress { interval, unreadable: plan.unreadable, unknown_until, traits })
            }
            (Some(known), Some(interval)) => Some(ScanProgress {
                interval: known.interval.join(interval),
                unreadable: plan.unreadable,
                unknown_until: known.unknown_until.max(unknown_until),
                traits,
            }),
        };
    }
}
