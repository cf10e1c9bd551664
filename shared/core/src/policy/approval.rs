//! An approval: somebody stands up, by name and for a time, for the deletion of one CA.
//!
//! It is the object `approvals/<CA id>.json` in the evidence bucket, not a tag: the tags of a
//! deleted CA cannot be read.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::arn::CaArn;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    pub ca: CaArn,
    pub approved_by: String,
    pub reason: String,
    #[serde(with = "time::serde::rfc3339")]
    pub expires: OffsetDateTime,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    #[error("the approval names nobody who approves")]
    Anonymous,
    #[error("the approval is for {0}")]
    OtherCa(CaArn),
    #[error("the approval cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

impl Approval {
    pub fn key(ca: &CaArn) -> String {
        format!("approvals/{}.json", ca.id())
    }

    /// Reads the approval of `ca`. Whether it has run out is for the policies to say.
    pub fn read(body: &[u8], ca: &CaArn) -> Result<Self, ApprovalError> {
        let approval: Self = serde_json::from_slice(body).map_err(ApprovalError::Unreadable)?;
        if approval.ca != *ca {
            return Err(ApprovalError::OtherCa(approval.ca));
        }
        if approval.approved_by.trim().is_empty() {
            return Err(ApprovalError::Anonymous);
        }
        Ok(approval)
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
}
