//! What auto-restore reports about deleted CAs.

use crate::{
    commands::{ACTIVATE, CSR, DESCRIBE, RESTORE, WHO_DELETED},
    finding::{Kind, RuleInfo, Severity},
};

/// In the order in which they can come for one deletion.
pub const RULES: &[RuleInfo] = &[
    RESTORED,
    DELETION_PERMITTED,
    ESCALATED,
    REFUSED,
    RESTORATION_UNVERIFIED,
    POLICIES_UNUSABLE,
    EVIDENCE_SUSPICIOUS,
    EVENTS_CONTRADICTORY,
    GONE,
    VANISHED,
];

/// A deleted CA was restored, by Vigil or by an operator.
pub(crate) const RESTORED: RuleInfo = RuleInfo {
    id: "auto-restore.restored",
    holds: "No CA is deleted unless a policy permits it.",
    cites: "AWS Private CA User Guide, Restore a private CA; the deletion policies of this account",
    kinds: &[
        RESTORED_ACTIVE,
        RESTORED_DISABLED,
        RESTORED_HELD,
        RESTORED_EXPIRED,
        RESTORED_OTHERWISE,
        RESTORED_PENDING,
    ],
};

pub(crate) const RESTORED_ACTIVE: Kind = Kind {
    id: "active",
    severity: Severity::High,
    title: "Restored, now ACTIVE{when}: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). {restorer} restored it{when}: {reason}. \
                    It is ACTIVE.",
    impact: "{ca} could not issue certificates from its disabling on, nor revoke any from {deleted_at} on. Since its \
             restoration it can do both.",
    what_to_do: "Nothing needs to be done for the CA. {ask} Find the call in CloudTrail:",
    first_command: WHO_DELETED,
};

pub(crate) const RESTORED_DISABLED: Kind = Kind {
    id: "disabled",
    title: "Restored, now DISABLED{when}: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). {restorer} restored it{when}: {reason}. \
                    It is DISABLED{because}.",
    impact: "{ca} issues no certificates until it is activated. Certificates that it issued stay valid.",
    what_to_do: "Unless the CA is marked as compromised (tag vigil:compromised, or an object under holds/), activate it \
                 if it is needed:",
    first_command: ACTIVATE,
    ..RESTORED_ACTIVE
};

pub(crate) const RESTORED_HELD: Kind = Kind {
    id: "held",
    title: "Restored, kept DISABLED as marked{when}: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). {restorer} restored it{when}: {reason}. \
                    It is DISABLED{because}.",
    impact: "{ca} issues no certificates. Certificates that it issued stay valid until they are revoked or expire.",
    what_to_do: "Do not activate the CA. Revoke its certificate at its parent. Then have the deletion approved, and \
                 delete the CA again. Show the CA:",
    first_command: DESCRIBE,
    ..RESTORED_ACTIVE
};

pub(crate) const RESTORED_EXPIRED: Kind = Kind {
    id: "expired",
    title: "Restored, now EXPIRED{when}: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). {restorer} restored it{when}: {reason}. \
                    Its own certificate has expired.",
    impact: "{ca} issues no certificates until a new certificate for its key is imported.",
    what_to_do: "If the CA is needed, have its request signed again and import the new certificate. Get the request:",
    first_command: CSR,
    ..RESTORED_ACTIVE
};

pub(crate) const RESTORED_PENDING: Kind = Kind {
    id: "pending-certificate",
    title: "Restored, now PENDING_CERTIFICATE{when}: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). {restorer} restored it{when}: {reason}. \
                    It is PENDING_CERTIFICATE, as before.",
    impact: "None for certificates: {ca} has never issued any.",
    what_to_do: "If the CA is needed, have its request signed and import the certificate. Get the request:",
    first_command: CSR,
    ..RESTORED_ACTIVE
};

pub(crate) const RESTORED_OTHERWISE: Kind = Kind {
    id: "other-status",
    title: "Restored, now {status}{when}: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). {restorer} restored it{when}: {reason}. \
                    It is {status}.",
    impact: "{ca} may not be able to issue certificates.",
    what_to_do: "Check the state of the CA:",
    first_command: DESCRIBE,
    ..RESTORED_ACTIVE
};

