//! Verifies the RSA signatures that aws-lc-rs does not: moduli under 2,048 bits, SHA-1 and SHA-224,
//! and RSASSA-PSS whose salt or mask is not the hash's.
//!
//! Only public values are computed with, so nothing has to take the same time. An own encoding is
//! compared with the signature's, or the signature's is taken apart, as RFC 8017 §8 describes.

use aws_lc_rs::digest::{self, Digest};
use num_bigint::BigUint;

use super::{Hash, Key, Pss, digest_of};

/// Bounds on what a hostile certificate makes us compute.
const MAX_MODULUS: usize = 16 * 1024 / 8;
const MAX_EXPONENT: usize = 32;

/// Whether signatures of the key are verified here.
pub(super) fn is_bounded(key: &Key<'_>) -> bool {
    key.rsa().is_some_and(|(modulus, exponent)| {
        modulus.len() <= MAX_MODULUS && exponent.len() <= MAX_EXPONENT
    })
}

/// RSAVP1 (RFC 8017 §5.2.2): the encoded message, and the modulus's bits.
fn open(key: &Key<'_>, signature: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (modulus, exponent) = key.rsa()?;
    if signature.len() != modulus.len() || modulus.last()? & 1 == 0 {
        return None;
    }
    let n = BigUint::from_bytes_be(modulus);
    let s = BigUint::from_bytes_be(signature);
    if s >= n {
        return None;
    }
    let message = s.modpow(&BigUint::from_bytes_be(exponent), &n).to_bytes_be();
    let mut encoded = vec![0; modulus.len() - message.len()];
    encoded.extend_from_slice(&message);
    Some((encoded, key.rsa_bits()?))
}

/// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2).
pub(super) fn is_pkcs1(key: &Key<'_>, hash: Hash, digest: &Digest, signature: &[u8]) -> bool {
    let Some((encoded, _)) = open(key, signature) else { return false };
    let info = [digest_info(hash), digest.as_ref()].concat();
    let Some(padding) = encoded.len().checked_sub(info.len() + 3).filter(|length| *length >= 8)
    else {
        return false;
    };
    encoded == [&[0, 1], &vec![0xff; padding][..], &[0], &info].concat()
}

/// RSASSA-PSS (RFC 8017 §8.1.2, §9.1.2).
pub(super) fn is_pss(key: &Key<'_>, pss: Pss, digest: &Digest, signature: &[u8]) -> bool {
    unmasked_pss(key, pss, digest, signature).is_some()
}

fn unmasked_pss(key: &Key<'_>, pss: Pss, digest: &Digest, signature: &[u8]) -> Option<()> {
    let (encoded, modulus_bits) = open(key, signature)?;
    let bits = modulus_bits - 1;
    // A modulus of 8n + 1 bits leaves an octet of zeros before the message.
    let (before, encoded) = encoded.split_at(encoded.len() - bits.div_ceil(8));
    let (hash, salt) = (digest.as_ref().len(), usize::from(pss.salt));
    let length = encoded.len().checked_sub(hash + 1)?;
    if before.iter().any(|octet| *octet != 0) || encoded.last() != Some(&0xbc) {
        return None;
    }
    let (masked, rest) = encoded.split_at(length);
    let hashed = &rest[..hash];
    let unused = 0xff_u16 >> (8 * encoded.len() - bits);
    if u16::from(*masked.first()?) & !unused != 0 {
        return None;
    }
    let mask = mgf1(pss.mask, hashed, length);
    let mut block: Vec<u8> = masked.iter().zip(mask).map(|(octet, mask)| octet ^ mask).collect();
    block[0] &= unused as u8;
    let padding = length.checked_sub(salt + 1)?;
    if block[..padding].iter().any(|octet| *octet != 0) || block[padding] != 1 {
        return None;
    }
    let mut again = digest::Context::new(digest_of(pss.hash));
    again.update(&[0; 8]);
    again.update(digest.as_ref());
    again.update(&block[padding + 1..]);
    (again.finish().as_ref() == hashed).then_some(())
}

/// RFC 8017 §B.2.1
fn mgf1(hash: Hash, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::new();
    let mut counter: u32 = 0;
    while mask.len() < length {
        let block = [seed, &counter.to_be_bytes()].concat();
        mask.extend_from_slice(digest::digest(digest_of(hash), &block).as_ref());
        counter += 1;
    }
    mask.truncate(length);
    mask
}

/// DigestInfo up to the digest (RFC 8017 §9.2, note 1).
fn digest_info(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Sha1 => &[0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14],
        Hash::Sha224 => {
            &[0x30, 0x2d, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4, 5, 0, 4, 0x1c]
        }
        Hash::Sha256 => {
            &[0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20]
        }
        Hash::Sha384 => {
            &[0x30, 0x41, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0, 4, 0x30]
        }
        Hash::Sha512 => {
            &[0x30, 0x51, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0, 4, 0x40]
        }
    }
}
