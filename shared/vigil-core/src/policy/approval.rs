//! An approval: a person permits, by signature and until a time, the deletion of one CA.
//!
//! It is the object `approvals/<CA id>.json` in the evidence bucket, signed with a key of the
//! approvers. The second form is two tags of the CA. The tags of a deleted CA cannot be read: those
//! of the last snapshot count. Every principal that may tag a CA can write the second form, so the
//! two are separate facts for policies, and the built-in ones read the first only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    arn::CaArn,
    ca::Ca,
    cloudtrail::Deletion,
    instant,
    signed::{Signed, SignedError, Statement},
};

mod cosigning;

/// The content of `approvals/<CA id>.json`. See docs/permitting-deletions.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The CA that may be deleted.
    pub ca: CaArn,
    /// A name for the record. Who approved follows from the key.
    pub approved_by: String,
    /// Why.
    pub reason: String,
    /// The service's time of the approval.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub approved_at: OffsetDateTime,
    /// The end of the window of the deletion that is approved; without it, one that comes within seven
    /// days is.
    #[serde(default, with = "crate::instant::text::option")]
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::DateTime>"))]
    pub restorable_until: Option<OffsetDateTime>,
    /// The deletion was called before this.
    #[serde(with = "crate::instant::text")]
    #[cfg_attr(test, schemars(with = "crate::schemas::DateTime"))]
    pub expires: OffsetDateTime,
    /// The keys that signed it, once that is verified.
    #[serde(skip)]
    pub signers: Vec<String>,
    /// The roles and users of whom one has signed, as far as the stack names them. None of them may delete.
    #[serde(skip)]
    pub approvers: Vec<String>,
}

impl Statement for Approval {
    const KIND: &'static str = "approval";
}

/// How long after the deletion an approval may last, and how long a deletion may follow it.
pub const MAX_APPROVAL: Duration = Duration::days(7);

/// By how much the clocks of who signs and of the service may differ.
const SKEW: Duration = Duration::minutes(5);

/// CloudTrail writes its times to the second, and the service takes a moment to change a state.
const TOLERANCE: Duration = Duration::minutes(1);

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
    #[error("the approval does not count")]
    Signed(#[source] SignedError),
}

