//! Whether octets have the form of a signature, whichever key may have made it.

use super::SignatureAlgorithm;
use crate::der::{DerError, Reader, tag, value};

/// Fewer octets than any RSA key that can sign with a hash of today has.
const MIN_RSA: usize = 32;

/// The form says nothing of the key: whatever lacks it was made by none.
pub(crate) fn is_signature(algorithm: Option<SignatureAlgorithm>, octets: &[u8]) -> bool {
    use SignatureAlgorithm::{Ecdsa, Ed25519, MlDsa44, MlDsa65, MlDsa87, RsaPkcs1, RsaPss};
    if octets.iter().all(|octet| *octet == 0) {
        return false;
    }
    match algorithm {
        Some(Ecdsa(_)) => is_pair(octets).unwrap_or(false),
        Some(RsaPkcs1(_) | RsaPss(_)) => octets.len() >= MIN_RSA,
        // RFC 8032 §5.1.6; FIPS 204 §4, table 2.
        Some(Ed25519) => octets.len() == 64,
        Some(MlDsa44) => octets.len() == 2420,
        Some(MlDsa65) => octets.len() == 3309,
        Some(MlDsa87) => octets.len() == 4627,
        None => true,
    }
}

/// `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }`, both above zero (RFC 5480 appendix A).
fn is_pair(octets: &[u8]) -> Result<bool, DerError> {
    let mut outer = Reader::new(octets);
    let mut pair = outer.expect(tag::SEQUENCE)?.open()?;
    outer.finish()?;
    let r = value::integer(pair.expect(tag::INTEGER)?)?;
    let s = value::integer(pair.expect(tag::INTEGER)?)?;
    pair.finish()?;
    Ok([r, s].into_iter().all(|number| number[0] & 0x80 == 0 && number != [0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Hash;

    #[test]
    fn a_signature_has_the_form_of_its_algorithm() {
        let ecdsa = Some(SignatureAlgorithm::Ecdsa(Hash::Sha256));
        let rsa = Some(SignatureAlgorithm::RsaPkcs1(Hash::Sha256));
        let ed25519 = Some(SignatureAlgorithm::Ed25519);
        for (algorithm, octets, want) in [
            (ecdsa, &[0x30, 6, 2, 1, 1, 2, 1, 2][..], true),
            (ecdsa, &[0x30, 6, 2, 1, 1, 2, 1, 0], false),
            (ecdsa, &[0x30, 6, 2, 1, 1, 2, 1, 0x80], false),
            (ecdsa, &[0x30, 3, 2, 1, 1], false),
            (ecdsa, &[0x30, 6, 2, 1, 1, 2, 1, 2, 0], false),
            (ecdsa, &[], false),
            (rsa, &[1; 256], true),
            (rsa, &[0; 256], false),
            (rsa, &[1; MIN_RSA - 1], false),
            (ed25519, &[1; 64], true),
            (ed25519, &[1; 63], false),
            (None, &[1], true),
            (None, &[0; 114], false),
            (None, &[], false),
        ] {
            assert_eq!(is_signature(algorithm, octets), want, "{algorithm:?} {octets:02x?}");
        }
    }
}
