//! The published CRL is overwritten. The event from S3 reveals it at once.

use super::{CRL_BUCKET, DemoError, Hierarchy, Story, id};

impl Story<'_> {
    pub(super) async fn tampering(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.narrator.chapter("3. The published CRL is overwritten")?;
        let key = format!("crl/{}.crl", id(&cas.payments));
        let good = self.alice.object(CRL_BUCKET, &key).await?;
        let mut forged = good.clone();
        // The last octet belongs to the signature.
        if let Some(last) = forged.last_mut() {
            *last ^= 1;
        }
        self.mallory.put(CRL_BUCKET, &key, forged).await?;
        self.act("mallory", "overwrites the CRL in S3 with a changed copy")?;
        self.stack.settled().await;
        self.print_new_findings()?;
        self.expect_finding(
            "crl.signature",
            "crl-audit reported at once that the CA did not sign this CRL",
        )?;
        self.expect_finding("crl.writer", "crl-audit reported that ACM PCA did not write it")?;
        self.alice.put(CRL_BUCKET, &key, good).await?;
        self.act("alice", "puts the original CRL back")?;
        self.stack.settled().await;
        self.print_new_findings()?;
        let resolved = self
            .findings
            .count(|finding| finding["rule"] == "crl.signature" && finding["status"] == "RESOLVED");
        self.expect(resolved == 1, "the finding about the signature is RESOLVED at once")
    }
}
