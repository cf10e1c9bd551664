//! What `vigil assess` reports of restoration windows. restore-deadline has thresholds that pass
//! while it runs; a run by an operator has none, so it says how much time is left.

use crate::{
    commands::RESTORE,
    finding::{Kind, RuleInfo, Severity},
};

/// The one there is.
pub const RULES: &[RuleInfo] = &[WINDOW];

/// A CA is DELETED and can still be restored.
pub(crate) const WINDOW: RuleInfo = RuleInfo {
    id: "assess.restoration-window",
    holds: "No CA is DELETED while it can still be restored.",
    cites: "AWS Private CA User Guide, Restore a private CA (RestorableUntil)",
    kinds: &[NO_CERTIFICATE, OVER_7_DAYS, WITHIN_7_DAYS, WITHIN_1_DAY, WITHIN_6_HOURS],
};

pub(crate) const OVER_7_DAYS: Kind = Kind {
    id: "over-7-days",
    severity: Severity::Low,
    title: "{ca} is DELETED and can be restored for {left}",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. Its restoration window ends at {restorable_until}, \
                    in {left}.",
    impact: "Lost at {restorable_until}: the key, and with it CRLs, OCSP answers, revocation and renewal for \
             everything below the CA: {lost}.",
    what_to_do: "If the CA is still needed, restore it before {restorable_until}. AWS charges for the time that \
                 it was deleted. Restore it:",
    first_command: RESTORE,
};

pub(crate) const WITHIN_7_DAYS: Kind =
    Kind { id: "within-7-days", severity: Severity::Medium, ..OVER_7_DAYS };

pub(crate) const WITHIN_1_DAY: Kind =
    Kind { id: "within-1-day", severity: Severity::High, ..OVER_7_DAYS };

pub(crate) const WITHIN_6_HOURS: Kind =
    Kind { id: "within-6-hours", severity: Severity::Critical, ..OVER_7_DAYS };

/// A CA that never had a certificate is no loss.
pub(crate) const NO_CERTIFICATE: Kind = Kind {
    id: "no-certificate",
    severity: Severity::Informational,
    impact: "Lost at {restorable_until}: nothing that is in use. The CA never had a certificate of its own.",
    ..OVER_7_DAYS
};
