//! A CA's own certificate and those above it.

use std::sync::Arc;

use crate::x509::{certificate::Certificate, ocsp::IssuerHashes};

/// The CA's own certificate, as it was imported.
#[derive(Clone)]
pub(crate) struct CaCertificate {
    pub(crate) certificate: Arc<Certificate>,
    /// From the parent to the root; empty for a root.
    pub(crate) chain: Vec<Arc<Certificate>>,
    /// What OCSP requests name the CA by.
    pub(crate) hashes: IssuerHashes,
}

impl CaCertificate {
    pub(crate) fn new(certificate: Certificate, chain: Vec<Certificate>) -> Self {
        let hashes = IssuerHashes::of(&certificate);
        let chain = chain.into_iter().map(Arc::new).collect();
        Self { certificate: Arc::new(certificate), chain, hashes }
    }

    /// The certificates above, one after the other; a root has none.
    pub(crate) fn chain_pem(&self) -> Option<String> {
        let chain: Vec<String> = self.chain.iter().map(|above| above.pem()).collect();
        (!chain.is_empty()).then(|| chain.join("\n"))
    }
}
