//! A CA's private key: made, kept, and signed with.

mod sign;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::pkcs8::Document;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair, PqdsaKeyPair, PqdsaSigningAlgorithm,
};
use aws_sdk_acmpca::types::{KeyAlgorithm, SigningAlgorithm};
use der::Decode;
use spki::SubjectPublicKeyInfoRef;

use super::scheme::{Hash, Scheme};

/// Why a key cannot be made, read, written or used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum KeyError {
    #[error("a {algorithm} key could not be made")]
    Generate {
        algorithm: String,
        #[source]
        source: Unspecified,
    },
    /// The service's own words (cert-manager/aws-privateca-issuer#22), which end in a dot.
    #[error(
        "Signing algorithm {signing} cannot be used with key type {key}. Valid signing algorithms \
         are: {valid}."
    )]
    Mismatch { key: String, signing: String, valid: String },
    #[error("the PKCS #8 document does not hold a {algorithm} key")]
    Rejected {
        algorithm: String,
        #[source]
        source: KeyRejected,
    },
    #[error("the key could not be written as {what}")]
    Serialize {
        what: &'static str,
        #[source]
        source: Unspecified,
    },
    #[error("signing with {algorithm} failed")]
    Sign {
        algorithm: String,
        #[source]
        source: Unspecified,
    },
    #[error("{algorithm} is not supported by this service's cryptographic library")]
    Unsupported { algorithm: String },
    #[error("the PKCS #8 document holds an RSA key of {bits} bits, not {algorithm}")]
    WrongSize { algorithm: String, bits: usize },
}

/// Its `Debug` names the algorithm only.
pub struct CaKey {
    algorithm: KeyAlgorithm,
    pair: Pair,
    public_key_info: Vec<u8>,
}

enum Pair {
    Ecdsa(Curve, EcdsaKeyPair),
    MlDsa(PqdsaKeyPair),
    Rsa(rsa::KeyPair),
}

/// The curve's own hash is the longest of SHA-2 that is no longer than the curve's order, so a
/// value of any of the hashes fits in when it is cut or filled.
#[derive(Clone, Copy)]
struct Curve {
    signing: &'static EcdsaSigningAlgorithm,
    hash: Hash,
}

enum Kind {
    Ecdsa(Curve),
    MlDsa(&'static PqdsaSigningAlgorithm),
    Rsa(KeySize),
}

impl Kind {
    fn of(algorithm: &KeyAlgorithm) -> Result<Self, KeyError> {
        use signature::{
            ECDSA_P256_SHA256_ASN1_SIGNING as P256, ECDSA_P384_SHA384_ASN1_SIGNING as P384,
            ECDSA_P521_SHA512_ASN1_SIGNING as P521,
        };
        let curve = |signing, hash| Self::Ecdsa(Curve { signing, hash });
        Ok(match algorithm {
            KeyAlgorithm::EcPrime256v1 => curve(&P256, Hash::Sha256),
            KeyAlgorithm::EcSecp384r1 => curve(&P384, Hash::Sha384),
            KeyAlgorithm::EcSecp521r1 => curve(&P521, Hash::Sha512),
            KeyAlgorithm::MlDsa44 => Self::MlDsa(&signature::ML_DSA_44_SIGNING),
            KeyAlgorithm::MlDsa65 => Self::MlDsa(&signature::ML_DSA_65_SIGNING),
            KeyAlgorithm::MlDsa87 => Self::MlDsa(&signature::ML_DSA_87_SIGNING),
            KeyAlgorithm::Rsa2048 => Self::Rsa(KeySize::Rsa2048),
            KeyAlgorithm::Rsa3072 => Self::Rsa(KeySize::Rsa3072),
            KeyAlgorithm::Rsa4096 => Self::Rsa(KeySize::Rsa4096),
            other => return Err(KeyError::Unsupported { algorithm: other.as_str().to_owned() }),
        })
    }
}

impl CaKey {
    /// Makes a key. RSA takes a noticeable time: about a tenth of a second for 2048 bits, more
    /// than one for 4096.
    ///
    /// # Errors
    /// If the algorithm is not supported, or the crypto library fails.
    pub fn generate(algorithm: &KeyAlgorithm) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Generate { algorithm: name(algorithm), source };
        let pair = match Kind::of(algorithm)? {
            Kind::Ecdsa(curve) => {
                Pair::Ecdsa(curve, EcdsaKeyPair::generate(curve.signing).map_err(failed)?)
            }
            Kind::MlDsa(level) => Pair::MlDsa(PqdsaKeyPair::generate(level).map_err(failed)?),
            Kind::Rsa(size) => Pair::Rsa(rsa::KeyPair::generate(size).map_err(failed)?),
        };
        Self::new(algorithm, pair)
    }

