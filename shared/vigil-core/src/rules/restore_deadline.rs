//! What restore-deadline reports about restoration windows.

use crate::{
    commands::{RESTORE, WHO_DELETED, restore},
    finding::{Kind, RuleInfo, Severity},
    rules::window,
};

/// In the order in which they come for one deletion.
pub const RULES: &[RuleInfo] = &[THRESHOLD, ACKNOWLEDGEMENT, GONE];

/// A deleted CA nears the end of its restoration window.
pub(crate) const THRESHOLD: RuleInfo = RuleInfo {
    id: "restore-deadline.threshold",
    holds: "No deleted CA nears the end of its restoration window unnoticed.",
    cites: "AWS Private CA User Guide, Restore a private CA (RestorableUntil)",
    kinds: &THRESHOLD_KINDS,
};

/// The kinds of the rule, by the time that is left.
pub(crate) const THRESHOLD_KINDS: [Kind; 5] = window::kinds(TEXTS, TEXTS.impact);

const TEXTS: Kind = Kind {
    id: "over-7-days",
    severity: Severity::Low,
    title: "{ca} is DELETED; it can be restored for {left}",
    what_happened: "{account} The restoration window of {ca} ({ca_id}) ends at {restorable_until}, in {left}. Threshold \
                    {threshold} has passed.",
    impact: "Lost at {restorable_until}: {lost}",
    what_to_do: "If the CA is still needed, restore it before {restorable_until}. {restoring_costs}. Restore it:",
    first_command: RESTORE,
};

/// An acknowledgement that is there, and does not count.
pub(crate) const ACKNOWLEDGEMENT: RuleInfo = RuleInfo {
    id: "restore-deadline.acknowledgement",
    holds: "Every acknowledgement of a deletion is signed with a key that the stack names.",
    cites: "docs/permitting-deletions.md, An acknowledgement; AWS KMS API Reference, Verify",
    kinds: &[NOT_AUTHENTIC],
};

pub(crate) const NOT_AUTHENTIC: Kind = Kind {
    id: "not-authentic",
    severity: Severity::High,
    title: "An acknowledgement of the deletion of {ca} does not count",
    what_happened: "{ca} ({ca_id}) is DELETED. Its acknowledgement does not count: {why}.",
    impact: "Alerts about {ca} are sent as if it had not been acknowledged.",
    what_to_do: "Find out which principal wrote the object. If it is no approver, take that permission away. If the CA is \
                 still needed, restore it:",
    first_command: concat!(
        restore!(),
        "\nIf an approver wrote the acknowledgement, an approver signs it again, until that date or an earlier one:\n  \
         vigil deadline ack {arn} --until {restorable_until} --by NAME --key APPROVER-KEY --evidence-bucket EVIDENCE-BUCKET"
    ),
};

/// A deleted CA cannot be restored any more.
pub(crate) const GONE: RuleInfo = RuleInfo {
    id: "restore-deadline.gone",
    holds: "A CA is permanently deleted only after its last alert, and not before its window ends.",
    cites: "AWS Private CA User Guide, Restore a private CA (RestorableUntil)",
    kinds: &[AS_ANNOUNCED, BEFORE_WINDOW_END, NEVER_CERTIFIED, UNANNOUNCED, UNPERMITTED],
};

pub(crate) const UNANNOUNCED: Kind = Kind {
    id: "unannounced",
    severity: Severity::Critical,
    title: "Deleted {ca} is permanently deleted, and its last alert was never sent",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. Its restoration window ended at {restorable_until}. \
                    restore-deadline did not send the last alert.",
    impact: "The key is lost. Certificates of {ca} can be neither revoked nor renewed, and when its last CRL expires, \
             relying parties that require a fresh one refuse them.",
    what_to_do: "It cannot be restored. Find out whether certificates below the CA are still in use, and replace them. \
                 Find out why restore-deadline did not alert: check its log, its dead-letter queue and its schedule. \
                 CloudTrail records who deleted the CA:",
    first_command: WHO_DELETED,
};

pub(crate) const BEFORE_WINDOW_END: Kind = Kind {
    id: "before-window-end",
    title: "Deleted {ca} is gone, {early} before its restoration window ends",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. It is not listed at {as_of}, although it should be \
                    restorable until {restorable_until}.",
    ..UNANNOUNCED
};

pub(crate) const AS_ANNOUNCED: Kind = Kind {
    id: "as-announced",
    severity: Severity::Informational,
    title: "Deleted {ca} is permanently deleted, as announced",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. Its restoration window ended at {restorable_until}. The \
                    last alert was sent.",
    what_to_do: "If this was intended, nothing. CloudTrail records who deleted the CA:",
    ..UNANNOUNCED
};

pub(crate) const UNPERMITTED: Kind = Kind {
    id: "unpermitted",
    title: "Deleted {ca} is permanently deleted, and its end was not permitted",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. Its restoration window ended at {restorable_until}. No \
                    approval that counts and no parameter permitted this deletion's end.",
    what_to_do: "It cannot be restored. Find out whether certificates below the CA are still in use, and replace them. \
                 Find out why the last resort did not restore it: its log, its schedule, its alarms. CloudTrail records \
                 who deleted the CA:",
    ..UNANNOUNCED
};

pub(crate) const NEVER_CERTIFIED: Kind = Kind {
    id: "never-certified",
    title: "{ca}, which never had a certificate, is permanently deleted",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. It is not listed at {as_of}. Its restoration window \
                    was to end at {restorable_until}.",
    impact: "None: the CA never had a certificate of its own, so it issued nothing.",
    ..AS_ANNOUNCED
};
