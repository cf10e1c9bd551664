//! Whether a signature is by the holder of a public key.

use aws_lc_rs::signature::{
    self as lc, RsaParameters, RsaPssSaltLength, UnparsedPublicKey, VerificationAlgorithm,
};
use const_oid::ObjectIdentifier;
use der::Decode;
use spki::SubjectPublicKeyInfoRef;

use super::oid;
use super::scheme::{Hash, MlDsa, Scheme, SchemeError};

/// Why a signature does not count.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant is")]
pub enum VerifyError {
    #[error("the public key's algorithm {key} does not fit the signature's")]
    Mismatch { key: ObjectIdentifier },
    #[error("the public key cannot be read")]
    PublicKey(#[source] der::Error),
    #[error("the signature's algorithm cannot be used")]
    Scheme(#[from] SchemeError),
    #[error("keys on the curve {curve} are not supported")]
    UnsupportedCurve { curve: ObjectIdentifier },
    #[error("an RSASSA-PSS salt of {octets} octets is not supported")]
    UnsupportedSalt { octets: u16 },
    #[error("the signature does not verify with the public key")]
    WrongSignature,
}

/// Checks `signature` over `message`. Both identifiers are given as the DER found in the input.
///
/// # Errors
/// If the signature is wrong, or the algorithm or the key is not supported.
pub fn verify(
    public_key_info: &[u8],
    signature_algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    let info =
        SubjectPublicKeyInfoRef::from_der(public_key_info).map_err(VerifyError::PublicKey)?;
    let scheme = Scheme::from_der(signature_algorithm)?;
    let algorithm = algorithm(&info, scheme)?;
    let key = UnparsedPublicKey::new(algorithm, info.subject_public_key.raw_bytes());
    key.verify(message, signature).map_err(|_| VerifyError::WrongSignature)
}

fn algorithm(
    info: &SubjectPublicKeyInfoRef<'_>,
    scheme: Scheme,
) -> Result<&'static dyn VerificationAlgorithm, VerifyError> {
    let key = info.algorithm.oid;
    match (key, scheme) {
        (oid::RSA_ENCRYPTION, Scheme::RsaPkcs1(hash)) => Ok(rsa_pkcs1(hash)),
        (oid::RSA_ENCRYPTION | oid::RSASSA_PSS, Scheme::RsaPss { hash, salt_octets }) => {
            let modulus = info.subject_public_key.raw_bytes();
            rsa_pss(hash, salt_octets, modulus).map(|parameters| parameters as _)
        }
        (oid::EC_PUBLIC_KEY, Scheme::Ecdsa(hash)) => {
            let curve = info
                .algorithm
                .parameters_oid()
                .map_err(|_| VerifyError::PublicKey(der::ErrorKind::OidMalformed.into()))?;
            ecdsa(curve, hash)
        }
        (oid::ED25519, Scheme::Ed25519) => Ok(&lc::ED25519),
        (key, Scheme::MlDsa(level)) if key == level.oid() => Ok(ml_dsa(level)),
        (key, _) => Err(VerifyError::Mismatch { key }),
    }
}

/// The service certifies public keys without judging them, so 1024 bits verify where the library
/// can (it has no such algorithm for SHA-384).
fn rsa_pkcs1(hash: Hash) -> &'static dyn VerificationAlgorithm {
    match hash {
        Hash::Sha256 => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Hash::Sha384 => &lc::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    }
}

/// The library takes the salt's length as a constant, so the two lengths in use are offered: the
/// hash's, and the longest that fits, which is what `openssl req` writes by default.
fn rsa_pss(
    hash: Hash,
    salt_octets: u16,
    public_key: &[u8],
) -> Result<&'static RsaParameters, VerifyError> {
    const MAX: RsaPssSaltLength = RsaPssSaltLength::Max;
    if salt_octets == hash.octets() {
        return Ok(match hash {
            Hash::Sha256 => &lc::RSA_PSS_2048_8192_SHA256,
            Hash::Sha384 => &lc::RSA_PSS_2048_8192_SHA384,
            Hash::Sha512 => &lc::RSA_PSS_2048_8192_SHA512,
        });
    }
    let bits =
        RsaParameters::public_modulus_len(public_key).map_err(|_| VerifyError::WrongSignature)?;
    // RFC 8017 §9.1.1: emLen = ceil((modBits - 1) / 8), and emLen >= hLen + sLen + 2.
    let encoded_octets = bits.saturating_sub(1).div_ceil(8);
    if u32::from(salt_octets) + u32::from(hash.octets()) + 2 != encoded_octets {
        return Err(VerifyError::UnsupportedSalt { octets: salt_octets });
    }
    Ok(match hash {
        Hash::Sha256 => &const { lc::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(MAX) },
        Hash::Sha384 => &const { lc::RSA_PSS_2048_8192_SHA384.with_pss_salt_length(MAX) },
        Hash::Sha512 => &const { lc::RSA_PSS_2048_8192_SHA512.with_pss_salt_length(MAX) },
    })
}

fn ecdsa(
    curve: ObjectIdentifier,
    hash: Hash,
) -> Result<&'static dyn VerificationAlgorithm, VerifyError> {
    Ok(match (curve, hash) {
        (oid::SECP256R1, Hash::Sha256) => &lc::ECDSA_P256_SHA256_ASN1,
        (oid::SECP256R1, Hash::Sha384) => &lc::ECDSA_P256_SHA384_ASN1,
        (oid::SECP256R1, Hash::Sha512) => &lc::ECDSA_P256_SHA512_ASN1,
        (oid::SECP384R1, Hash::Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
        (oid::SECP384R1, Hash::Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
        (oid::SECP384R1, Hash::Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
        (oid::SECP521R1, Hash::Sha256) => &lc::ECDSA_P521_SHA256_ASN1,
        (oid::SECP521R1, Hash::Sha384) => &lc::ECDSA_P521_SHA384_ASN1,
        (oid::SECP521R1, Hash::Sha512) => &lc::ECDSA_P521_SHA512_ASN1,
        (curve, _) => return Err(VerifyError::UnsupportedCurve { curve }),
    })
}

fn ml_dsa(level: MlDsa) -> &'static dyn VerificationAlgorithm {
    match level {
        MlDsa::MlDsa44 => &lc::ML_DSA_44,
        MlDsa::MlDsa65 => &lc::ML_DSA_65,
        MlDsa::MlDsa87 => &lc::ML_DSA_87,
    }
}