    /// Reads what [`to_pkcs8`](Self::to_pkcs8) wrote.
    ///
    /// # Errors
    /// If the octets are no private key of the algorithm.
    pub fn from_pkcs8(algorithm: &KeyAlgorithm, der: &[u8]) -> Result<Self, KeyError> {
        let rejected = |source| KeyError::Rejected { algorithm: name(algorithm), source };
        let pair = match Kind::of(algorithm)? {
            Kind::Ecdsa(curve) => {
                let pair = EcdsaKeyPair::from_pkcs8(curve.signing, der).map_err(rejected)?;
                Pair::Ecdsa(curve, pair)
            }
            Kind::MlDsa(level) => {
                Pair::MlDsa(PqdsaKeyPair::from_pkcs8(level, der).map_err(rejected)?)
            }
            Kind::Rsa(size) => {
                let pair = rsa::KeyPair::from_pkcs8(der).map_err(rejected)?;
                if pair.public_modulus_len() != size.len() {
                    let bits = pair.public_modulus_len() * 8;
                    return Err(KeyError::WrongSize { algorithm: name(algorithm), bits });
                }
                Pair::Rsa(pair)
            }
        };
        Self::new(algorithm, pair)
    }

    fn new(algorithm: &KeyAlgorithm, pair: Pair) -> Result<Self, KeyError> {
        let public: Result<PublicKeyX509Der<'_>, Unspecified> = match &pair {
            Pair::Ecdsa(_, pair) => pair.public_key().as_der(),
            Pair::MlDsa(pair) => pair.public_key().as_der(),
            Pair::Rsa(pair) => pair.public_key().as_der(),
        };
        let public = public
            .map_err(|source| KeyError::Serialize { what: "a SubjectPublicKeyInfo", source })?;
        let public_key_info = public.as_ref().to_vec();
        Ok(Self { algorithm: algorithm.clone(), pair, public_key_info })
    }

    /// The private key in the clear.
    ///
    /// # Errors
    /// If the crypto library cannot write it.
    pub fn to_pkcs8(&self) -> Result<Pkcs8, KeyError> {
        let failed = |source| KeyError::Serialize { what: "a PKCS #8 document", source };
        Ok(Pkcs8(match &self.pair {
            Pair::Ecdsa(_, pair) => Wiped::Document(pair.to_pkcs8v1().map_err(failed)?),
            Pair::MlDsa(pair) => Wiped::Document(pair.to_pkcs8v1().map_err(failed)?),
            Pair::Rsa(pair) => Wiped::Buffer(pair.as_der().map_err(failed)?),
        }))
    }

    /// The algorithm, as the API names it.
    pub fn algorithm(&self) -> &KeyAlgorithm {
        &self.algorithm
    }

    /// The DER of the SubjectPublicKeyInfo.
    pub fn public_key_info(&self) -> &[u8] {
        &self.public_key_info
    }

    /// Whether the service lets a CA with this key sign with `algorithm`: the key's own family,
    /// any hash, except that P-521 goes with SHA-512 only.
    pub fn can_sign_with(&self, algorithm: &SigningAlgorithm) -> bool {
        fits(&self.algorithm, algorithm)
    }

    /// Signs the message, which is hashed as the algorithm says.
    ///
    /// # Errors
    /// If the algorithm is for another kind of key, or signing fails.
    pub fn sign(&self, algorithm: &SigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        check_algorithms(&self.algorithm, algorithm)?;
        let signed = match (&self.pair, Scheme::of(algorithm)) {
            (Pair::Ecdsa(curve, pair), Some(Scheme::Ecdsa(hash))) => {
                sign::ecdsa(pair, curve.hash, hash, message)
            }
            (Pair::MlDsa(pair), Some(Scheme::MlDsa(_))) => sign::ml_dsa(pair, message),
            (Pair::Rsa(pair), Some(Scheme::RsaPkcs1(hash))) => {
                sign::rsa(pair, sign::pkcs1_padding(hash), message)
            }
            (Pair::Rsa(pair), Some(Scheme::RsaPss { hash, .. })) => {
                sign::rsa(pair, sign::pss_padding(hash), message)
            }
            _ => Err(Unspecified),
        };
        signed.map_err(|source| KeyError::Sign { algorithm: algorithm.as_str().to_owned(), source })
    }
}

