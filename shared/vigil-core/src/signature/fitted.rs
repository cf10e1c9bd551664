//! ECDSA with a hash that aws-lc-rs has no algorithm for on the key's curve.
//!
//! ECDSA signs a number: the first bits of the hash, as many as the curve's order has (FIPS 186-5 §6.4.2).
//! Zeros before a short hash do not change it. So it is verified as if SHA-256 had made it.

use aws_lc_rs::{
    digest::{self, Digest},
    signature::{self as lc, EcdsaVerificationAlgorithm, UnparsedPublicKey},
};

use super::{Key, SignatureAlgorithm};

/// Octets of SHA-256.
const LENGTH: usize = 32;

/// Whether a signature was made by the key of `spki`. `None`: by another algorithm, or on another curve.
pub(super) fn is_signed(
    (key, spki): (&Key<'_>, &[u8]),
    algorithm: SignatureAlgorithm,
    digest: &Digest,
    signature: &[u8],
) -> Option<bool> {
    let SignatureAlgorithm::Ecdsa(_) = algorithm else { return None };
    let octets = digest.as_ref();
    let by: &'static EcdsaVerificationAlgorithm = match key.to_string().as_str() {
        "P-256" => &lc::ECDSA_P256_SHA256_ASN1,
        // Of a longer hash, more than 256 bits are signed.
        "P-384" if octets.len() <= LENGTH => &lc::ECDSA_P384_SHA256_ASN1,
        "secp256k1" => &lc::ECDSA_P256K1_SHA256_ASN1,
        _ => return None,
    };
    let kept = &octets[..octets.len().min(LENGTH)];
    let mut fitted = [0; LENGTH];
    fitted[LENGTH - kept.len()..].copy_from_slice(kept);
    let digest = Digest::import_less_safe(&fitted, &digest::SHA256).ok()?;
    Some(UnparsedPublicKey::new(by, spki).verify_digest(&digest, signature).is_ok())
}