impl Approval {
    /// Reads the approval of `ca`. Whether its signatures hold is not known then; whether it has run out
    /// is for the policies to say.
    ///
    /// # Errors
    ///
    /// [`ApprovalError`] if the body is not an approval in JSON, is for another CA, or names no
    /// approver.
    pub fn read(body: &[u8], ca: &CaArn) -> Result<Signed<Self>, ApprovalError> {
        let Signed { statement, signatures } =
            Signed::<Self>::read(body).map_err(ApprovalError::Signed)?;
        if statement.ca != *ca {
            return Err(ApprovalError::OtherCa(statement.ca));
        }
        Ok(Signed { statement: statement.named()?, signatures })
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
            let expires = instant::parse(&until)
                .map_err(|_| ApprovalError::TagNotATime(until.chars().take(64).collect()))?;
            let reason = "tagged".to_owned();
            let (restorable_until, signers, approvers) = (None, Vec::new(), Vec::new());
            let (ca, approved_at) = (ca.clone(), expires);
            Self {
                ca,
                approved_by,
                reason,
                approved_at,
                restorable_until,
                expires,
                signers,
                approvers,
            }
            .named()
        };
        Some(read())
    }

    /// Why the approval does not count for the deletion that left the CA as it is.
    pub fn refusal(&self, deletion: &Deletion, ca: &Ca) -> Option<&'static str> {
        self.refusal_at(deletion, ca.last_state_change_at, ca.restorable_until)
    }

    /// The same of a CA that may be gone: `changed_at` and `until` are what ACM PCA said while it was DELETED.
    pub fn refusal_at(
        &self,
        deletion: &Deletion,
        changed_at: Option<OffsetDateTime>,
        until: Option<OffsetDateTime>,
    ) -> Option<&'static str> {
        let by = self.approved_by.trim();
        let callers = [&deletion.by.arn, &deletion.by.session_issuer, &deletion.by.principal_id];
        for caller in callers.into_iter().flatten() {
            if caller == by {
                return Some("it was approved by who deleted the CA");
            }
            // A person can choose a name for the record, and the name of a session. The role is the account's.
            if self.approvers.contains(caller) {
                return Some("the CA was deleted by one of those who may sign the approval");
            }
        }
        // The deletion that is being judged, unless the CA shows that another one came after it.
        let changed_at = changed_at.filter(|at| *at > deletion.at + TOLERANCE);
        let until = until.unwrap_or_else(|| deletion.expected_until());
        self.misfit(changed_at.unwrap_or(deletion.at), until)
    }

    /// The same as far as times tell.
    pub fn misfit(
        &self,
        deleted_at: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Option<&'static str> {
        if deleted_at >= self.expires {
            return Some("it had expired when the CA was deleted");
        }
        let Some(named) = self.restorable_until else {
            let longest = deleted_at.saturating_add(MAX_APPROVAL);
            return if self.expires > longest {
                Some("it is good for more than seven days after the deletion")
            } else if deleted_at < self.approved_at.saturating_sub(SKEW) {
                Some(
                    "it came after the deletion: one that does names the deletion's RestorableUntil",
                )
            } else if deleted_at > self.approved_at.saturating_add(MAX_APPROVAL + SKEW) {
                Some("it was made more than seven days before the deletion")
            } else {
                None
            };
        };
        if named.unix_timestamp() != until.unix_timestamp() {
            return Some("it is for another deletion of the CA: RestorableUntil differs");
        }
        // Windows are whole days, so a later deletion can be made to end at the same second. An approval that
        // names an end came after its deletion.
        if deleted_at > self.approved_at.saturating_add(SKEW) {
            return Some("it is for an earlier deletion of the CA with the same RestorableUntil");
        }
        (self.expires > until).then_some("it is good for longer than the CA can be restored")
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

    fn read(json: &str) -> Result<Signed<Approval>, ApprovalError> {
        Approval::read(json.as_bytes(), &CA.parse().unwrap())
    }

    #[test]
    fn an_approval_names_its_ca_who_approves_and_until_when() {
        let statement = format!(
            r#"{{"ca": "{CA}", "approved_by": "bob", "reason": "retired",
                 "approved_at": "2026-11-30T00:00:00Z", "expires": "2026-12-01T00:00:00Z"}}"#
        );
        let text = format!(
            r#"{{"statement": {statement}, "signatures": [{{"key": "k", "signature": "s"}}]}}"#
        );
        assert_eq!(read(&text).unwrap().statement.approved_by, "bob");
        assert!(matches!(read(&text.replace("/a\"", "/b\"")), Err(ApprovalError::OtherCa(_))));
        assert!(matches!(read(&text.replace("bob", " ")), Err(ApprovalError::Anonymous)));
        for broken in
            ["", "{}", "[]", &text.replace("2026", "26"), &text.replace("reason", "raison")]
        {
            assert!(matches!(read(broken), Err(ApprovalError::Signed(_))), "{broken}");
        }
        let unsigned = read(&statement).unwrap_err();
        assert!(matches!(unsigned, ApprovalError::Signed(SignedError::Unsigned)));
    }

    #[test]
    fn an_approval_counts_for_one_deletion_and_for_a_while() {
        use time::macros::datetime;
        let at = datetime!(2026-11-20 10:00 UTC);
        let (until, day) = (at + 7 * Duration::DAY, Duration::DAY);
        let approval = |approved_at, restorable_until, expires| Approval {
            ca: CA.parse().unwrap(),
            approved_by: "bob".to_owned(),
            reason: String::new(),
            approved_at,
            restorable_until,
            expires,
            signers: Vec::new(),
            approvers: Vec::new(),
        };
        let of = |approval: Approval| approval.misfit(at, until);
        assert_eq!(of(approval(at - day, None, at + day)), None);
        assert_eq!(of(approval(at + SKEW, None, at + day)), None, "clocks differ");
        assert_eq!(of(approval(at + day, Some(until), until)), None, "of this very deletion");
        for (refused, why) in [
            (approval(at - day, None, at), "expired"),
            (approval(at - day, None, until + day), "more than seven days after"),
            (approval(at + day, None, at + 2 * day), "names the deletion's RestorableUntil"),
            (approval(at - 8 * day, None, at + day), "more than seven days before"),
            (approval(at + day, Some(until + day), until), "another deletion"),
            (approval(at + day, Some(until), until + day), "longer than the CA can be restored"),
            (approval(at - day, Some(until), until), "an earlier deletion"),
        ] {
            let said = of(refused).unwrap_or_default();
            assert!(said.contains(why), "{said:?}");
        }
    }

    /// A person cannot approve their own deletion under any of the names that CloudTrail has of them.
    #[test]
    fn an_approval_by_the_deleter_does_not_count() {
        use time::macros::datetime;
        let at = datetime!(2026-11-20 10:00 UTC);
        let (session, role) =
            ("arn:aws:sts::1:assumed-role/Admin/bob", "arn:aws:iam::1:role/Admin");
        let deletion: Deletion = serde_json::from_value(serde_json::json!({
            "ca": CA, "at": "2026-11-20T10:00:00Z", "window_days": 7,
            "by": {"type": "AssumedRole", "principal_id": "AROA:bob", "arn": session,
                   "account": "111122223333", "session_issuer": role, "mfa": null, "invoked_by": null},
            "source_ip": null, "user_agent": null, "event_id": "e-1", "region": "us-east-1",
            "account": "111122223333",
        }))
        .unwrap();
        let refusal = |by: &str| {
            let approval = Approval {
                ca: CA.parse().unwrap(),
                approved_by: by.to_owned(),
                reason: String::new(),
                approved_at: at - Duration::HOUR,
                restorable_until: None,
                expires: at + Duration::DAY,
                signers: Vec::new(),
                approvers: Vec::new(),
            };
            approval.refusal(&deletion, &crate::fakes::deleted_ca(at))
        };
        assert_eq!(refusal("carol"), None);
        for deleter in [session, role, "AROA:bob", &format!(" {session} ")] {
            assert_eq!(
                refusal(deleter),
                Some("it was approved by who deleted the CA"),
                "{deleter}"
            );
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
        // What has no form in UTC can neither be judged nor be written.
        for beyond in ["9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59"] {
            let tags = read(&[by, (APPROVED_UNTIL, beyond)]);
            assert!(matches!(tags, Some(Err(ApprovalError::TagNotATime(_)))), "{beyond}");
        }
        let nobody = (APPROVED_BY, "");
        assert!(matches!(read(&[nobody, until]), Some(Err(ApprovalError::Anonymous))));
    }

    /// `make docs` writes it.
    #[test]
    fn the_json_schema_is_made_from_the_type() {
        crate::schemas::assert_schema::<Signed<Approval>>("approval");
    }
}
