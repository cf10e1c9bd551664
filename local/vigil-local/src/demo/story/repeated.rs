//! A CA is deleted repeatedly. Restorations are limited, so that two automations cannot fight.

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind,
};
use time::Duration;

use super::{BELOW_ROOT, DemoError, Story, id};

impl Story<'_> {
    pub(super) async fn repeated_deletion(&mut self, root: &str) -> Result<(), DemoError> {
        self.narrator.chapter("7. A CA is deleted again and again")?;
        let name = "Partner Issuing CA";
        let partner = self.alice.create_ca(Kind::Subordinate, name, None).await?;
        self.alice.activate(&partner, root, BELOW_ROOT, 5).await?;
        self.act("alice", &format!("creates the Partner CA: {}", id(&partner)))?;
        for turn in ["first", "second", "third"] {
            self.mallory_deletes(&partner).await?;
            self.act("mallory", &format!("deletes the Partner CA for the {turn} time"))?;
            self.print_new_findings()?;
            self.expect_status(&partner, Some(Status::Active), "auto-restore made it ACTIVE again")
                .await?;
            self.pass(Duration::minutes(40)).await?;
        }
        self.mallory_deletes(&partner).await?;
        self.act("mallory", "deletes the Partner CA for the fourth time")?;
        self.print_new_findings()?;
        let what = "it stays DELETED: auto-restore restores a CA at once three times within 24 hours, then after \
                    pauses";
        self.expect_status(&partner, Some(Status::Deleted), what).await?;
        self.expect_finding(
            "auto-restore.escalated",
            "auto-restore reported that it restores the CA later with a CRITICAL finding",
        )?;
        self.keep_case("chapter 7: the fourth deletion in one day", &partner).await?;
        let restore = self.alice.pca.restore_certificate_authority();
        restore.certificate_authority_arn(&partner).send().await?;
        self.alice.set_status(&partner, Status::Active).await?;
        self.stack.settled().await;
        self.act("alice", "restores the Partner CA and makes it ACTIVE again")?;
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
