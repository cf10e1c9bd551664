//! A deletion whose approval is not signed, and one whose approval is.

use std::process::Stdio;

use aws_sdk_acmpca::types::CertificateAuthorityStatus as Status;
use time::Duration;

use super::{DemoError, Hierarchy, Story, id, rfc3339};
use crate::demo::vigil_program;

/// The key that the stack makes for the parameter Approvers.
pub(in crate::demo) const APPROVER_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/ApproverKey";
/// The key that the stack makes for the parameter Publishers.
pub(in crate::demo) const POLICY_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/PolicyKey";

impl Story<'_> {
    pub(super) async fn approved_deletion(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.narrator.chapter("5. An approval that is not signed, and one that is")?;
        self.unsigned_approval(cas).await?;
        let reason = "CHG-1042: the legacy systems were shut down";
        let approve = ["approve", &cas.legacy, "--by", "carol", "--reason", reason];
        self.vigil_as_carol(&[&approve[..], &["--key", APPROVER_KEY]].concat()).await?;
        self.act(
            "carol",
            "approves the deletion of the Legacy CA: `vigil approve` signs with KMS",
        )?;
        self.bob.set_status(&cas.legacy, Status::Disabled).await?;
        self.bob.delete(&cas.legacy, 8).await?;
        self.stack.settled().await;
        self.act("bob", "disables and deletes the Legacy CA (it can be restored for 8 days)")?;
        self.print_new_findings()?;
        let what = "the Legacy CA stays DELETED, because the approval is signed with carol's key";
        self.expect_status(&cas.legacy, Some(Status::Deleted), what).await?;
        self.keep_case("chapter 5: the approved deletion", &cas.legacy).await
    }

    async fn unsigned_approval(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        let (now, expires) = (rfc3339(self.now()), rfc3339(self.now() + Duration::days(2)));
        let approval = serde_json::json!({
            "ca": cas.legacy, "approved_by": "carol", "reason": "CHG-1042",
            "approved_at": now, "expires": expires,
        });
        let key = format!("approvals/{}.json", id(&cas.legacy));
        self.mallory.put(&self.evidence_bucket, &key, approval.to_string()).await?;
        self.act("mallory", "writes an approval in carol's name to the evidence bucket")?;
        self.bob.set_status(&cas.legacy, Status::Disabled).await?;
        self.bob.delete(&cas.legacy, 8).await?;
        self.stack.settled().await;
        self.act("bob", "disables and deletes the Legacy CA")?;
        self.print_new_findings()?;
        let what = "the Legacy CA was restored: that approval is not signed";
        self.expect_status(&cas.legacy, Some(Status::Active), what).await?;
        let what = "auto-restore reported the approval that does not count";
        self.expect_finding("auto-restore.evidence-suspicious", what)?;
        // The next deletion is another one, and has another window.
        self.pass(Duration::minutes(5)).await
    }

    /// Runs the program that an operator would run.
    pub(super) async fn vigil_as_carol(&self, arguments: &[&str]) -> Result<(), DemoError> {
        let output = tokio::process::Command::new(vigil_program())
            .args(arguments)
            .args(["--evidence-bucket", &self.evidence_bucket])
            .env_clear()
            .env("AWS_ENDPOINT_URL", self.stack.endpoint())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "carol")
            .env("AWS_SECRET_ACCESS_KEY", vigil_local::SECRET)
            .stdin(Stdio::null())
            .output()
            .await?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(DemoError::Unexpected(format!("vigil {} succeeds: {said}", arguments.join(" "))))
    }
}
