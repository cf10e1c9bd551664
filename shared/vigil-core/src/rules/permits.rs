//! What auto-restore reports about the objects that permit deletions and decide about them.

use crate::finding::{Kind, RuleInfo, Severity};

/// In the order of docs/rules.md.
pub const RULES: &[RuleInfo] = &[POLICIES_CHANGED, PERMIT_ADDED];

/// Another set of policies decides, or none does that did before.
pub(crate) const POLICIES_CHANGED: RuleInfo = RuleInfo {
    id: "auto-restore.policies-changed",
    holds: "The set of deletion policies is the one that decided before.",
    cites: "docs/permitting-deletions.md; AWS Private CA User Guide, Delete your private CA",
    kinds: &[POLICIES_REPLACED, POLICIES_NOT_COUNTED],
};

pub(crate) const POLICIES_REPLACED: Kind = Kind {
    id: "replaced",
    severity: Severity::High,
    title: "Version {version} of the deletion policies decides now",
    what_happened: "Version {version} of {key}, which names {author} as its author and is signed with {keys}, has taken \
                    the place of {from}. Its files: {files}. Seen at {as_of}.",
    impact: "These policies decide about every further deletion.",
    what_to_do: "Nothing, if the change was intended. Otherwise publish the former policies with a higher version, and \
                 find out who signed. Read the set:",
    first_command: "aws s3 cp s3://EVIDENCE-BUCKET/{key} -",
};

pub(crate) const POLICIES_NOT_COUNTED: Kind = Kind {
    id: "not-counted",
    severity: Severity::Critical,
    title: "The deletion policies in the evidence bucket do not count; the built-in ones decide",
    what_happened: "The policies in the evidence bucket do not count: {why}. Seen at {as_of}.",
    impact: "The built-in policies decide about every further deletion.",
    what_to_do: "Find out who wrote or removed {key}: the trail's data events have it. Publish the set anew with a \
                 higher version. The versions of the object:",
    first_command: "aws s3api list-object-versions --bucket EVIDENCE-BUCKET --prefix {key}",
};

/// An approval or acknowledgement was written.
pub(crate) const PERMIT_ADDED: RuleInfo = RuleInfo {
    id: "auto-restore.permit-added",
    holds: "Every approval and acknowledgement was reported when it was first seen.",
    cites: "docs/permitting-deletions.md; AWS Private CA User Guide, Delete your private CA",
    kinds: &[ACKNOWLEDGEMENT_ADDED, APPROVAL_ADDED],
};

pub(crate) const APPROVAL_ADDED: Kind = Kind {
    id: "approval",
    severity: Severity::High,
    title: "An approval by {by} of the deletion of {ca} was written",
    what_happened: "{key} in the evidence bucket was written or changed. It names {by} as the approver, which is not \
                    verified, and {signed}. Seen at {as_of}. Whether the signatures count is checked when the CA is \
                    deleted.",
    impact: "If they count, {ca} ({ca_id}) can be deleted, and is lost at the end of its restoration window.",
    what_to_do: "Nothing, if the approval was intended. Otherwise remove the object. Read it:",
    first_command: "aws s3 cp s3://EVIDENCE-BUCKET/{key} -",
};

pub(crate) const ACKNOWLEDGEMENT_ADDED: Kind = Kind {
    id: "acknowledgement",
    title: "An acknowledgement by {by} of the deletion of {ca} was written",
    what_happened: "{key} in the evidence bucket was written or changed. It names {by}, which is not verified, and \
                    {signed}. Seen at {as_of}. Whether the signatures count is checked before each alert.",
    impact: "If they count, no alert but the last is sent while the restoration window of {ca} ({ca_id}) runs out.",
    what_to_do: "Nothing, if the acknowledgement was intended. Otherwise remove the object. Read it:",
    ..APPROVAL_ADDED
};
