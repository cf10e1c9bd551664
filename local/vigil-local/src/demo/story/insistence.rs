//! Somebody deletes a CA again and again, and is not fought for ever.

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind,
};
use time::Duration;

use super::{BELOW_ROOT, DemoError, Story, id};

impl Story<'_> {
    pub(super) async fn fight(&mut self, root: &str) -> Result<(), DemoError> {
        self.tell.chapter("6. Somebody insists")?;
        let name = "Partner Issuing CA";
        let partner = self.alice.create_ca(Kind::Subordinate, name, None).await?;
        self.alice.activate(&partner, root, BELOW_ROOT, 5).await?;
        self.act("alice", &format!("creates Partner CA: {}", id(&partner)))?;
        for turn in ["deletes it", "deletes it again", "and again"] {
            self.mallory_deletes(&partner).await?;
            self.act("mallory", turn)?;
            self.tell_news()?;
            self.expect_status(&partner, Some(Status::Active), "it is back in service").await?;
            self.pass(Duration::minutes(40)).await?;
        }
        self.mallory_deletes(&partner).await?;
        self.act("mallory", "and a fourth time")?;
        self.tell_news()?;
        let what = "three restorations a day are enough: people have to decide";
        self.expect_status(&partner, Some(Status::Deleted), what).await?;
        self.expect_finding("auto-restore.escalated", "and are told, as CRITICAL")?;
        self.remember_case("the fight, escalated", &partner).await?;
        let restore = self.alice.pca.restore_certificate_authority();
        restore.certificate_authority_arn(&partner).send().await?;
        self.alice.set_status(&partner, Status::Active).await?;
        self.stack.settled().await;
        self.act("alice", "takes mallory's permission away, and the CA back")?;
        self.pass(Duration::hours(2)).await
    }

    async fn mallory_deletes(&self, ca: &str) -> Result<(), DemoError> {
        self.mallory.set_status(ca, Status::Disabled).await?;
        self.stack.settled().await;
        self.mallory.delete(ca, 7).await?;
        self.stack.settled().await;
        Ok(())
    }
}
