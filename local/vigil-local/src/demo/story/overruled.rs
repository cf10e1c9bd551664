//! Policy permits the deletion of a CA that is in use. The last threshold overrules the deletion.

use aws_sdk_acmpca::types::{
    CertificateAuthorityStatus as Status, CertificateAuthorityType as Kind, ValidityPeriodType,
};

use super::{BELOW_ROOT, DemoError, Story, approved::POLICY_KEY, csr_for, id};

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
    /// The end comes with the window, days later: [`Story::overruled_at_deadline`].
    pub(super) async fn overruled_deletion(&mut self, root: &str) -> Result<String, DemoError> {
        self.narrator.chapter("6. Policy permits the deletion of a CA that is still in use")?;
        let built_in = include_str!("../../../../../infra/policies/default.cedar");
        let policies = format!("{built_in}{CLEANERS}");
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("ours.cedar");
        std::fs::write(&file, policies)?;
        let file = file.display().to_string();
        let publish = ["policy", "publish", &file, "--author", "carol", "--key", POLICY_KEY];
        self.vigil_as_carol(&publish).await?;
        self.own_policies = true;
        self.act("carol", "publishes a Cedar policy, signed with KMS: bob may delete CAs")?;
        let name = "Archive Issuing CA";
        let archive = self.alice.create_ca(Kind::Subordinate, name, None).await?;
        self.alice.activate(&archive, root, BELOW_ROOT, 5).await?;
        let csr = csr_for("archive.bank.example")?;
        let validity = (ValidityPeriodType::Days, 300);
        self.alice.issue(&archive, &csr, "EndEntityCertificate", validity).await?;
        self.act(
            "alice",
            &format!("creates the Archive CA and issues a certificate: {}", id(&archive)),
        )?;
        self.bob.set_status(&archive, Status::Disabled).await?;
        self.stack.settled().await;
        self.bob.delete(&archive, 8).await?;
        self.stack.settled().await;
        self.act("bob", "disables and deletes the Archive CA (it can be restored for 8 days)")?;
        self.print_new_findings()?;
        self.expect_status(
            &archive,
            Some(Status::Deleted),
            "it stays DELETED for now, because the policy permits it",
        )
        .await?;
        Ok(archive)
    }

    pub(super) async fn overruled_at_deadline(&mut self, archive: &str) -> Result<(), DemoError> {
        let what = "the Archive CA was restored within the last hour: no alert was acknowledged";
        self.expect_status(archive, Some(Status::Active), what).await?;
        self.keep_case("chapter 6: restored within the last hour", archive).await
    }
}
