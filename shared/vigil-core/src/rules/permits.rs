//! What auto-restore reports about the objects that permit deletions and decide about them.

use crate::{
    commands::restore,
    finding::{Kind, RuleInfo, Severity},
};

/// How a set takes the place of another one: the end of what to do.
macro_rules! publish {
    () => {
        ". HIGHER is a version above each that was there, and PUBLISHER-KEY the key of the publishers:\n  \
         vigil policy publish FOLDER --at-least HIGHER --author NAME --key PUBLISHER-KEY --evidence-bucket EVIDENCE-BUCKET"
    };
}

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
    what_to_do: "Nothing, if the change was intended. Otherwise find out who signed. Read the set:",
    first_command: concat!(
        "aws s3 cp s3://EVIDENCE-BUCKET/{key} -\nPublish the former policies, which are in FOLDER",
        publish!()
    ),
};

pub(crate) const POLICIES_NOT_COUNTED: Kind = Kind {
    id: "not-counted",
    severity: Severity::Critical,
    title: "The deletion policies in the evidence bucket do not count; the built-in ones decide",
    what_happened: "The policies in the evidence bucket do not count: {why}. Seen at {as_of}.",
    impact: "The built-in policies decide about every further deletion.",
    what_to_do: "Find out who wrote or removed {key}: the trail's data events have it, if it logs those of the bucket. Show \
                 the versions:",
    first_command: concat!(
        "aws s3api list-object-versions --bucket EVIDENCE-BUCKET --prefix {key}\nPublish the set anew, of the files in FOLDER",
        publish!()
    ),
};

/// An approval or acknowledgement was written.
pub(crate) const PERMIT_ADDED: RuleInfo = RuleInfo {
    id: "auto-restore.permit-added",
    holds: "Every approval and acknowledgement was reported when it was first seen.",
    cites: "docs/permitting-deletions.md; AWS Private CA User Guide, Delete your private CA",
    kinds: &[ACKNOWLEDGEMENT_ADDED, APPROVAL_ADDED, PERMIT_NOT_COUNTED],
};

pub(crate) const APPROVAL_ADDED: Kind = Kind {
    id: "approval",
    severity: Severity::High,
    title: "An approval of the deletion of {ca} was written",
    what_happened: "{key} in the evidence bucket was written or changed. It is signed with {signers}; the signatures are \
                    valid. It names {by} as the approver, a text that the signer has chosen. Seen at {as_of}. Vigil \
                    verifies it again when the CA is deleted.",
    impact: "While it is valid, {ca} ({ca_id}) can be deleted, and is permanently deleted at the end of its restoration \
             window.",
    what_to_do: "Nothing, if the approval was intended. Read it:",
    first_command: concat!(
        "aws s3 cp s3://EVIDENCE-BUCKET/{key} -\n\
         If it was not, remove it:\n  aws s3 rm s3://EVIDENCE-BUCKET/{key}\n\
         If the CA is DELETED already, restore it, too:\n  ",
        restore!()
    ),
};

pub(crate) const ACKNOWLEDGEMENT_ADDED: Kind = Kind {
    id: "acknowledgement",
    title: "An acknowledgement of the deletion of {ca} was written",
    what_happened: "{key} in the evidence bucket was written or changed. It is signed with {signers}; the signatures are \
                    valid. It names {by}, a text that the signer has chosen. Seen at {as_of}. Vigil verifies it again \
                    before each alert.",
    impact: "While it is valid, no alert but the last is sent while the restoration window of {ca} ({ca_id}) runs out.",
    what_to_do: "Nothing, if the acknowledgement was intended. Read it:",
    ..APPROVAL_ADDED
};

/// Nothing of the object is in it: its author may be any principal that can write there.
pub(crate) const PERMIT_NOT_COUNTED: Kind = Kind {
    id: "not-counted",
    severity: Severity::Medium,
    title: "An approval or acknowledgement that does not count: {ca}",
    what_happened: "{key} in the evidence bucket was written or changed, and it does not count: {why}. Vigil shows nothing \
                    of what it says. Seen at {as_of}. Further changes are reported at most once a day.",
    impact: "It permits and silences nothing about {ca} ({ca_id}). A principal that may not sign can write to the bucket, or \
             signatures are missing that are needed.",
    what_to_do: "Nothing, if further signatures are to come. Otherwise do not follow what it says, remove it, and find out \
                 who wrote it: the trail's data events have it, if it logs those of the bucket. Read it:",
    first_command: "aws s3 cp s3://EVIDENCE-BUCKET/{key} -\nRemove it:\n  aws s3 rm s3://EVIDENCE-BUCKET/{key}",
};