/// A policy permitted the deletion.
pub(crate) const DELETION_PERMITTED: RuleInfo = RuleInfo {
    id: "auto-restore.deletion-permitted",
    holds: "A deletion that a policy permits is reported, and not undone.",
    cites: "AWS Private CA User Guide, Delete your private CA; the deletion policies of this account",
    kinds: &[PERMITTED],
};

pub(crate) const PERMITTED: Kind = Kind {
    id: "permitted",
    severity: Severity::Informational,
    title: "Permitted by policy: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). Policy permits it ({policies}).",
    impact: "{ca} can neither issue nor revoke certificates. It is permanently deleted at {restorable_until}. If \
             LastResort is true, the last resort restores it within two hours before, unless an approval is signed or \
             PermittedDeletions names the deletion.",
    what_to_do: "If this was intended, nothing. Until {restorable_until}, the CA can be restored:",
    first_command: RESTORE,
};

/// Vigil leaves the decision to an operator.
pub(crate) const ESCALATED: RuleInfo = RuleInfo {
    id: "auto-restore.escalated",
    holds: "Vigil can decide about every deletion without an operator.",
    cites: "AWS Private CA User Guide, Restore a private CA; the deletion policies of this account",
    kinds: &[DELETED_AGAIN, OBSERVED, POLICY_ASKS],
};

pub(crate) const DELETED_AGAIN: Kind = Kind {
    id: "deleted-again",
    severity: Severity::Critical,
    title: "Not restored yet: {by_short} deleted {ca} again after {restorations}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}) again, after {restorations} within a day. Vigil \
                    restores it after a pause of one to eight hours. If RestoresPerDay is 0, it does not.",
    impact: "{ca} can neither issue nor revoke certificates. It is permanently deleted at {restorable_until} unless \
             it is restored.",
    what_to_do: "Find out who or what deletes the CA, and stop it. Then restore the CA without waiting for the end of \
                 the pause:",
    first_command: RESTORE,
};

pub(crate) const OBSERVED: Kind = Kind {
    id: "observed",
    severity: Severity::Critical,
    title: "Not restored, as Vigil only observes: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). Vigil would have restored it: \
                    {reason}. The stack's parameter Mode is observe.",
    impact: "{ca} can neither issue nor revoke certificates. It is permanently deleted at {restorable_until} unless \
             it is restored.",
    what_to_do: "If the CA is still needed, restore it yourself. If Vigil is to do so, deploy the stack with \
                 Mode=enforce: the next sweep judges the deletion again. Restore it:",
    first_command: RESTORE,
};

pub(crate) const POLICY_ASKS: Kind = Kind {
    id: "policy-asks",
    severity: Severity::High,
    title: "Decide whether to restore: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). Policy leaves the decision to an operator \
                    ({policies}).",
    impact: "{ca} can neither issue nor revoke certificates. It is permanently deleted at {restorable_until} unless \
             it is restored.",
    what_to_do: "If the CA is still needed, restore it:",
    first_command: RESTORE,
};

/// AWS denied the restoration.
pub(crate) const REFUSED: RuleInfo = RuleInfo {
    id: "auto-restore.refused",
    holds: "Vigil may restore CAs.",
    cites: "AWS Private CA API Reference, RestoreCertificateAuthority",
    kinds: &[DENIED],
};

pub(crate) const DENIED: Kind = Kind {
    id: "denied",
    severity: Severity::Critical,
    title: "AWS denied Vigil the restoration of {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). Vigil must restore it, and AWS denied the call \
                    (acm-pca:RestoreCertificateAuthority).",
    impact: "{ca} can neither issue nor revoke certificates. It is permanently deleted at {restorable_until} unless \
             it is restored.",
    what_to_do: "Restore the CA yourself. Then allow the role of auto-restore acm-pca:RestoreCertificateAuthority; an \
                 SCP or a permissions boundary may deny it. Vigil tries again with every sweep. Restore it:",
    first_command: RESTORE,
};

