//! A deletion of which no event arrives.

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind,
};
use time::Duration;

use super::{BELOW_ROOT, DemoError, Story, id};

impl Story<'_> {
    pub(super) async fn lost_event(&mut self, root: &str) -> Result<(), DemoError> {
        self.tell.chapter("7. An event gets lost")?;
        let name = "Branch Issuing CA";
        let branch = self.alice.create_ca(Kind::Subordinate, name, None).await?;
        self.alice.activate(&branch, root, BELOW_ROOT, 5).await?;
        self.act("alice", &format!("creates Branch CA: {}", id(&branch)))?;
        // EventBridge delivers CloudTrail's events at best effort.
        self.stack.lose_events(true);
        self.bob.set_status(&branch, Status::Disabled).await?;
        self.bob.delete(&branch, 7).await?;
        self.stack.settled().await;
        self.stack.lose_events(false);
        self.act("bob", "deletes Branch CA, and nobody hears of it")?;
        self.expect_status(&branch, Some(Status::Deleted), "for now it is DELETED").await?;
        self.pass(Duration::hours(2)).await?;
        let what = "auto-restore's sweep has found it, and restored it";
        self.expect_status(&branch, Some(Status::Disabled), what).await?;
        self.remember_case("the lost event", &branch).await?;
        self.alice.set_status(&branch, Status::Active).await?;
        self.act("alice", "enables it again, as the finding says")
    }
}
