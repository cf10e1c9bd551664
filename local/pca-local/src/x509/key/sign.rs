//! Signatures, kind by kind.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, PqdsaKeyPair, RsaEncoding, RsaKeyPair};

use crate::x509::scheme::Hash;

pub(super) fn ecdsa(
    pair: &EcdsaKeyPair,
    own: Hash,
    hash: Hash,
    message: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let value = digest::digest(hash.algorithm(), message);
    let signature = if hash == own {
        pair.sign_digest(&value)?
    } else {
        pair.sign_digest(&fit_hash(value.as_ref(), own)?)?
    };
    Ok(signature.as_ref().to_vec())
}

/// aws-lc-rs signs on a curve with the curve's own hash only. ECDSA itself knows no such tie: it
/// takes the leftmost bits of any hash, as many as the order has, as an integer (FIPS 186-5
/// §6.4.1). So a longer hash value is cut to the own hash's length, which is the order's for P-256
/// and P-384, and a shorter one is filled with zeros on the left: the integer is the same.
fn fit_hash(value: &[u8], own: Hash) -> Result<Digest, Unspecified> {
    let length = usize::from(own.octets());
    let mut fitted = vec![0; length.saturating_sub(value.len())];
    fitted.extend(value.iter().take(length));
    Digest::import_less_safe(&fitted, own.algorithm())
}

pub(super) fn ml_dsa(pair: &PqdsaKeyPair, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut signature = vec![0; pair.algorithm().signature_len()];
    let length = pair.sign(message, &mut signature)?;
    signature.truncate(length);
    Ok(signature)
}

pub(super) fn rsa(
    pair: &RsaKeyPair,
    padding: &'static dyn RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message, &mut signature)?;
    Ok(signature)
}

pub(super) fn pkcs1_padding(hash: Hash) -> &'static dyn RsaEncoding {
    match hash {
        Hash::Sha256 => &signature::RSA_PKCS1_SHA256,
        Hash::Sha384 => &signature::RSA_PKCS1_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_SHA512,
    }
}

/// aws-lc-rs's default salt length is the hash's, which is what `Scheme::of` writes down.
pub(super) fn pss_padding(hash: Hash) -> &'static dyn RsaEncoding {
    match hash {
        Hash::Sha256 => &signature::RSA_PSS_SHA256,
        Hash::Sha384 => &signature::RSA_PSS_SHA384,
        Hash::Sha512 => &signature::RSA_PSS_SHA512,
    }
}