/// A restored CA has not proved that its key works.
pub(crate) const RESTORATION_UNVERIFIED: RuleInfo = RuleInfo {
    id: "auto-restore.restoration-unverified",
    holds: "A restored CA signs a CRL soon after its restoration.",
    cites: "AWS Private CA User Guide, Set up a CRL",
    kinds: &[NO_CRL],
};

pub(crate) const NO_CRL: Kind = Kind {
    id: "no-crl",
    severity: Severity::High,
    title: "{ca} was restored, and has signed no CRL since {restored_at}",
    what_happened: "{ca} ({ca_id}) was restored at {restored_at}. Its newest CRL is of {newest_crl}. Checked at {as_of}.",
    impact: "New revocations by {ca} are not published. When its CRL expires, relying parties that require a fresh CRL \
             refuse every certificate of it.",
    what_to_do: "Read the findings of crl-audit for the CA and its bucket: the bucket may be gone, or may refuse ACM \
                 PCA. If there are none, ask AWS Support whether the key works. Show the CA:",
    first_command: DESCRIBE,
};

/// The policies could not decide.
pub(crate) const POLICIES_UNUSABLE: RuleInfo = RuleInfo {
    id: "auto-restore.policies-unusable",
    holds: "The deletion policies in the evidence bucket load.",
    cites: "Cedar Policy Language Reference Guide, Policy validation",
    kinds: &[INVALID],
};

pub(crate) const INVALID: Kind = Kind {
    id: "invalid",
    severity: Severity::Critical,
    title: "The deletion policies do not load; built-in ones decided about {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca} ({ca_id}). The policies under policies/ in the evidence bucket \
                    do not load: {problem}. The built-in policies decided.",
    impact: "Your own policies have no effect on this and every further deletion.",
    what_to_do: "Read the set that does not load:",
    first_command: "aws s3 cp s3://EVIDENCE-BUCKET/policies/set.json -\n\
                    Correct your policy files in FOLDER (infra/policies/schema.cedarschema lists what they can use), and \
                    check them:\n  vigil policy check FOLDER\n\
                    Have a publisher sign them as the new set, with its key in place of PUBLISHER-KEY:\n  \
                    vigil policy publish FOLDER --author NAME --key PUBLISHER-KEY --evidence-bucket EVIDENCE-BUCKET",
};

/// Objects of the evidence bucket counted as absent, or it took no record.
pub(crate) const EVIDENCE_SUSPICIOUS: RuleInfo = RuleInfo {
    id: "auto-restore.evidence-suspicious",
    holds: "Every object of the evidence bucket can be read, and its content is plausible.",
    cites: "Amazon S3 User Guide, Working with objects; ARCHITECTURE.md, The evidence bucket",
    kinds: &[UNUSABLE, UNWRITABLE],
};

pub(crate) const UNUSABLE: Kind = Kind {
    id: "unusable",
    severity: Severity::High,
    title: "Vigil ignored an object about {ca} that it cannot use",
    what_happened: "{by_short} deleted {ca} ({ca_id}) at {deleted_at}. These objects counted as absent: {objects}.",
    impact: "What does not count permits nothing. If one of the objects was an approval, the deletion was judged \
             without it.",
    what_to_do: "Find out who wrote each object: its versions have the times, and the trail's data events, if it logs \
                 those of the bucket, have the principals. Show the versions:",
    first_command: "aws s3api list-object-versions --bucket EVIDENCE-BUCKET --prefix {object}",
};

pub(crate) const UNWRITABLE: Kind = Kind {
    id: "unwritable",
    severity: Severity::Critical,
    title: "{ca} is restored, and the evidence bucket takes no record",
    what_happened: "{by_short} deleted {ca} ({ca_id}) at {deleted_at}. Vigil restored it without a record: {cause}.",
    impact: "No case says what was decided about this deletion. Until the bucket can be written, nothing that Vigil \
             does is on record.",
    what_to_do: "Find out what refuses the write: the bucket's policy, its key, or the role of auto-restore. Show the \
                 policy:",
    first_command: "aws s3api get-bucket-policy --bucket EVIDENCE-BUCKET --query Policy --output text\n\
                    Show which key encrypts the objects:\n  \
                    aws s3api get-bucket-encryption --bucket EVIDENCE-BUCKET\n\
                    If a change beside CloudFormation is the cause, revert the drift (docs/runbook.md).",
};

