//! Whether a signature over bytes that pass by was made by a given public key.

use aws_lc_rs::{
    digest::{self, Digest},
    signature::{self as lc, UnparsedPublicKey, VerificationAlgorithm},
};

use super::{AlgorithmIdentifier, Hash, Key, Pss, SignatureAlgorithm, digest_of, fitted, rsa};
use crate::der::DerError;

/// Why a signature does not count as verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum SignatureError {
    /// It may be good or forged.
    #[error("a {algorithm} signature by a key of type {key} cannot be verified here")]
    Unsupported { algorithm: String, key: String },
    #[error("a {algorithm} signature cannot come from a key of type {key}")]
    WrongKey { algorithm: String, key: String },
    #[error("the public key cannot be read")]
    PublicKey(#[source] DerError),
    #[error("the signature ends with {0} unused bits, and a signature is whole octets")]
    UnusedBits(u8),
    #[error("the signature does not have the form of a {0} signature")]
    IllFormed(String),
    #[error("the signature does not match the signed bytes and the public key")]
    Mismatch,
}

impl SignatureError {
    /// Why a signature that nothing was hashed for is not verified: such a key cannot have made it,
    /// or it is not known whether it did.
    pub fn of_unknown(algorithm: &AlgorithmIdentifier, spki: &[u8]) -> Self {
        match Key::read(spki) {
            Err(error) => Self::PublicKey(error),
            Ok(key) if key.can_make(algorithm) => {
                Self::Unsupported { algorithm: algorithm.to_string(), key: key.to_string() }
            }
            Ok(key) => Self::WrongKey { algorithm: algorithm.to_string(), key: key.to_string() },
        }
    }
}

/// Signed bytes as they arrive: hashed at once where the algorithm signs a hash, kept where it
/// wants the whole message (Ed25519, ML-DSA).
#[derive(Clone)]
pub struct SignedBytes {
    algorithm: AlgorithmIdentifier,
    by: SignatureAlgorithm,
    message: Message,
}

#[derive(Clone)]
enum Message {
    Hashing(digest::Context),
    Whole(Vec<u8>),
}

impl SignedBytes {
    /// `None`: it is not known what the algorithm signs.
    pub fn new(algorithm: AlgorithmIdentifier) -> Option<Self> {
        use SignatureAlgorithm::{Ecdsa, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaPkcs1, RsaPss};
        let by = algorithm.algorithm?;
        let message = match by {
            Ecdsa(hash) | RsaPkcs1(hash) | RsaPss(Pss { hash, .. }) => {
                Message::Hashing(digest::Context::new(digest_of(hash)))
            }
            Ed25519 | MlDsa44 | MlDsa65 | MlDsa87 => Message::Whole(Vec::new()),
        };
        Some(Self { algorithm, by, message })
    }

