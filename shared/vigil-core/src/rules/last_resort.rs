//! What the last resort reports.

use crate::{
    commands::RESTORE,
    finding::{Kind, RuleInfo, Severity},
};

/// The one there is.
pub const RULES: &[RuleInfo] = &[RESTORED];

/// A CA was restored in the last hours of its window.
pub(crate) const RESTORED: RuleInfo = RuleInfo {
    id: "last-resort.restored",
    holds: "No CA that is still DELETED in the last two hours of its window is lost without a permit.",
    cites: "AWS Private CA User Guide, Restore a private CA (RestorableUntil)",
    kinds: &[OBSERVED, TAKEN_BACK],
};

pub(crate) const OBSERVED: Kind = Kind {
    id: "observed",
    severity: Severity::Critical,
    title: "{ca} is about to be lost; the last resort would restore it, and only observes",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. At {as_of} its window was about to end, at \
                    {restorable_until}. {no_permit} the last resort would have restored the CA; the stack's parameter \
                    Mode is observe.",
    impact: "The key of {ca} is lost at {restorable_until}. Its certificates can then be neither revoked nor renewed.",
    what_to_do: "If the CA is still needed, restore it now. Every run publishes this again until it is restored, \
                 permitted or lost. Restore it:",
    first_command: RESTORE,
};

pub(crate) const TAKEN_BACK: Kind = Kind {
    id: "taken-back",
    severity: Severity::Critical,
    title: "{ca} was about to be lost; the last resort restored it, now {status}",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. At {as_of} its window was about to end, at \
                    {restorable_until}. {no_permit} the last resort restored the CA. It is {status}.",
    impact: "{ca} is not lost. Until it is ACTIVE again, it issues no certificates.",
    what_to_do: "If a policy alone permitted the deletion, this is how it ends. Otherwise find out why auto-restore and \
                 restore-deadline did not restore it earlier. CloudTrail records who deleted it:",
    first_command: "aws cloudtrail lookup-events --region {region} --lookup-attributes \
                    AttributeKey=EventName,AttributeValue=DeleteCertificateAuthority\n\
                    If the CA is needed, and is not marked as compromised (tag vigil:compromised, or an object under \
                    holds/), make it ACTIVE:\n  \
                    aws acm-pca update-certificate-authority --certificate-authority-arn {arn} --region {region} --status ACTIVE\n\
                    If the deletion was intended, an approver signs it, and another role deletes the CA again within seven \
                    days:\n  \
                    vigil approve {arn} --by NAME --reason REASON --key APPROVER-KEY --evidence-bucket EVIDENCE-BUCKET",
};
