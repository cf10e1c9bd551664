//! An approval: a named person permits, until a time, the deletion of one CA.
//!
//! It is the object `approvals/<CA id>.json` in the evidence bucket, or two tags of the CA. The
//! tags of a deleted CA cannot be read: those of the last snapshot count. Every principal that may
//! tag a CA can write the second form, so the two are separate facts for policies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{arn::CaArn, cloudtrail::Deletion};

/// The content of `approvals/<CA id>.json`. See docs/permitting-deletions.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The CA that may be deleted.
    pub ca: CaArn,
    /// Who approves.
    pub approved_by: String,
    /// Why.
    pub reason: String,
    /// Until when the approval holds (RFC 3339).
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub expires: OffsetDateTime,
}

/// How long after the deletion an approval may last.
const LONGEST: Duration = Duration::days(7);

/// The tags that approve a deletion: by whom, and until when (RFC 3339).
pub const APPROVED_BY: &str = "vigil:deletion-approved-by";
/// The tag that says until when a deletion is approved (RFC 3339).
pub const APPROVED_UNTIL: &str = "vigil:deletion-approved-until";

/// Why an approval is not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum ApprovalError {
    #[error("the approval does not name who approves")]
    Anonymous,
    #[error("the approval is for {0}")]
    OtherCa(CaArn),
    #[error("the tag {0} is missing beside the other")]
    TagMissing(&'static str),
    #[error("the tag {APPROVED_UNTIL} is {0:?}, not a time as 2026-12-01T00:00:00Z")]
    TagNotATime(String),
    #[error("the approval cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl Approval {
    /// Reads the approval of `ca`. Whether it has run out is for the policies to say.
    ///
    /// # Errors
    ///
    /// [`ApprovalError`] if the body is not an approval in JSON, is for another CA, or names no
    /// approver.
    pub fn read(body: &[u8], ca: &CaArn) -> Result<Self, ApprovalError> {
        let approval: Self = serde_json::from_slice(body).map_err(ApprovalError::Unreadable)?;
        if approval.ca != *ca {
            return Err(ApprovalError::OtherCa(approval.ca));
        }
        approval.named()
    }

    /// The approval that the tags of `ca` are; `None` if there is neither of the two.
    ///
    /// # Errors
    ///
    /// [`ApprovalError`] if one of the two tags is missing or cannot be read.
    pub fn from_tags(
        tags: &BTreeMap<String, Option<String>>,
        ca: &CaArn,
    ) -> Option<Result<Self, ApprovalError>> {
        let tag = |key: &'static str| tags.get(key).ok_or(ApprovalError::TagMissing(key));
        if !tags.contains_key(APPROVED_BY) && !tags.contains_key(APPROVED_UNTIL) {
            return None;
        }
        let read = || {
            let approved_by = tag(APPROVED_BY)?.clone().unwrap_or_default();
            let until = tag(APPROVED_UNTIL)?.clone().unwrap_or_default();
            let expires = OffsetDateTime::parse(&until, &Rfc3339)
                .map_err(|_| ApprovalError::TagNotATime(until.chars().take(64).collect()))?;
            let reason = "tagged".to_owned();
            Self { ca: ca.clone(), approved_by, reason, expires }.named()
        };
        Some(read())
    }

    /// Why the approval does not count for a deletion. `approved_by` is a text that its writer chose: that
    /// it is not the deleter is required, and that it is who it says is not proven.
    pub fn refusal(&self, deletion: &Deletion) -> Option<&'static str> {
        let by = self.approved_by.trim();
        let callers = [&deletion.by.arn, &deletion.by.session_issuer, &deletion.by.principal_id];
        if callers.into_iter().flatten().any(|caller| caller == by) {
            return Some("it was approved by who deleted the CA");
        }
        (self.expires > deletion.at.saturating_add(LONGEST))
            .then_some("it is good for more than seven days after the deletion")
    }

    fn named(self) -> Result<Self, ApprovalError> {
        if self.approved_by.trim().is_empty() {
            return Err(ApprovalError::Anonymous);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &str = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/a";

    fn read(json: &str) -> Result<Approval, ApprovalError> {
        Approval::read(json.as_bytes(), &CA.parse().unwrap())
    }

    #[test]
    fn an_approval_names_its_ca_who_approves_and_until_when() {
        let text = format!(
            r#"{{"ca": "{CA}", "approved_by": "bob", "reason": "retired", "expires": "2026-12-01T00:00:00Z"}}"#
        );
        assert_eq!(read(&text).unwrap().approved_by, "bob");
        assert!(matches!(read(&text.replace("/a\"", "/b\"")), Err(ApprovalError::OtherCa(_))));
        assert!(matches!(read(&text.replace("bob", " ")), Err(ApprovalError::Anonymous)));
        for broken in
            ["", "{}", "[]", &text.replace("2026", "26"), &text.replace("reason", "raison")]
        {
            assert!(matches!(read(broken), Err(ApprovalError::Unreadable(_))), "{broken}");
        }
    }

    #[test]
    fn tags_approve_with_both_of_them_or_not_at_all() {
        let ca = CA.parse().unwrap();
        let read = |tags: &[(&str, &str)]| {
            let tags =
                tags.iter().map(|(key, value)| ((*key).to_owned(), Some((*value).to_owned())));
            Approval::from_tags(&tags.collect(), &ca)
        };
        let (by, until) = ((APPROVED_BY, "carol"), (APPROVED_UNTIL, "2026-12-01T00:00:00Z"));
        assert!(read(&[("owner", "pki")]).is_none());
        assert_eq!(read(&[by, until]).unwrap().unwrap().approved_by, "carol");
        assert!(matches!(read(&[by]), Some(Err(ApprovalError::TagMissing(APPROVED_UNTIL)))));
        assert!(matches!(read(&[until]), Some(Err(ApprovalError::TagMissing(APPROVED_BY)))));
        let soon = (APPROVED_UNTIL, "soon");
        assert!(matches!(read(&[by, soon]), Some(Err(ApprovalError::TagNotATime(_)))));
        let nobody = (APPROVED_BY, "");
        assert!(matches!(read(&[nobody, until]), Some(Err(ApprovalError::Anonymous))));
    }

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Approval>("approval");
    }
}
