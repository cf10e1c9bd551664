//! Checking signatures, and the key that seals the functions' own records.

use async_trait::async_trait;

use super::PortError;

/// AWS KMS: checking signatures.
#[async_trait]
pub trait Signatures: Send + Sync {
    /// Verify: whether the key made this signature, with ECDSA over P-256, for a SHA-256 digest.
    ///
    /// # Errors
    ///
    /// [`PortError`] if that is not known: the key is disabled, deleted or may not be used, or KMS fails.
    async fn is_signed(
        &self,
        key: &str,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, PortError>;
}

/// AWS KMS: the secret that seals what functions write for themselves.
#[async_trait]
pub trait Sealing: Send + Sync {
    /// GenerateMac over a fixed text, which makes the same secret whenever it is asked. Only the
    /// functions' roles may ask.
    ///
    /// # Errors
    ///
    /// [`PortError`] if KMS does not give it.
    async fn secret(&self) -> Result<Secret, PortError>;
}

/// It is in no log.
#[derive(Clone)]
pub struct Secret(pub [u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}
