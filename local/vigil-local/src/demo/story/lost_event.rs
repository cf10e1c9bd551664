//! The event of a deletion is lost.

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind,
};
use time::Duration;

use super::{BELOW_ROOT, DemoError, Story, id};

impl Story<'_> {
    pub(super) async fn lost_event(&mut self, root: &str) -> Result<(), DemoError> {
        self.narrator.chapter("8. The event of a deletion is lost")?;
        let name = "Branch Issuing CA";
        let branch = self.alice.create_ca(Kind::Subordinate, name, None).await?;
        self.alice.activate(&branch, root, BELOW_ROOT, 5).await?;
        self.act("alice", &format!("creates the Branch CA: {}", id(&branch)))?;
        // EventBridge delivers CloudTrail events on a best-effort basis.
        self.stack.lose_events(true);
        self.mallory.set_status(&branch, Status::Disabled).await?;
        self.mallory.delete(&branch, 7).await?;
        self.stack.settled().await;
        self.stack.lose_events(false);
        self.act("mallory", "disables and deletes the Branch CA; EventBridge loses both events")?;
        self.expect_status(&branch, Some(Status::Deleted), "the Branch CA is DELETED").await?;
        self.pass(Duration::hours(2)).await?;
        let what =
            "auto-restore found the deletion in its scheduled sweep and restored the CA (DISABLED)";
        self.expect_status(&branch, Some(Status::Disabled), what).await?;
        self.keep_case("chapter 8: the lost event", &branch).await?;
        self.alice.set_status(&branch, Status::Active).await?;
        self.act("alice", "makes the Branch CA ACTIVE again, as the finding recommends")
    }
}
