//! Whether a signature over bytes that pass by was made by a given public key.

use aws_lc_rs::{
    digest::{self, Digest},
    signature::{self as lc, UnparsedPublicKey, VerificationAlgorithm},
};

use super::{Hash, SignatureAlgorithm};
use crate::der::{DerError, Reader, tag, value};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    #[error("signature algorithm {0} cannot be verified here")]
    Unsupported(String),
    #[error("a {algorithm} signature cannot come from a key of type {key}")]
    WrongKey { algorithm: SignatureAlgorithm, key: String },
    #[error("the public key cannot be read")]
    PublicKey(#[source] DerError),
    #[error("the signature does not match the signed bytes and the public key")]
    Mismatch,
}

/// Signed bytes as they arrive: hashed at once where the algorithm signs a hash, kept where it
/// wants the whole message (Ed25519, ML-DSA).
pub struct SignedBytes {
    algorithm: SignatureAlgorithm,
    message: Message,
}

enum Message {
    Hashing(digest::Context),
    Whole(Vec<u8>),
}

impl SignedBytes {
    pub fn new(algorithm: SignatureAlgorithm) -> Self {
        use SignatureAlgorithm::{Ecdsa, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaPkcs1, RsaPss};
        let message = match algorithm {
            Ecdsa(hash) | RsaPkcs1(hash) | RsaPss(hash) => {
                Message::Hashing(digest::Context::new(digest_of(hash)))
            }
            Ed25519 | MlDsa44 | MlDsa65 | MlDsa87 => Message::Whole(Vec::new()),
        };
        Self { algorithm, message }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.message {
            Message::Hashing(context) => context.update(bytes),
            Message::Whole(message) => message.extend_from_slice(bytes),
        }
    }

    /// Whether `signature` over these bytes was made by the key of `spki`, a SubjectPublicKeyInfo.
    pub fn verify(self, spki: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let algorithm = verification(self.algorithm, spki)?;
        let key = UnparsedPublicKey::new(algorithm, spki);
        let verified = match self.message {
            Message::Hashing(context) => {
                let digest: Digest = context.finish();
                key.verify_digest(&digest, signature)
            }
            Message::Whole(message) => key.verify(&message, signature),
        };
        verified.map_err(|_| SignatureError::Mismatch)
    }
}

/// The verifier for this algorithm with this key, whose type and curve must fit.
fn verification(
    algorithm: SignatureAlgorithm,
    spki: &[u8],
) -> Result<&'static dyn VerificationAlgorithm, SignatureError> {
    use Hash::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaPkcs1, RsaPss};
    let key = key_type(spki).map_err(SignatureError::PublicKey)?;
    let verifier: &'static dyn VerificationAlgorithm = match (algorithm, key.as_str()) {
        (RsaPkcs1(Sha256), "RSA") => &lc::RSA_PKCS1_2048_8192_SHA256,
        (RsaPkcs1(Sha384), "RSA") => &lc::RSA_PKCS1_2048_8192_SHA384,
        (RsaPkcs1(Sha512), "RSA") => &lc::RSA_PKCS1_2048_8192_SHA512,
        (RsaPss(Sha256), "RSA") => &lc::RSA_PSS_2048_8192_SHA256,
        (RsaPss(Sha384), "RSA") => &lc::RSA_PSS_2048_8192_SHA384,
        (RsaPss(Sha512), "RSA") => &lc::RSA_PSS_2048_8192_SHA512,
        (Ecdsa(Sha256), "P-256") => &lc::ECDSA_P256_SHA256_ASN1,
        (Ecdsa(Sha384), "P-256") => &lc::ECDSA_P256_SHA384_ASN1,
        (Ecdsa(Sha512), "P-256") => &lc::ECDSA_P256_SHA512_ASN1,
        (Ecdsa(Sha256), "P-384") => &lc::ECDSA_P384_SHA256_ASN1,
        (Ecdsa(Sha384), "P-384") => &lc::ECDSA_P384_SHA384_ASN1,
        (Ecdsa(Sha512), "P-384") => &lc::ECDSA_P384_SHA512_ASN1,
        (Ecdsa(Sha256), "P-521") => &lc::ECDSA_P521_SHA256_ASN1,
        (Ecdsa(Sha384), "P-521") => &lc::ECDSA_P521_SHA384_ASN1,
        (Ecdsa(Sha512), "P-521") => &lc::ECDSA_P521_SHA512_ASN1,
        (Ed25519, "Ed25519") => &lc::ED25519,
        (MlDsa44, "ML-DSA-44") => &lc::ML_DSA_44,
        (MlDsa65, "ML-DSA-65") => &lc::ML_DSA_65,
        (MlDsa87, "ML-DSA-87") => &lc::ML_DSA_87,
        _ => return Err(SignatureError::WrongKey { algorithm, key }),
    };
    Ok(verifier)
}

fn key_type(spki: &[u8]) -> Result<String, DerError> {
    let mut outer = Reader::new(spki).expect(tag::SEQUENCE)?.open()?;
    let mut algorithm = outer.expect(tag::SEQUENCE)?.open()?;
    let oid = value::oid(algorithm.expect(tag::OBJECT_IDENTIFIER)?)?;
    let name = match oid.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.10045.2.1" => {
            return match value::oid(algorithm.expect(tag::OBJECT_IDENTIFIER)?)?.as_str() {
                "1.2.840.10045.3.1.7" => Ok("P-256".to_owned()),
                "1.3.132.0.34" => Ok("P-384".to_owned()),
                "1.3.132.0.35" => Ok("P-521".to_owned()),
                curve => Ok(format!("elliptic curve {curve}")),
            };
        }
        "1.3.101.112" => "Ed25519",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => other,
    };
    Ok(name.to_owned())
}

fn digest_of(hash: Hash) -> &'static digest::Algorithm {
    match hash {
        Hash::Sha256 => &digest::SHA256,
        Hash::Sha384 => &digest::SHA384,
        Hash::Sha512 => &digest::SHA512,
    }
}
