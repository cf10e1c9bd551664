//! A deletion that stands, of a CA that is in use: the dead man's switch.

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind, ValidityPeriodType,
};

use super::{BELOW_ROOT, DemoError, Story, csr_for, id};

/// Added to the built-in policies.
const CLEANERS: &str = r#"
@id("cleaners")
permit (
  principal == Vigil::Principal::"arn:aws:iam::111122223333:user/bob",
  action == Vigil::Action::"DeleteCertificateAuthority",
  resource
);
"#;

impl Story<'_> {
    /// It ends with the window, days later: see [`Story::last_moment`].
    pub(super) async fn forgotten(&mut self, root: &str) -> Result<String, DemoError> {
        self.tell.chapter("5. A deletion that stands, and should not")?;
        let built_in = include_str!("../../../../../infra/policies/default.cedar");
        let policies = format!("{built_in}{CLEANERS}");
        self.carol.put(&self.evidence_bucket, "policies/ours.cedar", policies).await?;
        self.own_policies = true;
        self.act("carol", "lets bob clean up: a policy of her own permits his deletions")?;
        let name = "Archive Issuing CA";
        let archive = self.alice.create_ca(Kind::Subordinate, name, None).await?;
        self.alice.activate(&archive, root, BELOW_ROOT, 5).await?;
        let csr = csr_for("archive.bank.example")?;
        let validity = (ValidityPeriodType::Days, 300);
        self.alice.issue(&archive, &csr, "EndEntityCertificate", validity).await?;
        self.act("alice", &format!("creates Archive CA, and a certificate: {}", id(&archive)))?;
        self.bob.set_status(&archive, Status::Disabled).await?;
        self.stack.settled().await;
        self.bob.delete(&archive, 8).await?;
        self.stack.settled().await;
        self.act("bob", "disables and deletes it, with a window of 8 days")?;
        self.tell_news()?;
        self.expect_status(&archive, Some(Status::Deleted), "policy permits it").await?;
        Ok(archive)
    }

    pub(super) async fn last_moment(&mut self, archive: &str) -> Result<(), DemoError> {
        let what = "nobody answered for Archive CA: it was taken back at the last moment";
        self.expect_status(archive, Some(Status::Active), what).await?;
        self.remember_case("the dead man's switch", archive).await
    }
}
