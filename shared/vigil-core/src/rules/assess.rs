//! What `vigil assess` reports of restoration windows. restore-deadline has thresholds that pass
//! while it runs; a run by an operator has none, so it says how much time is left.

use crate::{
    commands::RESTORE,
    finding::{Kind, RuleInfo, Severity},
    rules::window,
};

/// The one there is.
pub const RULES: &[RuleInfo] = &[WINDOW];

/// A CA is DELETED and can still be restored.
pub(crate) const WINDOW: RuleInfo = RuleInfo {
    id: "assess.restoration-window",
    holds: "No CA is DELETED while it can still be restored.",
    cites: "AWS Private CA User Guide, Restore a private CA (RestorableUntil)",
    kinds: &WINDOW_KINDS,
};

/// The kinds of the rule, by the time that is left.
pub(crate) const WINDOW_KINDS: [Kind; 5] = window::kinds(
    TEXTS,
    "Lost at {restorable_until}: nothing that is in use. The CA never had a certificate of its own.",
);

const TEXTS: Kind = Kind {
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