/// In the order in which the service lists them; those that came later follow.
const VALID: [SigningAlgorithm; 12] = [
    SigningAlgorithm::Sha256Withecdsa,
    SigningAlgorithm::Sha384Withecdsa,
    SigningAlgorithm::Sha512Withecdsa,
    SigningAlgorithm::Sha256Withrsa,
    SigningAlgorithm::Sha384Withrsa,
    SigningAlgorithm::Sha512Withrsa,
    SigningAlgorithm::Sha256WithrsaPss,
    SigningAlgorithm::Sha384WithrsaPss,
    SigningAlgorithm::Sha512WithrsaPss,
    SigningAlgorithm::MlDsa44,
    SigningAlgorithm::MlDsa65,
    SigningAlgorithm::MlDsa87,
];

/// Whether a CA can have such a key and sign with it, before the key is made.
///
/// # Errors
/// If either is not supported, or the two do not go together.
pub fn check_algorithms(key: &KeyAlgorithm, signing: &SigningAlgorithm) -> Result<(), KeyError> {
    Kind::of(key)?;
    if fits(key, signing) {
        return Ok(());
    }
    let all = VALID.iter().filter(|algorithm| fits(key, algorithm));
    let valid: Vec<&str> = all.map(SigningAlgorithm::as_str).collect();
    Err(KeyError::Mismatch {
        key: name(key),
        signing: signing.as_str().to_owned(),
        valid: valid.join(", "),
    })
}

fn fits(key: &KeyAlgorithm, signing: &SigningAlgorithm) -> bool {
    use KeyAlgorithm as K;
    match Scheme::of(signing) {
        Some(Scheme::Ecdsa(hash)) => match key {
            K::EcPrime256v1 | K::EcSecp384r1 => true,
            K::EcSecp521r1 => hash == Hash::Sha512,
            _ => false,
        },
        Some(Scheme::MlDsa(_)) => key.as_str() == signing.as_str(),
        Some(Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. }) => {
            matches!(key, K::Rsa2048 | K::Rsa3072 | K::Rsa4096)
        }
        Some(Scheme::Ed25519) | None => false,
    }
}

impl std::fmt::Debug for CaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A private key in the clear. Wiped when dropped; its `Debug` shows nothing of it.
pub struct Pkcs8(Wiped);

/// The library's two types that overwrite their memory when they are dropped.
enum Wiped {
    Buffer(Pkcs8V1Der<'static>),
    Document(Document),
}

impl Pkcs8 {
    /// The DER of a `PrivateKeyInfo` (RFC 5208).
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Wiped::Buffer(buffer) => (**buffer).as_ref(),
            Wiped::Document(document) => document.as_ref(),
        }
    }
}

impl std::fmt::Debug for Pkcs8 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pkcs8(..)")
    }
}

/// RFC 5280 §4.2.1.2, method (1): SHA-1 of the BIT STRING's contents. What cannot be read as a
/// SubjectPublicKeyInfo is hashed whole: public keys are certified unvalidated, so one must not
/// make issuing fail.
pub fn key_identifier(public_key_info: &[u8]) -> [u8; 20] {
    let contents = SubjectPublicKeyInfoRef::from_der(public_key_info)
        .map_or(public_key_info, |info| info.subject_public_key.raw_bytes());
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, contents);
    let mut identifier = [0; 20];
    identifier.copy_from_slice(digest.as_ref());
    identifier
}

fn name(algorithm: &KeyAlgorithm) -> String {
    algorithm.as_str().to_owned()
}

#[cfg(test)]
mod tests;
