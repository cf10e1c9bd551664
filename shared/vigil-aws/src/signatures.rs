//! AWS KMS: checking the signatures of people, and the secret that seals the functions' records.

use async_trait::async_trait;
use aws_sdk_kms::{
    Client,
    error::ProvideErrorMetadata as _,
    primitives::Blob,
    types::{MacAlgorithmSpec, MessageType, SigningAlgorithmSpec},
};
use tokio::sync::OnceCell;
use vigil_core::ports::{PortError, Sealing, Secret, Signatures};

use crate::answer::port_error;

/// Checks signatures with `kms:Verify`, and makes them with `kms:Sign`.
#[derive(Clone, Debug)]
pub struct KmsSignatures {
    client: Client,
}

impl KmsSignatures {
    /// Signatures by the keys that this client may use.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Sign: a signature of the key, and the key's ARN.
    ///
    /// # Errors
    ///
    /// [`PortError`] if KMS does not sign.
    pub async fn sign(&self, key: &str, digest: &[u8; 32]) -> Result<(String, Vec<u8>), PortError> {
        const SIGN: &str = "Sign";
        let call = self.client.sign().key_id(key).message_type(MessageType::Digest);
        let call = call.signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let answer = call.message(Blob::new(digest.as_slice())).send().await;
        let answer = answer.map_err(|error| port_error(SIGN, key, error))?;
        match (answer.key_id, answer.signature) {
            (Some(arn), Some(signature)) => Ok((arn, signature.into_inner())),
            _ => Err(incomplete(SIGN, key)),
        }
    }
}

fn incomplete(operation: &'static str, key: &str) -> PortError {
    let cause = "the answer is incomplete".into();
    PortError::Other { operation, resource: key.to_owned(), cause }
}

#[async_trait]
impl Signatures for KmsSignatures {
    async fn is_signed(
        &self,
        key: &str,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> Result<bool, PortError> {
        const VERIFY: &str = "Verify";
        let call = self.client.verify().key_id(key).message_type(MessageType::Digest);
        let call = call.signing_algorithm(SigningAlgorithmSpec::EcdsaSha256);
        let call = call.message(Blob::new(digest.as_slice())).signature(Blob::new(signature));
        match call.send().await {
            Ok(answer) => Ok(answer.signature_valid),
            Err(error) if error.code() == Some("KMSInvalidSignatureException") => Ok(false),
            Err(error) => Err(port_error(VERIFY, key, error)),
        }
    }
}

/// What the secret is the MAC of. Another text is another secret, which no old seal fits.
const PURPOSE: &str = "vigil: seals of state, 1";

/// The secret of one HMAC key. KMS is asked once for each environment of a function: its answer is always
/// the same.
#[derive(Debug)]
pub struct KmsSealing {
    client: Client,
    key: String,
    secret: OnceCell<Secret>,
}

impl KmsSealing {
    /// The secret of the key with this ARN.
    pub fn new(client: Client, key: String) -> Self {
        Self { client, key, secret: OnceCell::new() }
    }

    async fn ask(&self) -> Result<Secret, PortError> {
        const GENERATE: &str = "GenerateMac";
        let call = self.client.generate_mac().key_id(&self.key).message(Blob::new(PURPOSE));
        let answer = call.mac_algorithm(MacAlgorithmSpec::HmacSha256).send().await;
        let answer = answer.map_err(|error| port_error(GENERATE, &self.key, error))?;
        let mac = answer.mac.and_then(|mac| <[u8; 32]>::try_from(mac.into_inner()).ok());
        mac.map(Secret).ok_or_else(|| incomplete(GENERATE, &self.key))
    }
}

#[async_trait]
impl Sealing for KmsSealing {
    async fn secret(&self) -> Result<Secret, PortError> {
        self.secret.get_or_try_init(|| self.ask()).await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::{Wire, client, dated, refused};

    #[tokio::test]
    async fn a_signature_that_kms_refuses_is_an_answer_and_no_error() {
        let wire = Wire::new([
            dated(json!({"KeyId": "k", "SignatureValid": true})),
            refused(400, "KMSInvalidSignatureException"),
            refused(400, "DisabledException"),
        ]);
        let signatures = KmsSignatures::new(client!(aws_sdk_kms, wire));
        assert!(signatures.is_signed("k", &[0; 32], b"s").await.unwrap());
        assert!(!signatures.is_signed("k", &[0; 32], b"s").await.unwrap());
        let disabled = signatures.is_signed("k", &[0; 32], b"s").await.unwrap_err();
        assert!(matches!(disabled, PortError::InvalidState { .. }), "{disabled:?}");
        assert!(wire.asked()[0].body.contains("DIGEST"));
    }

    #[tokio::test]
    async fn the_secret_is_asked_for_until_it_is_had_and_then_kept() {
        let mac = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let wire = Wire::new([
            refused(400, "AccessDeniedException"),
            dated(json!({"KeyId": "k", "Mac": mac, "MacAlgorithm": "HMAC_SHA_256"})),
        ]);
        let sealing = KmsSealing::new(client!(aws_sdk_kms, wire), "k".to_owned());
        assert!(matches!(sealing.secret().await, Err(PortError::Denied { .. })));
        for _ in 0..2 {
            assert_eq!(sealing.secret().await.unwrap().0, [1; 32]);
        }
        assert_eq!(wire.asked().len(), 2);
        assert_eq!(format!("{:?}", sealing.secret().await.unwrap()), "Secret");
    }
}
