//! Somebody changes the published CRL, and is found out before any time has passed.

use super::{CRL_BUCKET, DemoError, Hierarchy, Story, id};

impl Story<'_> {
    pub(super) async fn tampering(&mut self, cas: &Hierarchy) -> Result<(), DemoError> {
        self.tell.chapter("Interlude: somebody tampers with the CRL")?;
        let key = format!("crl/{}.crl", id(&cas.payments));
        let good = self.alice.object(CRL_BUCKET, &key).await?;
        let mut forged = good.clone();
        // The last octet is one of the signature's.
        if let Some(last) = forged.last_mut() {
            *last ^= 1;
        }
        self.mallory.put(CRL_BUCKET, &key, forged).await?;
        self.act("mallory", "puts a changed CRL in its place")?;
        self.stack.settled().await;
        self.tell_news()?;
        self.expect_finding("crl.signature", "S3's event of it was enough: it is not the CA's")?;
        self.expect_finding("crl.writer", "nor was it the service that wrote it")?;
        self.alice.put(CRL_BUCKET, &key, good).await?;
        self.act("alice", "puts the CRL back")?;
        self.stack.settled().await;
        self.tell_news()?;
        let resolved = self
            .watch
            .count(|finding| finding["rule"] == "crl.signature" && finding["status"] == "RESOLVED");
        self.expect(resolved == 1, "and that is seen at once, too")
    }
}
