//! ECDSA on curves of RFC 5639 (brainpool) with 256 and 384 bits, which aws-lc-rs does not have.
//!
//! No crate has the curves of 320 and 512 bits.

use aws_lc_rs::digest::Digest;
use bp256::{BrainpoolP256r1, BrainpoolP256t1};
use bp384::{BrainpoolP384r1, BrainpoolP384t1};
use ecdsa::{VerifyingKey, signature::hazmat::PrehashVerifier};

use super::{Hash, Key, SignatureAlgorithm};

/// Whether a signature was made by the key. `None`: another curve, or a hash that is too short for it.
pub(super) fn is_signed(
    key: &Key<'_>,
    algorithm: SignatureAlgorithm,
    digest: &Digest,
    signature: &[u8],
) -> Option<bool> {
    // The hash has at least half of the curve's bits: the crate takes no shorter one.
    let SignatureAlgorithm::Ecdsa(hash) = algorithm else { return None };
    let (bits, digest) = (key.bits, digest.as_ref());
    macro_rules! by {
        ($curve:ty) => {
            VerifyingKey::<$curve>::from_sec1_bytes(bits).is_ok_and(|key| {
                ecdsa::der::Signature::<$curve>::from_bytes(signature)
                    .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
            })
        };
    }
    Some(match (key.to_string().as_str(), hash) {
        ("brainpoolP256r1", _) => by!(BrainpoolP256r1),
        ("brainpoolP256t1", _) => by!(BrainpoolP256t1),
        ("brainpoolP384r1" | "brainpoolP384t1", Hash::Sha1) => return None,
        ("brainpoolP384r1", _) => by!(BrainpoolP384r1),
        ("brainpoolP384t1", _) => by!(BrainpoolP384t1),
        _ => return None,
    })
}