    /// Takes the next bytes of what is signed.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.message {
            Message::Hashing(context) => context.update(bytes),
            Message::Whole(message) => message.extend_from_slice(bytes),
        }
    }

    /// A digest of them: by the hash that the algorithm signs, or SHA-256.
    pub fn digest(&self) -> Vec<u8> {
        let digest = match &self.message {
            Message::Hashing(context) => context.clone().finish(),
            Message::Whole(message) => digest::digest(&digest::SHA256, message),
        };
        digest.as_ref().to_vec()
    }

    /// Whether `signature` over these bytes was made by the key of `spki`, a SubjectPublicKeyInfo.
    ///
    /// # Errors
    ///
    /// It was not, or that cannot be decided.
    pub fn verify(self, spki: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let key = Key::read(spki).map_err(SignatureError::PublicKey)?;
        let verified = match (verifier(self.by, &key), self.message) {
            (Some(algorithm), Message::Hashing(context)) => {
                let digest: Digest = context.finish();
                UnparsedPublicKey::new(algorithm, spki).verify_digest(&digest, signature).is_ok()
            }
            (Some(algorithm), Message::Whole(message)) => {
                UnparsedPublicKey::new(algorithm, spki).verify(&message, signature).is_ok()
            }
            (None, Message::Hashing(context)) if rsa::is_bounded(&key) => {
                let digest = context.finish();
                match self.by {
                    SignatureAlgorithm::RsaPkcs1(hash) if !key.is_pss_only() => {
                        rsa::is_pkcs1(&key, hash, &digest, signature)
                    }
                    SignatureAlgorithm::RsaPss(pss) if pss.is_allowed_by(&key) => {
                        rsa::is_pss(&key, pss, &digest, signature)
                    }
                    _ => return Err(wrong_key(&self.algorithm, &key)),
                }
            }
            (None, Message::Hashing(context)) => {
                let digest = context.finish();
                let known = fitted::is_signed((&key, spki), self.by, &digest, signature)
                    .or_else(|| is_signed_on_brainpool(&key, self.by, &digest, signature));
                known.ok_or_else(|| SignatureError::of_unknown(&self.algorithm, spki))?
            }
            (None, Message::Whole(_)) => {
                return Err(SignatureError::of_unknown(&self.algorithm, spki));
            }
        };
        if verified { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

#[cfg(feature = "brainpool")]
fn is_signed_on_brainpool(
    key: &Key<'_>,
    algorithm: SignatureAlgorithm,
    digest: &Digest,
    signature: &[u8],
) -> Option<bool> {
    super::brainpool::is_signed(key, algorithm, digest, signature)
}

/// A program without these curves does not know.
#[cfg(not(feature = "brainpool"))]
fn is_signed_on_brainpool(
    _: &Key<'_>,
    _: SignatureAlgorithm,
    _: &Digest,
    _: &[u8],
) -> Option<bool> {
    None
}

fn wrong_key(algorithm: &AlgorithmIdentifier, key: &Key<'_>) -> SignatureError {
    SignatureError::WrongKey { algorithm: algorithm.to_string(), key: key.to_string() }
}

impl Pss {
    /// A key may bind its signatures to parameters of its own (RFC 4055 §3.3): the same hashes, and a
    /// salt of no fewer octets.
    fn is_allowed_by(self, key: &Key<'_>) -> bool {
        match key.parameters.filter(|_| key.is_pss_only()) {
            None => true,
            Some(parameters) => Self::read(parameters).is_some_and(|bound| {
                (bound.hash, bound.mask) == (self.hash, self.mask) && bound.salt <= self.salt
            }),
        }
    }

    /// The only form that aws-lc-rs verifies.
    fn is_usual(self) -> bool {
        self.hash == self.mask && usize::from(self.salt) == digest_of(self.hash).output_len()
    }
}

/// aws-lc-rs takes no other modulus, and of exponents only odd ones, from three on; here those of 32 bits.
fn is_usual_rsa(key: &Key<'_>) -> bool {
    let Some((bits, (_, exponent))) = key.rsa_bits().zip(key.rsa()) else { return true };
    let is_small = exponent.len() <= 4 && exponent != [1];
    (2048..=8192).contains(&bits) && is_small && exponent.last().is_some_and(|last| last & 1 == 1)
}

/// aws-lc-rs's verifier for this algorithm with this key, whose type and curve must fit.
fn verifier(
    algorithm: SignatureAlgorithm,
    key: &Key<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    use Hash::{Sha1, Sha224, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaPkcs1, RsaPss};
    let name = key.to_string();
    if !is_usual_rsa(key) || matches!(algorithm, RsaPss(pss) if !pss.is_usual()) {
        return None;
    }
    Some(match (algorithm, name.as_str()) {
        (RsaPkcs1(Sha256), "RSA") => &lc::RSA_PKCS1_2048_8192_SHA256,
        (RsaPkcs1(Sha384), "RSA") => &lc::RSA_PKCS1_2048_8192_SHA384,
        (RsaPkcs1(Sha512), "RSA") => &lc::RSA_PKCS1_2048_8192_SHA512,
        (RsaPss(Pss { hash: Sha256, .. }), "RSA") => &lc::RSA_PSS_2048_8192_SHA256,
        (RsaPss(Pss { hash: Sha384, .. }), "RSA") => &lc::RSA_PSS_2048_8192_SHA384,
        (RsaPss(Pss { hash: Sha512, .. }), "RSA") => &lc::RSA_PSS_2048_8192_SHA512,
        (Ecdsa(Sha1), "P-256") => &lc::ECDSA_P256_SHA1_ASN1,
        (Ecdsa(Sha256), "P-256") => &lc::ECDSA_P256_SHA256_ASN1,
        (Ecdsa(Sha384), "P-256") => &lc::ECDSA_P256_SHA384_ASN1,
        (Ecdsa(Sha512), "P-256") => &lc::ECDSA_P256_SHA512_ASN1,
        (Ecdsa(Sha256), "P-384") => &lc::ECDSA_P384_SHA256_ASN1,
        (Ecdsa(Sha384), "P-384") => &lc::ECDSA_P384_SHA384_ASN1,
        (Ecdsa(Sha512), "P-384") => &lc::ECDSA_P384_SHA512_ASN1,
        (Ecdsa(Sha1), "P-521") => &lc::ECDSA_P521_SHA1_ASN1,
        (Ecdsa(Sha224), "P-521") => &lc::ECDSA_P521_SHA224_ASN1,
        (Ecdsa(Sha256), "P-521") => &lc::ECDSA_P521_SHA256_ASN1,
        (Ecdsa(Sha384), "P-521") => &lc::ECDSA_P521_SHA384_ASN1,
        (Ecdsa(Sha512), "P-521") => &lc::ECDSA_P521_SHA512_ASN1,
        (Ecdsa(Sha256), "secp256k1") => &lc::ECDSA_P256K1_SHA256_ASN1,
        (Ed25519, "Ed25519") => &lc::ED25519,
        (MlDsa44, "ML-DSA-44") => &lc::ML_DSA_44,
        (MlDsa65, "ML-DSA-65") => &lc::ML_DSA_65,
        (MlDsa87, "ML-DSA-87") => &lc::ML_DSA_87,
        _ => return None,
    })
}