/// One deletion has two events, or the event history contradicts the event.
pub(crate) const EVENTS_CONTRADICTORY: RuleInfo = RuleInfo {
    id: "auto-restore.events-contradictory",
    holds: "Every deletion has one event, and CloudTrail's event history has the same.",
    cites: "AWS CloudTrail User Guide, CloudTrail record contents; AWS CloudTrail API Reference, LookupEvents",
    kinds: &[CONTRADICTORY],
};

pub(crate) const CONTRADICTORY: Kind = Kind {
    id: "contradictory",
    severity: Severity::Critical,
    title: "The events of the deletion of {ca} contradict each other",
    what_happened: "{ca} ({ca_id}) was deleted at {deleted_at}. Its events contradict each other: {why}. No policy was \
                    asked, and the CA is restored.",
    impact: "A principal may have invoked auto-restore with an event of its own, to have the deletion permitted.",
    what_to_do: "Find out who may invoke auto-restore (lambda:InvokeFunction), and who did. CloudTrail records who deleted \
                 the CA:",
    first_command: WHO_DELETED,
};

/// A deleted CA is beyond restoration.
pub(crate) const GONE: RuleInfo = RuleInfo {
    id: "auto-restore.gone",
    holds: "A deleted CA can be restored when Vigil learns of its deletion.",
    cites: "AWS Private CA User Guide, Restore a private CA",
    kinds: &[PERMANENTLY_DELETED],
};

pub(crate) const PERMANENTLY_DELETED: Kind = Kind {
    id: "permanently-deleted",
    severity: Severity::Critical,
    title: "Permanently deleted: {by_short} deleted {ca}",
    what_happened: "At {deleted_at}, {who} deleted {ca}. At {as_of}, it could no longer be restored.",
    impact: "The key is lost. Certificates of {ca} can be neither revoked nor renewed, and when its last CRL expires, \
             relying parties that require a fresh one refuse them. A CA that was CREATING or FAILED has no window, and \
             issued nothing.",
    what_to_do: "It cannot be restored. Replace every certificate below the CA, and find out why the event came after \
                 the end of the restoration window. Find the call in CloudTrail:",
    first_command: WHO_DELETED,
};

/// A CA is no longer listed, and was never seen DELETED.
pub(crate) const VANISHED: RuleInfo = RuleInfo {
    id: "auto-restore.vanished",
    holds: "Every CA of the last inventory is still listed, or was seen as DELETED.",
    cites: "AWS Private CA API Reference, ListCertificateAuthorities",
    kinds: &[HAD_CERTIFICATE, NEVER_CERTIFIED],
};

pub(crate) const HAD_CERTIFICATE: Kind = Kind {
    id: "had-certificate",
    severity: Severity::Critical,
    title: "{ca} is permanently deleted, and no alert was sent",
    what_happened: "{ca} ({ca_id}) was {last_status} at {last_seen} and is not listed at {as_of}. Vigil never saw it as \
                    DELETED, so it did not run for the restoration window of at least seven days.",
    impact: "The key is lost. Certificates of {ca} can be neither revoked nor renewed, and when its last CRL expires, \
             relying parties that require a fresh one refuse them.",
    what_to_do: "It cannot be restored. Replace every certificate below the CA, and find out why neither auto-restore \
                 nor restore-deadline ran. CloudTrail records who deleted it:",
    first_command: WHO_DELETED,
};

pub(crate) const NEVER_CERTIFIED: Kind = Kind {
    id: "never-certified",
    severity: Severity::Informational,
    title: "{ca}, which never had a certificate, is permanently deleted",
    what_happened: "{ca} ({ca_id}) was {last_status} at {last_seen} and is not listed at {as_of}.",
    impact: "None: the CA never had a certificate of its own, so it issued nothing.",
    what_to_do: "Nothing. CloudTrail records who deleted it:",
    ..HAD_CERTIFICATE
};
